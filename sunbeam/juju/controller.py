"""A controller: its models and the connections to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Self

from sunbeam.juju.connection import Link
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuNotFound, JujuStuck
from sunbeam.juju.model import Model


@dataclass(frozen=True)
class ModelSummary:
    """``type`` is ``caas`` (Kubernetes) or ``iaas`` (machines); ``owner`` a bare user name."""

    uuid: str
    name: str
    type: str
    owner: str
    life: str
    cloud: str
    region: str


class Controller:
    """Opens connections on demand and keeps one per model; ``close`` or ``async with`` ends them."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.link = Link(credentials)
        self._models: dict[str, Model] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        models, self._models = list(self._models.values()), {}
        await asyncio.gather(self.link.close(), *(model.link.close() for model in models))

    async def models(self) -> list[ModelSummary]:
        answer = await self.link.request(
            "ModelManager",
            "ListModelSummaries",
            {"user-tag": f"user-{self.credentials.username}", "all": True},
            read=True,
        )
        return [_summary(item["result"]) for item in answer.get("results") or [] if item.get("result")]

    async def model(self, name_or_uuid: str) -> Model:
        """The model of that uuid or name (``NAME`` or ``OWNER/NAME``).  Raises JujuNotFound."""
        known = self._models.get(name_or_uuid)
        if known is not None:
            return known
        for summary in await self.models():
            if name_or_uuid in (summary.uuid, summary.name, f"{summary.owner}/{summary.name}"):
                return self._models.setdefault(
                    summary.uuid, Model(self.credentials, summary.uuid, summary.name, summary.type)
                )
        raise JujuNotFound(
            f"there is no model {name_or_uuid}",
            where=f"controller at {', '.join(self.credentials.endpoints)}",
            why="the controller does not list it",
            next_command="sunbeam juju status",
        )

    async def add_model(
        self,
        name: str,
        *,
        cloud: str = "",
        region: str = "",
        credential: str = "",
        config: dict[str, Any] | None = None,
    ) -> Model:
        """Create a model owned by our user.  Raises JujuAlreadyExists."""
        answer = await self.link.request(
            "ModelManager",
            "CreateModel",
            {
                "name": name,
                "owner-tag": f"user-{self.credentials.username}",
                "config": config or {},
                "cloud-tag": f"cloud-{cloud}" if cloud else "",
                "region": region,
                "credential": credential,
            },
        )
        return self._models.setdefault(
            answer["uuid"], Model(self.credentials, answer["uuid"], answer["name"], answer.get("type", ""))
        )

    async def destroy_model(
        self, uuid: str, *, force: bool = False, wait: bool = True, timeout: float = 1800
    ) -> None:
        """Destroy the model with its storage, and ``wait`` until it is gone.

        Raises JujuStuck when it is there after ``timeout`` seconds; a model that is gone is fine.
        """
        request = {"model-tag": f"model-{uuid}", "destroy-storage": True, "force": force}
        try:
            await self.link.request("ModelManager", "DestroyModels", {"models": [request]})
        except JujuNotFound:
            return
        finally:
            model = self._models.pop(uuid, None)
            if model is not None:
                await model.link.close()
        if not wait:
            return
        deadline = asyncio.get_running_loop().time() + timeout
        pause = 0.1
        while any(summary.uuid == uuid for summary in await self.models()):
            if asyncio.get_running_loop().time() > deadline:
                raise JujuStuck(
                    "the model is not gone",
                    f"model {uuid}",
                    {"model": f"still dying after {timeout:.0f} s"},
                    "sunbeam juju status",
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    async def model_info(self, uuid: str) -> dict[str, Any]:
        """``ModelInfo`` as the API gives it (keys as in Juju).  Raises JujuNotFound."""
        answer = await self.link.request(
            "ModelManager", "ModelInfo", {"entities": [{"tag": f"model-{uuid}"}]}, read=True
        )
        result: dict[str, Any] = answer["results"][0]["result"]
        return result

    async def change_model_credential(self, uuid: str, credential: str) -> None:
        """``credential`` is ``CLOUD/USER/NAME``."""
        change = {
            "model-tag": f"model-{uuid}",
            "credential-tag": "cloudcred-" + credential.replace("/", "_"),
        }
        await self.link.request("ModelManager", "ChangeModelCredential", {"model-credentials": [change]})


def _summary(item: dict[str, Any]) -> ModelSummary:
    return ModelSummary(
        uuid=item["uuid"],
        name=item["name"],
        type=item.get("type", ""),
        owner=item.get("owner-tag", "").removeprefix("user-").partition("@")[0],
        life=item.get("life", ""),
        cloud=item.get("cloud-tag", "").removeprefix("cloud-"),
        region=item.get("cloud-region", ""),
    )
