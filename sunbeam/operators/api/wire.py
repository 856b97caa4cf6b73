"""The shapes of the wire: parameters with Juju's kebab-case names, and tags."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from sunbeam.operators.operations.errors import BadRequest

Json = dict[str, Any]
NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time, which clients read as "not yet"."""


def _kebab(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


class Params(BaseModel):
    """Parameters of a method: names are kebab-case on the wire, ``null`` means left out, more is ignored."""

    model_config = ConfigDict(alias_generator=_kebab, populate_by_name=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value


class Entity(Params):
    tag: str


class Entities(Params):
    entities: list[Entity] = []


class Base(Params):
    """An operating system: ``{"name": "debian", "channel": "13/stable"}``."""

    name: str = ""
    channel: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.channel}" if self.name and self.channel else ""


def base_json(base: str) -> Json:
    name, _, channel = base.partition("@")
    return {"name": name, "channel": channel}


def untag(tag: str, kind: str) -> str:
    """The id in a tag of ``kind``.  Raises BadRequest with Juju's text."""
    prefix = f"{kind}-"
    if not tag.startswith(prefix) or tag == prefix:
        raise BadRequest(f'"{tag}" is not a valid {kind} tag')
    return tag[len(prefix) :]


def unit_tag(unit: str) -> str:
    return f"unit-{unit.replace('/', '-')}"


def unit_in(tag: str) -> str:
    application, _, number = untag(tag, "unit").rpartition("-")
    if not application or not number.isdigit():
        raise BadRequest(f'"{tag}" is not a valid unit tag')
    return f"{application}/{number}"


def storage_tag(storage: str) -> str:
    return f"storage-{storage.replace('/', '-')}"


def storage_in(tag: str) -> str:
    name, _, number = untag(tag, "storage").rpartition("-")
    return f"{name}/{number}"


def user_in(tag: str) -> str:
    """The local user's name; the domain ``@local`` and ``@external`` are dropped."""
    return untag(tag, "user").partition("@")[0]
