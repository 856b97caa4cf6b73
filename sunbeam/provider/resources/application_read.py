"""What Juju tells of an application, as attributes of juju_application.

A value that Juju spells otherwise than the person did keeps the person's spelling, so that a second plan is
empty.
"""

from __future__ import annotations

from typing import Any

from sunbeam.juju.applications import Settings, parse_storage
from sunbeam.juju.constraints import parse_constraints
from sunbeam.juju.status import ApplicationStatus, ModelStatus
from sunbeam.provider.values import Object

DEFAULT_SPACE = "alpha"


def attributes(
    state: Object, status: ModelStatus, application: ApplicationStatus, settings: Settings, origin_hash: str
) -> Object:
    machines = sorted({unit.machine for unit in application.units.values() if unit.machine})
    return {
        **state,
        "name": application.name,
        "id": f"{state['model_uuid']}:{application.name}",
        "model_type": status.type,
        "units": application.scale if not application.subordinate_to else 0,
        "unit_numbers": sorted(unit.rpartition("/")[2] for unit in application.units),
        "machines": machines if status.type == "iaas" else [],
        "config": _config(state.get("config"), settings.config),
        "constraints": _constraints(state.get("constraints"), settings.constraints),
        "trust": settings.trust,
        "storage": _storage(state, status, application.name),
        "endpoint_bindings": _bindings(state.get("endpoint_bindings"), settings.bindings),
        "expose": _expose(state, application),
        **_charm(state, application, origin_hash),
    }


def exposed_endpoints(block: Object | None) -> dict[str, dict[str, list[str]]]:
    """An ``expose`` block as the API takes it; without endpoints all are meant."""
    block = block or {}
    names = _words(block.get("endpoints")) or [""]
    where = {
        "expose-to-spaces": _words(block.get("spaces")),
        "expose-to-cidrs": _words(block.get("cidrs")),
    }
    return {name: where for name in names}


def bindings_of(bindings: list[Object] | None) -> dict[str, str]:
    """``endpoint_bindings`` as endpoint -> space; an element without endpoint is the default."""
    return {item.get("endpoint") or "": item["space"] for item in bindings or []}


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _config(before: dict[str, Any] | None, actual: dict[str, Any]) -> dict[str, str] | None:
    values = {
        key: before[key] if before and _equal(before.get(key), value) else option_text(value)
        for key, value in actual.items()
        if value is not None and key != "trust"
    }
    return None if before is None and not values else values


def option_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(text: Any, value: Any) -> bool:
    if text is None:
        return False
    if isinstance(value, bool):
        return str(text).lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(text) == float(value)
        except ValueError:
            return False
    return str(text) == str(value)


def _constraints(before: str | None, actual: str) -> str:
    if before is not None and parse_constraints(before) == parse_constraints(actual):
        return before
    return actual


def _bindings(before: list[Object] | None, actual: dict[str, str]) -> list[Object] | None:
    """Those the person wrote and that hold, and those that are not the default space."""
    if before is None:
        return None
    default = actual.get("", DEFAULT_SPACE)
    kept = [item for item in before if actual.get(item.get("endpoint") or "", default) == item["space"]]
    written = {item.get("endpoint") or "" for item in before}
    moved = [
        {"endpoint": endpoint or None, "space": space}
        for endpoint, space in sorted(actual.items())
        if endpoint in written
        and space not in [item["space"] for item in kept if (item.get("endpoint") or "") == endpoint]
    ]
    return kept + moved


def _expose(state: Object, application: ApplicationStatus) -> list[Object]:
    if not application.exposed:
        return []
    before = state.get("expose") or []
    if before and application.exposed_endpoints in ({}, exposed_endpoints(before[0])):
        return list(before)
    names = [name for name in application.exposed_endpoints if name]
    first = next(iter(application.exposed_endpoints.values()), {})
    return [
        {
            "endpoints": ",".join(sorted(names)) or None,
            "spaces": ",".join(first.get("expose-to-spaces") or []) or None,
            "cidrs": ",".join(first.get("expose-to-cidrs") or []) or None,
        }
    ]


def _storage(state: Object, status: ModelStatus, name: str) -> list[Object]:
    """One element per label: how many instances there are, with the directive's pool and size."""
    counts: dict[str, int] = {}
    for item in status.storage:
        if item.owner.rpartition("/")[0] == name:
            counts[item.label] = counts.get(item.label, 0) + 1
    directives = state.get("storage_directives") or {}
    elements = []
    for label, count in sorted(counts.items()):
        directive = parse_storage(directives.get(label, ""))
        size = f"{directive['size']}M" if directive.get("size") else ""
        elements.append({"label": label, "size": size, "pool": directive.get("pool", ""), "count": count})
    return elements


def _charm(state: Object, application: ApplicationStatus, origin_hash: str) -> Object:
    local = application.charm_url.startswith("local:")
    before = state.get("local_charm" if local else "charm") or [{}]
    if not local:
        channel = application.charm_channel or before[0].get("channel")
        block = {
            "name": application.charm_name,
            "channel": channel,
            "revision": application.charm_revision,
            "base": application.base,
        }
        return {"charm": [block], "local_charm": []}
    block = {
        "name": application.charm_name,
        "path": before[0].get("path") or "",
        "path_hash": before[0].get("path_hash") or origin_hash,
        "origin_hash": origin_hash or before[0].get("origin_hash"),
        "base": application.base or before[0].get("base"),
    }
    return {"local_charm": [block], "charm": []}
