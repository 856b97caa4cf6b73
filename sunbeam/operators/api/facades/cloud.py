"""Cloud: the two clouds a model can be created in; they need no credentials."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, untag
from sunbeam.operators.operations.errors import NotFound, NotSupported
from sunbeam.operators.operations.models import CLOUDS


class Credential(Params):
    tag: str


class CredentialsParams(Params):
    credentials: list[Credential]
    force: bool = False


class UserCloud(Params):
    user_tag: str
    cloud_tag: str


class UserCloudsParams(Params):
    user_clouds: list[UserCloud]


class ContentsParams(Params):
    credentials: list[dict[str, Any]] = []


@method("Cloud.Clouds", "login")
def clouds(call: Call) -> Json:
    return {"clouds": {f"cloud-{name}": _cloud(name) for name in CLOUDS}}


@method("Cloud.Cloud", "login")
def cloud(call: Call, params: Entities) -> Json:
    return each(params.entities, lambda entity: {"cloud": _cloud(untag(entity.tag, "cloud"))})


@method("Cloud.CloudInfo", "login")
def cloud_info(call: Call, params: Entities) -> Json:
    def info(entity: Entity) -> Json:
        return {"result": {**_cloud(untag(entity.tag, "cloud")), "users": []}}

    return each(params.entities, info)


@method("Cloud.UserCredentials", "login")
def user_credentials(call: Call, params: UserCloudsParams) -> Json:
    return each(params.user_clouds, lambda item: {"result": []})


@method("Cloud.UpdateCredentialsCheckModels", "login")
def update_credentials(call: Call, params: CredentialsParams) -> Json:
    """Our clouds need none, so a client's local credential is accepted and not kept."""
    return each(params.credentials, lambda credential: {"tag": credential.tag, "models": []})


@method("Cloud.CredentialContents", "login")
def credential_contents(call: Call, params: ContentsParams) -> Json:
    return {"results": []}


@method("Cloud.AddCloud", "superuser")
def add_cloud(call: Call) -> Json:
    raise NotSupported(f"this controller has its own clouds: {', '.join(CLOUDS)}")


def _cloud(name: str) -> Json:
    if name not in CLOUDS:
        raise NotFound(f'cloud "{name}" not found')
    return {
        "type": CLOUDS[name],
        "auth-types": ["empty"],
        "endpoint": "",
        "regions": [{"name": "default", "endpoint": "", "identity-endpoint": "", "storage-endpoint": ""}],
        "is-controller-cloud": False,
    }
