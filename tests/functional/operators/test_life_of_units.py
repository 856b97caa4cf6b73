from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sunbeam.operators.entities import Action, Application, Model, Relation, Secret, Storage, Unit
from sunbeam.operators.operations.actions import cancel, enqueue, enqueue_exec, new_operation
from sunbeam.operators.operations.applications import destroy_application, set_charm
from sunbeam.operators.operations.charms import add_charm
from sunbeam.operators.operations.edit import edit
from sunbeam.operators.operations.models import destroy_model
from sunbeam.operators.operations.offers import OfferUrl, consume, create_offer
from sunbeam.operators.operations.relations import destroy_relation
from sunbeam.operators.operations.units import destroy_unit, resolve, scale
from sunbeam.operators.runtime import ContainerState
from tests.functional.operators.engine_harness import CHARMS, Controller


async def related_pair(controller: Controller) -> Model:
    model = controller.model()
    controller.deploy(model, "provider")
    controller.deploy(model, "requirer")
    controller.relate(model, "provider", "requirer")
    await controller.until_message(model, "requirer/0", "hello password=first")
    await controller.until_idle(model)
    return model


def configure(controller: Controller, model: Model, name: str, **config: object) -> None:
    application = controller.store.get(Application, model.model_uuid, name)
    assert application is not None
    with controller.store.transaction() as tx:
        application.config.update(config)
        tx.put(application)


async def test_two_related_charms_exchange_data_and_a_secret(controller: Controller) -> None:
    model = await related_pair(controller)
    assert controller.unit(model, "provider/0").workload_version == "1.2.3"

    configure(controller, model, "provider", greeting="bonjour")
    await controller.until_message(model, "requirer/0", "bonjour password=first")


async def test_a_new_secret_revision_reaches_its_reader_and_then_the_old_one_is_unused(
    controller: Controller,
) -> None:
    model = await related_pair(controller)
    with edit(controller.store, model) as open_model:
        unit = open_model.unit("provider/0")
        enqueue(open_model, new_operation(open_model), unit, "rotate", {})

    await controller.until_message(model, "requirer/0", "hello password=second")
    (secret,) = controller.store.all(Secret, model.model_uuid)
    await controller.until(lambda: secret.consumers["requirer/0"].revision == 2)


async def test_units_join_their_peers_and_the_leader_is_followed_by_the_lowest(
    controller: Controller,
) -> None:
    model = controller.model()
    application = controller.deploy(model, "provider", units=3)
    for number in range(3):
        await controller.until_message(model, f"provider/{number}", "hello with 2 peers")
    assert application.leader == "provider/0"
    (peers,) = controller.store.all(Relation, model.model_uuid)
    assert peers.data["provider"] == {"leader": "provider/0"}
    assert peers.data["provider/2"]["name"] == "provider/2"

    with edit(controller.store, model) as open_model:
        destroy_unit(open_model, open_model.unit("provider/0"))
    await controller.until(lambda: application.leader == "provider/1")
    for number in (1, 2):
        await controller.until_message(model, f"provider/{number}", "hello with 1 peers")
    assert controller.unit(model, "provider/1").seen.leader
    assert "provider/0" not in peers.in_scope


async def test_a_failed_hook_leaves_no_trace_is_shown_and_can_be_retried(controller: Controller) -> None:
    model = await related_pair(controller)
    configure(controller, model, "provider", greeting="lost", fail=True)
    unit = controller.unit(model, "provider/0")
    await controller.until(lambda: unit.error is not None)

    assert unit.error is not None and unit.error.retry_at
    assert (unit.agent_status.current, unit.agent_status.message) == (
        "error",
        'hook failed: "config-changed"',
    )
    assert "RuntimeError: boom" in unit.error.traceback
    (relation,) = [one for one in controller.store.all(Relation, model.model_uuid) if not one.is_peer]
    assert relation.data["provider/0"]["greeting"] == "hello"

    with edit(controller.store, model) as open_model:
        enqueue(open_model, new_operation(open_model), unit, "echo", {"text": "still here"})
    (action,) = controller.store.all(Action, model.model_uuid)
    await controller.until(lambda: action.status == "completed")
    assert unit.agent_status.current == "error"

    configure(controller, model, "provider", fail=False)
    with edit(controller.store, model) as open_model:
        resolve(open_model, unit, retry=True)
    await controller.until_message(model, "requirer/0", "lost password=first")
    assert unit.error is None


