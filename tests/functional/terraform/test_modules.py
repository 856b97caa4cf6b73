"""Whole modules: apply, an empty second plan, changes in place, import, destroy."""

from __future__ import annotations

import zipfile

from sunbeam.juju import secrets
from sunbeam.juju.status import full_status
from sunbeam.juju.watch import wait_active, wait_until
from sunbeam.terraform.events import PlannedChange, ResourceEvent
from tests.functional.terraform.terraform_harness import Cloud


async def test_everything_is_made_once_and_goes(cloud: Cloud) -> None:
    async with cloud.module("everything", charms=str(cloud.charms)) as module:
        plan = await module.converge()
        assert {change.action for change in plan.changes} == {"create", "read"}
        assert len([change for change in plan.changes if change.action == "create"]) == 17
        started = {event.address for event in cloud.events if isinstance(event, ResourceEvent)}
        assert 'juju_application.sink["a"]' in started
        assert (await module.output())["offer"] == "admin/openstack.source"

        async with cloud.juju() as juju:
            model = await juju.model("openstack")
            status = await wait_active(model, quiet=30)
            assert len(status.applications["sink-a"].units) == 2
            assert status.offers["source"].endpoints == ("greeting",)
            secret = await secrets.find(model, "creds", reveal=True)
            assert (secret.value, secret.applications) == ({"password": "hunter22"}, ("source",))
            machines = await full_status(await juju.model("machines"))
            assert machines.applications["hv"].units["hv/0"].machine == "0"

        assert (await module.plan()).is_empty
        await module.destroy()
        async with cloud.juju() as juju:
            assert [model.name for model in await juju.models()] == ["controller"]


async def test_secrets_are_sealed_in_the_store_and_stay_out_of_readable_files(cloud: Cloud) -> None:
    async with cloud.module("everything", charms=str(cloud.charms)) as module:
        module.secrets = {"password": "very secret indeed"}
        await module.converge()
        assert b"very secret indeed" in (await cloud.state.states.get("everything") or b"")
        assert all(b"very secret indeed" not in value for value in cloud.state.documents.content.values())
        for file in (path for path in cloud.folder.rglob("*") if path.is_file()):
            assert b"very secret indeed" not in file.read_bytes(), file
        assert (await module.output())["password"] == "very secret indeed"


async def test_a_changed_charm_and_changed_values_are_updated_in_place(cloud: Cloud) -> None:
    async with cloud.module("everything", charms=str(cloud.charms)) as module:
        await module.converge()
    with zipfile.ZipFile(cloud.charms / "web.charm", "a") as packed:
        packed.writestr("revised", "yes")

    async with cloud.module("everything", charms=str(cloud.charms), greeting="bonjour") as module:
        plan = await module.converge()
        updates = {change for change in plan.changes if change.action != "read"}
        assert updates == {
            PlannedChange("juju_application.source", "update"),
            PlannedChange("juju_application.web", "update"),
        }
        async with cloud.juju() as juju:
            status = await full_status(await juju.model("openstack"))
            assert status.applications["web"].charm_revision == 1
            assert status.applications["source"].charm_revision == 0
        assert (await module.plan()).is_empty


async def test_what_was_removed_behind_its_back_is_made_again(cloud: Cloud) -> None:
    async with cloud.module("everything", charms=str(cloud.charms)) as module:
        await module.converge()
        async with cloud.juju() as juju:
            model = await juju.model("openstack")
            await model.change(
                "Application", "DestroyRelation", {"endpoints": ["source:greeting", "sink-b:greeting"]}
            )
            await wait_until(
                model,
                lambda status: {
                    relation.key: "is still there"
                    for relation in status.relations
                    if relation.has("sink-b", "greeting")
                },
                what="the relation does not go",
                quiet=30,
            )
        plan = await module.plan()
        made = [change for change in plan.changes if change.action != "read"]
        assert made == [PlannedChange('juju_integration.greeting["b"]', "create")]


async def test_every_kind_of_resource_can_be_imported(cloud: Cloud) -> None:
    async with cloud.module("everything", charms=str(cloud.charms)) as module:
        await module.converge()
        uuid = (await module.output())["model"]
        ids = {
            "juju_model.openstack": uuid,
            "juju_application.source": f"{uuid}:source",
            'juju_integration.greeting["a"]': f"{uuid}:source:greeting:sink-a:greeting",
            "juju_offer.greeting": "admin/openstack.source",
            "juju_secret.s": f"{uuid}:creds",
            "juju_access_secret.s": f"{uuid}:creds",
        }
        runner = module._runner(cloud.events.append)
        for address, id in ids.items():
            await runner.cmd("state rm", address)
            await runner.cmd("import", address, id, input=False)
        plan = await module.plan()
        assert [change for change in plan.changes if change.action in ("create", "replace", "delete")] == []
