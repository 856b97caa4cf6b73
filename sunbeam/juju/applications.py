"""Applications: deploying, refreshing, configuring, scaling, exposing, removing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sunbeam.juju.charms import LocalCharm, Registries, read_local_charm, upload_charm, upload_resources
from sunbeam.juju.constraints import format_constraints, parse_constraints, size_in_mebibytes
from sunbeam.juju.errors import JujuError, JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.juju.status import ApplicationStatus, full_status


@dataclass(frozen=True)
class Deployment:
    """What to deploy.  ``machines`` places one unit on each named machine and decides ``units`` then.

    ``storage`` maps a label to a directive such as ``20G`` or ``kubernetes,20G,1``; ``bindings`` an endpoint
    to a space (``""`` is the default binding); ``resources`` a resource name to an OCI image or a file.
    """

    name: str
    units: int = 1
    machines: Sequence[str] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    trust: bool = False
    constraints: str = ""
    storage: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    registries: Registries = field(default_factory=dict)
    base: str = ""


@dataclass(frozen=True)
class Settings:
    """What ``Application.Get`` tells.  ``config`` holds only the options a person set."""

    charm: str
    config: dict[str, Any]
    trust: bool
    constraints: str
    bindings: dict[str, str]


async def deploy_local(model: Model, path: Path, deployment: Deployment) -> LocalCharm:
    """Upload a packed charm with its resources and deploy it.  Raises JujuAlreadyExists."""
    charm = read_local_charm(path)
    url = await upload_charm(model, charm)
    pending = await upload_resources(
        model, deployment.name, url, charm, deployment.resources, deployment.registries
    )
    request = {
        "application": deployment.name,
        "charm-url": url,
        "charm-origin": charm.origin(deployment.base or None),
        "channel": "",
        "config": {},
        "config-yaml": _config_yaml(deployment),
        "constraints": parse_constraints(deployment.constraints),
        "num-units": 0 if charm.subordinate else len(deployment.machines) or deployment.units,
        "placement": [_on_machine(machine) for machine in deployment.machines] or None,
        "storage": {label: parse_storage(text) for label, text in deployment.storage.items()},
        "endpoint-bindings": dict(deployment.bindings),
        "resources": pending,
    }
    await model.change("Application", "Deploy", {"applications": [request]})
    return charm


async def deploy_from_store(
    model: Model, charm: str, deployment: Deployment, *, channel: str = "", revision: int | None = None
) -> None:
    """Deploy a charm that the controller fetches from its charm store."""
    system, _, version = deployment.base.partition("@")
    request = {
        "CharmName": charm,
        "ApplicationName": deployment.name,
        "ConfigYAML": _config_yaml(deployment),
        "Cons": parse_constraints(deployment.constraints),
        "EndpointBindings": dict(deployment.bindings),
        "NumUnits": len(deployment.machines) or deployment.units,
        "num-units": len(deployment.machines) or deployment.units,
        "Placement": [_on_machine(machine) for machine in deployment.machines] or None,
        "Resources": dict(deployment.resources),
        "Storage": {label: parse_storage(text) for label, text in deployment.storage.items()},
        "Trust": deployment.trust,
        "channel": channel or None,
        "revision": revision,
        "base": {"name": system, "channel": version} if version else None,
    }
    answer = await model.change("Application", "DeployFromRepository", {"Args": [request]})
    result = (answer.get("results") or [{}])[0]
    if result.get("Errors"):
        raise JujuError(
            f"cannot deploy {deployment.name} from the charm store",
            where=f"model {model.name}",
            why="; ".join(error.get("message", "") for error in result["Errors"]),
            id="charm-store-unsupported",
        )


async def refresh_local(
    model: Model,
    name: str,
    path: Path,
    *,
    resources: Mapping[str, str],
    storage: Mapping[str, str] | None = None,
    base: str = "",
    registries: Registries | None = None,
) -> LocalCharm:
    """Upload another packed charm and let the application use it (``juju refresh --path``)."""
    charm = read_local_charm(path)
    url = await upload_charm(model, charm)
    pending = await upload_resources(model, name, url, charm, resources, registries)
    await _set_charm(model, name, url, charm.origin(base or None), pending, storage or {})
    return charm


async def refresh_from_store(
    model: Model, name: str, *, channel: str = "", revision: int | None = None, storage: Mapping[str, str]
) -> None:
    """Move to another channel or revision of the same charm in the store."""
    current = await model.read("Application", "GetCharmURLOrigin", {"application": name})
    origin = dict(current["charm-origin"])
    if channel:
        origin["track"], _, origin["risk"] = channel.rpartition("/")
    origin["revision"] = revision
    wanted = {"reference": current["url"].rpartition("/")[2].rpartition("-")[0], "charm-origin": origin}
    resolved = (await model.read("Charms", "ResolveCharms", {"resolve": [wanted]}))["results"][0]
    added = await model.change(
        "Charms", "AddCharm", {"url": resolved["url"], "charm-origin": resolved["charm-origin"]}
    )
    await _set_charm(model, name, resolved["url"], added["charm-origin"], {}, storage)


async def attach_resources(
    model: Model, name: str, path: Path, resources: Mapping[str, str], registries: Registries | None = None
) -> None:
    """Give a running application other resources, with the charm it has on disk at ``path``."""
    charm = read_local_charm(path)
    current = await model.read("Application", "GetCharmURLOrigin", {"application": name})
    pending = await upload_resources(model, name, current["url"], charm, resources, registries)
    await _set_charm(model, name, current["url"], current["charm-origin"], pending, {})


async def settings(model: Model, name: str) -> Settings:
    """Raises JujuNotFound."""
    answer = await model.read("Application", "Get", {"application": name, "branch": "master"})
    constraints = answer.get("constraints") or {}
    trust = (answer.get("application-config") or {}).get("trust") or {}
    return Settings(
        charm=answer.get("charm", ""),
        config={
            key: option.get("value")
            for key, option in (answer.get("config") or {}).items()
            if option.get("source") == "user"
        },
        trust=trust.get("value") in (True, "true"),
        constraints=constraints if isinstance(constraints, str) else format_constraints(constraints),
        bindings=dict(answer.get("endpoint-bindings") or {}),
    )


async def application_status(model: Model, name: str) -> ApplicationStatus:
    """Raises JujuNotFound."""
    found = (await full_status(model)).applications.get(name)
    if found is None:
        raise JujuNotFound(f"there is no application {name}", where=f"model {model.name}")
    return found


async def charm_origin_hash(model: Model, name: str) -> str:
    """The hash the controller keeps of the charm in use; empty when it keeps none."""
    answer = await model.read("Application", "GetCharmURLOrigin", {"application": name, "branch": "master"})
    return str((answer.get("charm-origin") or {}).get("hash") or "")


async def set_config(model: Model, name: str, values: Mapping[str, str], unset: Sequence[str] = ()) -> None:
    """Set charm options, and ``trust``, as text; ``unset`` go back to the charm's defaults."""
    if values:
        args = [{"application": name, "generation": "master", "config": dict(values), "config-yaml": ""}]
        await model.change("Application", "SetConfigs", {"Args": args})
    if unset:
        args = [{"application": name, "branch": "master", "options": list(unset)}]
        await model.change("Application", "UnsetApplicationsConfig", {"Args": args})


