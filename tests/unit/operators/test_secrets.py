from __future__ import annotations

import json
from typing import Any

import pytest

from sunbeam.operators import reaper
from sunbeam.operators.entities import Endpoint, Model, Relation, Secret, Unit
from sunbeam.operators.operations import secrets
from sunbeam.operators.tools import ToolError
from sunbeam.operators.view import unit_view
from tests.unit.operators.hook_world import MODEL, HookWorld, RunningHook

OTHER = "99999999-2222-3333-4444-555555555555"


def parsed(text: str) -> Any:
    return json.loads(text)


def add(world: HookWorld, options: str = "--owner application --label root") -> str:
    """A secret of mariadb, granted to glance over relation 0; returns its URI."""
    hook = world.hook("mariadb/0")
    uri = hook.call(f"secret-add {options}", "password=one").strip()
    hook.call("secret-grant --relation 0", uri)
    hook.succeed()
    return uri


def get(hook: RunningHook, *arguments: str) -> str:
    return str(parsed(hook.call("secret-get --format=json", *arguments))["password"])


def change(world: HookWorld, uri: str, *arguments: str) -> None:
    hook = world.hook("mariadb/0")
    hook.call("secret-set", uri, *arguments)
    hook.succeed()


def stored(world: HookWorld) -> Secret:
    (secret,) = world.store.all(Secret)
    return secret


def test_a_secret_exists_for_its_hook_at_once_and_for_others_on_success(world: HookWorld) -> None:
    failing = world.hook("mariadb/0")
    uri = failing.call("secret-add --owner application", "password=one").strip()
    assert get(failing, uri) == "one"
    assert world.store.all(Secret) == []
    with pytest.raises(ToolError, match="not found"):
        get(world.hook("mariadb/0"), uri)


def test_readers_track_a_revision_until_they_refresh(world: HookWorld) -> None:
    uri = add(world)
    reader = world.hook("glance/0")
    assert get(reader, uri, "--label", "database") == "one"
    change(world, uri, "password=two")

    assert get(reader, uri) == "one"
    assert get(reader, uri, "--peek") == "two"
    assert get(reader, "--label", "database") == "one"
    assert get(reader, uri, "--refresh") == "two"
    assert get(reader, uri) == "two"


def test_equal_content_makes_no_revision(world: HookWorld) -> None:
    uri = add(world)
    change(world, uri, "password=one")
    assert stored(world).latest == 1


def test_only_the_owner_manages_and_only_the_granted_read(world: HookWorld) -> None:
    uri = add(world)
    with pytest.raises(ToolError, match="permission denied"):
        world.hook("mariadb/1").call("secret-set", uri, "password=stolen")
    with pytest.raises(ToolError, match="permission denied"):
        world.hook("glance/0").call("secret-set", uri, "password=stolen")
    with pytest.raises(ToolError, match="not found"):
        world.hook("glance/0").call("secret-info-get --format=json", uri)
    assert get(world.hook("mariadb/1"), "--label", "root") == "one"

    hook = world.hook("mariadb/0")
    hook.call("secret-revoke --relation 0", uri)
    hook.succeed()
    with pytest.raises(ToolError, match="permission denied"):
        get(world.hook("glance/0"), uri)


def test_labels_are_unique_per_owner(world: HookWorld) -> None:
    add(world)
    with pytest.raises(ToolError, match="already exists"):
        world.hook("mariadb/0").call("secret-add --label root", "password=two")


def test_information_and_identifiers_are_for_owners(world: HookWorld) -> None:
    uri = add(world, "--owner application --label root --rotate daily --expire 1h --description text")
    id = uri.removeprefix("secret:")
    owner = world.hook("mariadb/0")
    assert parsed(owner.call("secret-info-get --format=json", uri)) == {
        id: {
            "revision": 1,
            "label": "root",
            "owner": "application",
            "rotation": "daily",
            "description": "text",
            "rotates": "2025-06-02T12:00:00.000000Z",
            "expiry": "2025-06-01T13:00:00.000000Z",
        }
    }
    assert parsed(owner.call("secret-ids --format=json")) == [id]
    assert parsed(world.hook("mariadb/1").call("secret-ids --format=json")) == []


