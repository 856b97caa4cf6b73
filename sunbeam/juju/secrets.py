"""User secrets of a model and the applications that may read them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model


@dataclass(frozen=True)
class Secret:
    """``uri`` is ``secret:ID``; ``value`` is None unless it was asked for."""

    uri: str
    label: str
    description: str
    owner: str
    revision: int
    applications: tuple[str, ...]
    value: dict[str, str] | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return bare_secret_id(self.uri)


async def create(model: Model, value: Mapping[str, str], *, label: str = "", description: str = "") -> str:
    """Returns the secret's URI.  Raises JujuAlreadyExists when the label is taken."""
    request = {
        "owner-tag": f"model-{model.uuid}",
        "label": label,
        "description": description,
        "content": {"data": _encode(value)},
    }
    answer = await model.change("Secrets", "CreateSecrets", {"args": [request]})
    return str(answer["results"][0]["result"])


async def update(
    model: Model,
    uri: str,
    *,
    value: Mapping[str, str] | None = None,
    label: str | None = None,
    description: str | None = None,
) -> None:
    """Change what is given; a new value makes a new revision."""
    request: dict[str, Any] = {"uri": uri}
    if value is not None:
        request["content"] = {"data": _encode(value)}
    if label is not None:
        request["label"] = label
    if description is not None:
        request["description"] = description
    await model.change("Secrets", "UpdateSecrets", {"args": [request]})


async def remove(model: Model, uri: str) -> None:
    """Remove all revisions; a secret that is gone is fine."""
    try:
        await model.change("Secrets", "RemoveSecrets", {"args": [{"uri": uri}]})
    except JujuNotFound:
        return


async def listing(model: Model, *, reveal: bool = False) -> list[Secret]:
    """Every secret of the model; ``reveal`` fetches the newest values too."""
    answer = await model.read("Secrets", "ListSecrets", {"show-secrets": reveal, "filter": {}})
    return [_secret(item) for item in answer.get("results") or []]


async def find(model: Model, id_or_label: str, *, reveal: bool = False) -> Secret:
    """Raises JujuNotFound."""
    wanted = bare_secret_id(id_or_label)
    for secret in await listing(model, reveal=reveal):
        if wanted in (secret.id, secret.label):
            return secret
    raise JujuNotFound(f"there is no secret {id_or_label}", where=f"model {model.name}")


async def grant(model: Model, uri: str, applications: Sequence[str]) -> None:
    await model.change("Secrets", "GrantSecret", {"uri": uri, "applications": list(applications)})


async def revoke(model: Model, uri: str, applications: Sequence[str]) -> None:
    await model.change("Secrets", "RevokeSecret", {"uri": uri, "applications": list(applications)})


def bare_secret_id(uri: str) -> str:
    """``secret:ID`` or ``secret://MODEL/ID`` -> ``ID``."""
    return uri.removeprefix("secret:").rpartition("/")[2]


def _encode(value: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in value.items()}


def _secret(raw: Mapping[str, Any]) -> Secret:
    data = (raw.get("value") or {}).get("data")
    return Secret(
        uri=raw.get("uri", ""),
        label=raw.get("label") or "",
        description=raw.get("description") or "",
        owner=raw.get("owner-tag", ""),
        revision=int(raw.get("latest-revision") or 0),
        applications=tuple(
            sorted(
                grant["target-tag"].removeprefix("application-")
                for grant in raw.get("access") or []
                if grant.get("target-tag", "").startswith("application-")
            )
        ),
        value=None
        if data is None
        else {key: base64.b64decode(text).decode(errors="replace") for key, text in data.items()},
    )