async def set_trust(model: Model, name: str, trust: bool) -> None:
    await set_config(model, name, {"trust": str(trust).lower()})


async def set_constraints(model: Model, name: str, text: str) -> None:
    await model.change(
        "Application", "SetConstraints", {"application": name, "constraints": parse_constraints(text)}
    )


async def set_bindings(model: Model, name: str, bindings: Mapping[str, str]) -> None:
    args = [{"application-tag": f"application-{name}", "bindings": dict(bindings), "force": False}]
    await model.change("Application", "MergeBindings", {"args": args})


async def expose(model: Model, name: str, endpoints: Mapping[str, Mapping[str, list[str]]] | None) -> None:
    """``endpoints`` maps an endpoint (``""``: all) to its spaces and CIDRs by API key; None hides."""
    if endpoints is None:
        await model.change("Application", "Unexpose", {"application": name, "exposed-endpoints": []})
    else:
        exposed = {key: dict(value) for key, value in endpoints.items()}
        await model.change("Application", "Expose", {"application": name, "exposed-endpoints": exposed})


async def scale(model: Model, name: str, units: int) -> None:
    """Set the number of pods (Kubernetes models)."""
    request = {"application-tag": f"application-{name}", "scale": units, "force": False}
    await model.change("Application", "ScaleApplications", {"applications": [request]})