async def test_a_failed_hook_can_be_skipped(controller: Controller) -> None:
    model = controller.model()
    controller.deploy(model, "provider", config={"fail": "true"})
    unit = controller.unit(model, "provider/0")
    await controller.until(lambda: unit.error is not None)
    with edit(controller.store, model) as open_model:
        resolve(open_model, unit, retry=False)
    await controller.until(lambda: unit.error is not None and unit.error.hook["kind"] == "start")


async def test_actions_return_results_fail_and_can_be_aborted(controller: Controller) -> None:
    model = controller.model()
    controller.deploy(model, "provider")
    await controller.until_idle(model)
    with edit(controller.store, model) as open_model:
        unit, number = open_model.unit("provider/0"), new_operation(open_model)
        echo = enqueue(open_model, number, unit, "echo", {"text": "there"})
        boom = enqueue(open_model, number, unit, "boom", {})
        script = enqueue_exec(open_model, number, unit, "echo out; echo err >&2; is-leader; exit 3", 0)
        sleep = enqueue(open_model, number, unit, "sleep", {})

    await controller.until(lambda: sleep.status == "running")
    assert echo.status == "completed"
    assert echo.results == {"text": "there", "nested": {"a": "1"}, "return-code": 0}
    assert [line["message"] for line in echo.log] == ["working"]
    assert (boom.status, boom.message) == ("failed", "nope")
    assert script.results == {"stdout": "out\nTrue\n", "stderr": "err\n", "return-code": 3}

    with edit(controller.store, model) as open_model:
        cancel(open_model, sleep)
    await controller.until(lambda: sleep.status == "aborted", seconds=5)


async def test_upgrade_keeps_state_and_runs_the_new_code(controller: Controller, tmp_path: Path) -> None:
    model = await related_pair(controller)
    newer = tmp_path / "requirer"
    shutil.copytree(CHARMS / "requirer", newer)
    script = newer / "src/requirer_charm.py"
    script.write_text(
        script.read_text().replace("password={password}", "after {self._stored.changes} changes")
    )
    with edit(controller.store, model) as open_model:
        url = add_charm(open_model, newer, "other").url
        set_charm(open_model, open_model.application("requirer"), url, resources={}, settings={})

    await controller.until(
        lambda: (
            controller.messages(model)["requirer/0"].startswith("hello after")
            and controller.unit(model, "requirer/0").seen.charm_url == url
        )
    )
    assert not controller.messages(model)["requirer/0"].endswith("after 0 changes")


async def test_after_a_restart_a_unit_is_idle_only_when_its_pod_is_seen_again(controller: Controller) -> None:
    model = await related_pair(controller)
    await controller.restart()
    status = controller.unit(model, "provider/0").agent_status
    assert (status.current, status.message) == ("lost", "not seen since sunbeamd started")
    await controller.until_idle(model)

    controller.deploy(model, "workload")
    await controller.until_message(model, "workload/0", "PebbleReadyEvent sees ")
    await controller.until_idle(model)
    await controller.restart()
    for containers in ({}, {"web": ContainerState()}):
        controller.runtime.say("workload/0", containers)
        await asyncio.sleep(0.4)
        assert controller.unit(model, "workload/0").agent_status.current == "lost"
    controller.runtime.say("workload/0", {"web": ContainerState("boot-1")})
    await controller.until_idle(model)


async def test_everything_continues_after_a_restart(controller: Controller) -> None:
    model = await related_pair(controller)
    await controller.restart()
    configure(controller, model, "provider", greeting="again")
    await controller.until_message(model, "requirer/0", "again password=first")