def test_removing_a_revision_and_the_whole(world: HookWorld) -> None:
    uri = add(world)
    change(world, uri, "password=two")
    hook = world.hook("mariadb/0")
    hook.call("secret-remove --revision 1", uri)
    hook.succeed()
    assert set(stored(world).revisions) == {2}
    hook = world.hook("mariadb/0")
    hook.call("secret-remove", uri)
    hook.succeed()
    assert world.store.all(Secret) == []


def test_the_owner_hears_of_unused_revisions_and_readers_of_new_ones(world: HookWorld) -> None:
    uri = add(world)
    get(world.hook("glance/0"), uri)
    change(world, uri, "password=two")
    id = uri.removeprefix("secret:")

    def view(name: str) -> Any:
        return unit_view(world.store, world.unit(name), "", substrate_ready=True)

    assert view("glance/0").read_secrets == {id: 2}
    assert view("mariadb/0").owned_secrets[0].unused == ()
    get(world.hook("glance/0"), uri, "--refresh")
    assert view("glance/0").read_secrets == {}
    assert view("mariadb/0").owned_secrets[0].unused == (1,)
    assert view("mariadb/1").owned_secrets == ()


def test_rotation_is_planned_again_sooner_if_it_was_not_heeded(world: HookWorld) -> None:
    add(world, "--owner application --rotate hourly")
    secret = stored(world)
    assert secret.next_rotation == "2025-06-01T13:00:00.000000Z"
    secrets.rotated(secret, told_revision=1, now="2025-06-01T13:00:00.000000Z")
    assert secret.next_rotation == "2025-06-01T13:05:00.000000Z"
    secrets.update(secret, "2025-06-01T13:05:00.000000Z", content={"password": "dHdv"})
    secrets.rotated(secret, told_revision=1, now="2025-06-01T13:05:00.000000Z")
    assert secret.next_rotation == "2025-06-01T14:05:00.000000Z"


def test_a_model_secret_prunes_revisions_nobody_tracks() -> None:
    secret = secrets.create(MODEL, secrets.MODEL_OWNER, {"key": "MQ=="}, "", auto_prune=True)
    secrets.grant(secret, "glance")
    secrets.track(secret, "glance/0")
    secrets.update(secret, "", content={"key": "Mg=="})
    assert set(secret.revisions) == {1, 2}
    secrets.track(secret, "glance/0", refresh=True)
    assert set(secret.revisions) == {2}


def test_grants_go_with_their_relation_and_a_readers_state_with_its_unit(world: HookWorld) -> None:
    uri = add(world)
    get(world.hook("glance/0"), uri)
    model = world.store.get(Model, MODEL, MODEL)
    assert model is not None
    with world.store.transaction() as tx:
        world.relation().life = "dying"
        world.unit("mariadb/0").seen.relations = {}
        world.unit("mariadb/1").seen.relations = {}
        world.unit("glance/0").seen.relations = {}
        tx.put(world.relation())
        reaper.reap(world.store, tx, model)
    assert stored(world).grants == {} and stored(world).consumers == {}


def test_a_grant_reaches_the_consuming_application_of_another_model(world: HookWorld) -> None:
    ends = [
        Endpoint(application="mariadb", name="database", role="provider", interface="mysql_client"),
        Endpoint(application="remote-1", name="db", role="requirer", interface="mysql_client"),
    ]
    here = Relation(model_uuid=MODEL, number=5, endpoints=ends, mirror=f"{OTHER}:0")
    ends = [
        Endpoint(application="saas", name="database", role="provider", interface="mysql_client"),
        Endpoint(application="nova", name="db", role="requirer", interface="mysql_client"),
    ]
    there = Relation(model_uuid=OTHER, number=0, endpoints=ends, mirror=f"{MODEL}:5")
    nova = Unit(model_uuid=OTHER, name="nova/0", application="nova")
    with world.store.transaction() as tx:
        tx.put(here, there, nova)
    hook = world.hook("mariadb/0")
    uri = hook.call("secret-add --owner application", "password=one").strip()
    hook.call("secret-grant --relation 5", uri)
    hook.call("relation-set -r 5 host=db")
    hook.succeed()

    assert set(stored(world).grants) == {f"{OTHER}:nova"}
    assert secrets.may_read(stored(world), OTHER, "nova/0")
    assert not secrets.may_read(stored(world), MODEL, "nova/0")
    assert secrets.find(world.store, OTHER, uri) is stored(world)
    assert there.data == {"saas/0": {"host": "db"}} and there.versions == {"saas/0": 1}