async def add_units(model: Model, name: str, count: int, machines: Sequence[str] = ()) -> list[str]:
    """Add units (machine models), on the named machines if given; returns their names."""
    answer = await model.change(
        "Application",
        "AddUnits",
        {
            "application": name,
            "num-units": len(machines) or count,
            "placement": [_on_machine(machine) for machine in machines] or None,
        },
    )
    return list(answer.get("units") or [])


async def remove_units(model: Model, units: Sequence[str], *, destroy_storage: bool = True) -> None:
    requests = [
        {"unit-tag": "unit-" + unit.replace("/", "-"), "destroy-storage": destroy_storage} for unit in units
    ]
    await model.change("Application", "DestroyUnit", {"units": requests})


async def remove(model: Model, name: str, *, force: bool = False) -> None:
    """Begin to remove the application with its storage; an application that is gone is fine."""
    request = {"application-tag": f"application-{name}", "destroy-storage": True, "force": force}
    try:
        await model.change("Application", "DestroyApplication", {"applications": [request]})
    except JujuNotFound:
        return


async def resolve(model: Model, unit: str, *, retry: bool = True) -> None:
    """Run a unit's failed hook again, or skip it (``retry`` False)."""
    tags = {"entities": [{"tag": "unit-" + unit.replace("/", "-")}]}
    await model.change("Application", "ResolveUnitErrors", {"all": False, "retry": retry, "tags": tags})


def parse_storage(text: str) -> dict[str, Any]:
    """``[POOL,][SIZE][,COUNT]`` in any order, as ``juju deploy --storage`` takes it.  Raises JujuError."""
    value: dict[str, Any] = {"pool": "", "size": 0, "count": 1}
    for part in filter(None, (word.strip() for word in text.split(","))):
        if part.isdecimal():
            value["count"] = int(part)
        elif part[0].isdigit():
            value["size"] = size_in_mebibytes(part)
        else:
            value["pool"] = part
    return {key: item for key, item in value.items() if item}


async def _set_charm(
    model: Model,
    name: str,
    url: str,
    origin: Mapping[str, Any],
    resources: Mapping[str, str],
    storage: Mapping[str, str],
) -> None:
    await model.change(
        "Application",
        "SetCharm",
        {
            "application": name,
            "charm-url": url,
            "charm-origin": dict(origin),
            "channel": "",
            "generation": "",
            "config-settings": {},
            "config-settings-yaml": "",
            "endpoint-bindings": {},
            "force": False,
            "force-base": False,
            "force-units": False,
            "resource-ids": dict(resources),
            "storage-constraints": {label: parse_storage(text) for label, text in storage.items()},
        },
    )


def _config_yaml(deployment: Deployment) -> str:
    options: dict[str, Any] = dict(deployment.config)
    if deployment.trust:
        options["trust"] = True
    return yaml.safe_dump({deployment.name: options}) if options else ""


def _on_machine(machine: str) -> dict[str, str]:
    return {"scope": "#", "directive": machine}