async def test_removing_a_relation_and_an_application_leaves_nothing(controller: Controller) -> None:
    model = await related_pair(controller)
    (relation,) = [one for one in controller.store.all(Relation, model.model_uuid) if not one.is_peer]
    with edit(controller.store, model) as open_model:
        destroy_relation(open_model, relation)
    await controller.until_message(model, "requirer/0", "needs db")
    (secret,) = controller.store.all(Secret, model.model_uuid)
    await controller.until(lambda: secret.grants == {})

    with edit(controller.store, model) as open_model:
        destroy_application(open_model, open_model.application("provider"), destroy_storage=True)
    await controller.until(lambda: controller.store.get(Application, model.model_uuid, "provider") is None)
    assert [unit.name for unit in controller.store.all(Unit)] == ["requirer/0"]
    assert controller.store.all(Secret) == [] and controller.store.all(Storage) == []

    with edit(controller.store, model) as open_model:
        destroy_model(open_model)
    await controller.until(lambda: controller.store.all(Model) == [])
    assert not list(controller.paths.engine.glob("units/*")) + list(controller.paths.engine.glob("storage/*"))


async def test_a_workload_gets_its_pod_storage_and_pebble_events(controller: Controller) -> None:
    model = controller.model()
    controller.deploy(model, "workload", units=2)
    await controller.until_message(model, "workload/1", "PebbleReadyEvent sees ")
    pod = controller.runtime.pods["workload/0"]
    (container,) = pod.containers
    assert container.image == "localhost/web:latest"
    assert [(mount.target, mount.source.is_dir()) for mount in container.mounts] == [("/srv", True)]
    await controller.until(lambda: controller.runtime.pods["workload/0"].ports == ("8080/tcp",))

    (container.socket_folder / "pebble.socket").touch()
    notice = {"id": "1", "type": "custom", "key": "example.com/x", "last-repeated": "2025-01-01T00:00:00Z"}
    controller.runtime.say(
        "workload/0", {"web": ContainerState("boot-1", checks={"up": "down"}, notices=(notice,))}
    )
    await controller.until_message(
        model,
        "workload/0",
        "PebbleReadyEvent PebbleCustomNoticeEvent PebbleCheckFailedEvent sees pebble.socket",
    )
    controller.runtime.say("workload/0", {"web": ContainerState("boot-2", checks={"up": "up"})})
    await controller.until(
        lambda: controller.messages(model)["workload/0"].endswith(
            "PebbleReadyEvent PebbleCheckRecoveredEvent sees pebble.socket"
        )
    )
    assert controller.messages(model)["workload/1"] == "PebbleReadyEvent sees "
    assert not Path("/charm").exists()

    with edit(controller.store, model) as open_model:
        scale(open_model, open_model.application("workload"), 1)
    await controller.until(lambda: "workload/1" not in controller.runtime.pods)


async def test_data_and_secrets_cross_models(controller: Controller) -> None:
    offering, consuming = controller.model("one"), controller.model("two")
    controller.deploy(offering, "provider")
    controller.deploy(consuming, "requirer")
    with edit(controller.store, offering) as open_model:
        create_offer(open_model, "database", "provider", {"db": "db"}, "admin")
    with edit(controller.store, consuming) as open_model:
        consume(open_model, OfferUrl.parse("admin/one.database"), "remote-db")
    relation = controller.relate(consuming, "requirer:db", "remote-db:db")

    await controller.until_message(consuming, "requirer/0", "hello password=first")
    assert "remote-db/0" in relation.in_scope

    with edit(controller.store, consuming) as open_model:
        destroy_relation(open_model, relation)
    await controller.until_message(consuming, "requirer/0", "needs db")
    await controller.until(lambda: all(one.is_peer for one in controller.store.all(Relation)))


async def test_a_subordinate_lives_and_goes_with_its_principal(controller: Controller) -> None:
    model = controller.model()
    controller.deploy(model, "requirer", units=2)
    controller.deploy(model, "sub", units=0)
    relation = controller.relate(model, "sub", "requirer:host")
    await controller.until(
        lambda: (
            sorted(message for name, message in controller.messages(model).items() if name.startswith("sub"))
            == ["beside requirer/0", "beside requirer/1"]
        )
    )
    with edit(controller.store, model) as open_model:
        destroy_unit(open_model, open_model.unit("requirer/1"))
    await controller.until(lambda: len(controller.store.all(Unit)) == 2)
    with edit(controller.store, model) as open_model:
        destroy_relation(open_model, relation)
    await controller.until(lambda: [unit.name for unit in controller.store.all(Unit)] == ["requirer/0"])
