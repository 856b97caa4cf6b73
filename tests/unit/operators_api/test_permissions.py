"""The permission matrix: every method of every facade against every level of access."""

from __future__ import annotations

from sunbeam.operators.api import registry
from sunbeam.operators.operations.users import CONTROLLER_LEVELS, MODEL_LEVELS
from tests.unit.operators_api.controller_fake import MODEL, FakeController

CHANGES_MODEL = {
    "Application.Deploy", "Application.AddRelation", "Application.SetConfigs",
    "Application.DestroyApplication", "Application.SetCharm", "Application.AddUnits",
    "Application.ScaleApplications", "Application.Expose", "Application.Consume",
    "Application.ResolveUnitErrors", "Action.EnqueueOperation", "Action.Cancel",
    "MachineManager.AddMachines", "MachineManager.DestroyMachineWithParams", "Secrets.CreateSecrets",
    "Secrets.GrantSecret", "Resources.AddPendingResources", "KeyManager.AddKeys",
    "Annotations.Set",
}  # fmt: skip
NEEDS_MODEL_ADMIN = {"Action.Run", "ModelConfig.ModelSet", "ModelConfig.ModelUnset"}
NEEDS_SUPERUSER = {
    "Controller.AllModels", "Controller.ModifyControllerAccess", "UserManager.AddUser",
    "UserManager.RemoveUser", "UserManager.DisableUser", "UserManager.ResetPassword", "Sunbeam.ApiStatus",
}  # fmt: skip
DENIED = {"error": "permission denied", "error-code": "unauthorized access", "response": {}}


def methods(facades: dict[str, list[int]]) -> list[registry.Method]:
    registry.load_facades()
    return [method for (facade, _), method in sorted(registry._methods.items()) if facade in facades]


def test_what_changes_a_model_needs_more_than_reading() -> None:
    registry.load_facades()
    access = {method.name: method.access for method in registry._methods.values()}
    assert {name: access[name] for name in CHANGES_MODEL} == dict.fromkeys(CHANGES_MODEL, "write")
    assert {name: access[name] for name in NEEDS_MODEL_ADMIN} == dict.fromkeys(NEEDS_MODEL_ADMIN, "admin")
    assert {name: access[name] for name in NEEDS_SUPERUSER} == dict.fromkeys(NEEDS_SUPERUSER, "superuser")


async def test_model_methods_are_refused_below_their_level(fake: FakeController) -> None:
    for level in MODEL_LEVELS:
        fake.add_user(f"has-{level}x", model_access=level)
    checked = 0
    for method in methods(registry.MODEL_FACADES):
        for level in MODEL_LEVELS[: MODEL_LEVELS.index(method.access)]:
            assert await fake.call(method.name, user=f"has-{level}x") == DENIED, (method.name, level)
            checked += 1
    assert checked > 100


async def test_controller_methods_are_refused_below_their_level(fake: FakeController) -> None:
    for level in CONTROLLER_LEVELS:
        fake.add_user(f"has-{level}x", access=level)
    checked = 0
    for method in methods(registry.CONTROLLER_FACADES):
        for level in CONTROLLER_LEVELS[: CONTROLLER_LEVELS.index(method.access)]:
            assert await fake.call(method.name, user=f"has-{level}x", model="") == DENIED, (
                method.name,
                level,
            )
            checked += 1
    assert checked > 40


async def test_models_are_hidden_from_those_without_access(fake: FakeController) -> None:
    fake.add_user("bob")
    info = {"entities": [{"tag": f"model-{MODEL}"}, {"tag": "model-nowhere"}]}
    reply = await fake.call("ModelManager.ModelInfo", info, user="bob", model="")
    assert [item["error"]["code"] for item in reply["response"]["results"]] == ["unauthorized access"] * 2


async def test_only_an_administrator_of_the_model_reads_secrets(fake: FakeController) -> None:
    fake.add_user("writer", model_access="write")
    assert await fake.call("Secrets.ListSecrets", {"show-secrets": True}, user="writer") == DENIED
    assert (await fake.call("Secrets.ListSecrets", {}, user="writer"))["response"] == {"results": []}


async def test_a_disabled_user_loses_access_at_once(fake: FakeController) -> None:
    fake.add_user("bob", model_access="admin")
    assert "error" not in await fake.call("Client.FullStatus", user="bob")
    await fake.call("UserManager.DisableUser", {"entities": [{"tag": "user-bob"}]}, model="")
    assert (await fake.call("Client.FullStatus", user="bob"))["error-code"] == "unauthorized access"


async def test_a_user_changes_their_own_password_only(fake: FakeController) -> None:
    fake.add_user("bob")
    changes = {"changes": [{"tag": f"user-{name}", "password": "p"} for name in ("bob", "admin")]}
    reply = await fake.call("UserManager.SetPassword", changes, user="bob", model="")
    own, others = reply["response"]["results"]
    assert own == {} and others["error"]["code"] == "unauthorized access"


async def test_grants_never_lower_and_revokes_step_down(fake: FakeController) -> None:
    fake.add_user("bob", model_access="write")

    async def modify(action: str, access: str) -> str:
        change = {"model-tag": f"model-{MODEL}", "user-tag": "user-bob", "action": action, "access": access}
        reply = await fake.call("ModelManager.ModifyModelAccess", {"changes": [change]}, model="")
        return str(reply["response"]["results"][0].get("error", {}).get("message", ""))

    assert await modify("grant", "read") == 'user already has "read" access or greater'
    assert fake.model.access["bob"] == "write"
    assert await modify("grant", "admin") == ""
    assert await modify("revoke", "admin") == ""
    assert fake.model.access["bob"] == "write"
    assert await modify("revoke", "read") == ""
    assert "bob" not in fake.model.access


async def test_the_owner_of_the_controller_cannot_be_locked_out(fake: FakeController) -> None:
    admin = {"entities": [{"tag": "user-admin"}]}
    for name in ("UserManager.DisableUser", "UserManager.RemoveUser"):
        reply = await fake.call(name, admin, model="")
        assert "controller owner" in reply["response"]["results"][0]["error"]["message"]
