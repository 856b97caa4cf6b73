"""The calls of the plugin protocol, independent of gRPC: dictionaries in, dictionaries out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuAlreadyExists
from sunbeam.provider import planning
from sunbeam.provider.data_sources import DATA_SOURCES
from sunbeam.provider.diagnostics import Diagnostic, ProviderError, from_error, path_message
from sunbeam.provider.resource import DEFAULT_LIMIT, Operation, Resource, seconds
from sunbeam.provider.resources import RESOURCES
from sunbeam.provider.schema import Schema, conform, provider_schema
from sunbeam.provider.session import Session
from sunbeam.provider.values import UNKNOWN, Object, dump, load

log = logging.getLogger(__name__)
CAPABILITIES = {"plan_destroy": True, "get_provider_schema_optional": True}

Request = dict[str, Any]
Response = dict[str, Any]


class Provider:
    """One provider; ``credentials`` are used where neither configuration nor environment names others.

    ``on_progress`` gets (resource type, text) for what an operation waits on; core's own output shows nothing
    of that.  ``adopts``: a creation takes over what exists by that name, made by a run that was killed before
    its state was saved; else that is an error, as in the official provider.  ``session`` is used as it is.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        on_progress: Callable[[str, str], None] = lambda resource, text: None,
        *,
        adopts: bool = False,
        session: Session | None = None,
    ) -> None:
        self.session = session or Session(credentials, adopts=adopts)
        self.schema = provider_schema()
        self.resources: dict[str, Resource] = {kind.type_name: kind(self.session) for kind in RESOURCES}
        self.stopping = asyncio.Event()
        self._on_progress = on_progress
        self._skip_failed_deletion = False

    async def call(self, name: str, request: Request) -> Response:
        """Run one call; every failure becomes a diagnostic, a bug too."""
        method: Callable[[Request], Awaitable[Response]] = getattr(self, "_" + name)
        try:
            return await method(request)
        except Exception as error:
            return {"diagnostics": _messages(error, f"{name} failed")}

    async def _GetMetadata(self, request: Request) -> Response:
        return {"server_capabilities": CAPABILITIES}

    async def _GetProviderSchema(self, request: Request) -> Response:
        return {
            "provider": self.schema.provider.message(),
            "resource_schemas": {name: schema.message() for name, schema in self.schema.resources.items()},
            "data_source_schemas": {name: item.message() for name, item in self.schema.data_sources.items()},
            "provider_meta": Schema(0, "", {}).message(),
            "server_capabilities": CAPABILITIES,
        }

    async def _GetFunctions(self, request: Request) -> Response:
        return {}

    async def _ValidateProviderConfig(self, request: Request) -> Response:
        return {}

    async def _ConfigureProvider(self, request: Request) -> Response:
        config = load(request.get("config")) or {}
        self._skip_failed_deletion = config.get("skip_failed_deletion") is True
        self.session.configure(config)
        return {}

    async def _StopProvider(self, request: Request) -> Response:
        self.stopping.set()
        return {}

    async def _ValidateResourceConfig(self, request: Request) -> Response:
        name, config = request["type_name"], load(request["config"])
        found = self.resources[name].validate(config)
        if not (request.get("client_capabilities") or {}).get("write_only_attributes_allowed"):
            found += [
                Diagnostic("Not supported by this Terraform", f"{key} is a write-only attribute.", (key,))
                for key, node in self.schema.resources[name].nodes.items()
                if node.write_only and config.get(key) is not None
            ]
        return {"diagnostics": [item.message() for item in found]}

    async def _ValidateDataResourceConfig(self, request: Request) -> Response:
        return {}

    async def _UpgradeResourceState(self, request: Request) -> Response:
        state = json.loads(request["raw_state"]["json"])
        return {"upgraded_state": dump(conform(self.schema.resources[request["type_name"]].nodes, state))}

    async def _ReadResource(self, request: Request) -> Response:
        name, state = request["type_name"], load(request["current_state"])
        try:
            found = await self.resources[name].read(state)
        except Exception as error:
            messages = _messages(error, f"Cannot read {_label(name, state)}")
            return {"new_state": request["current_state"], "diagnostics": messages}
        nodes = self.schema.resources[name].nodes
        return {
            "new_state": dump(
                None if found is None else conform(nodes, {**found, "timeouts": state.get("timeouts")})
            ),
            "private": request.get("private"),
        }

    async def _PlanResourceChange(self, request: Request) -> Response:
        name = request["type_name"]
        nodes = self.schema.resources[name].nodes
        prior, plan, config = (
            load(request.get(key)) for key in ("prior_state", "proposed_new_state", "config")
        )
        if plan is None:
            return {"planned_state": dump(None), "planned_private": request.get("prior_private")}
        planning.fill_computed(nodes, plan, config, prior)
        paths = await self.resources[name].adjust(plan, prior, config)
        if prior is not None:
            paths = paths + planning.replacements(nodes, plan, prior, config)
        return {
            "planned_state": dump(plan),
            "requires_replace": [path_message(path) for path in dict.fromkeys(paths)]
            if prior is not None
            else [],
            "planned_private": request.get("prior_private"),
        }

    async def _ApplyResourceChange(self, request: Request) -> Response:
        name = request["type_name"]
        prior, plan, config = (load(request.get(key)) for key in ("prior_state", "planned_state", "config"))
        if plan is None:
            state, messages = await self._delete(name, prior)
        elif prior is None:
            state, messages = await self._create(name, plan, config)
        else:
            state, messages = await self._update(name, prior, plan, config)
        return {"new_state": dump(state), "private": request.get("planned_private"), "diagnostics": messages}

    async def _create(self, name: str, plan: Object, config: Object) -> tuple[Object | None, list[Any]]:
        """A state together with an error makes core save the resource as tainted."""
        resource, nodes = self.resources[name], self.schema.resources[name].nodes
        state: Object | None = None
        try:
            operation = self._operation(name, plan, "create")
            operation.check("its turn")
            found = await self._make(name, plan, config, operation)
            state = planning.settle(nodes, plan, {}) | found
            identity = state
            await resource.complete(identity, plan)
            actual = await operation.until(
                lambda: resource.appeared(identity, plan), f"{_label(name, state)} to be visible"
            )
            return planning.settle(nodes, plan, actual), []
        except Exception as error:
            partial = None if state is None else conform(nodes, state)
            return partial, _messages(error, f"Cannot create {_label(name, plan)}")

    async def _make(self, name: str, plan: Object, config: Object, operation: Operation) -> Object:
        """Create it, or make what a killed run left as planned.

        Raises JujuAlreadyExists if what is there cannot become that.
        """
        resource, nodes = self.resources[name], self.schema.resources[name].nodes
        try:
            return await resource.create(plan, config)
        except JujuAlreadyExists:
            found = await resource.existing(plan) if self.session.adopts else None
            actual = await resource.read(planning.settle(nodes, plan, {}) | found) if found else None
            if found is None or actual is None:
                raise
            wanted = planning.settle(nodes, plan, actual)
            if planning.replacements(nodes, wanted, actual, config):
                raise
            await resource.update(actual, wanted, config, operation)
            return found

    async def _update(
        self, name: str, prior: Object, plan: Object, config: Object
    ) -> tuple[Object | None, list[Any]]:
        """A failed update answers what is really there, so that the next plan finishes it."""
        resource, nodes = self.resources[name], self.schema.resources[name].nodes
        try:
            operation = self._operation(name, plan, "update")
            operation.check("its turn")
            await resource.update(prior, plan, config, operation)
            identity = planning.settle(nodes, plan, prior)
            actual = await operation.until(
                lambda: resource.appeared(identity, plan),
                f"the change of {_label(name, prior)} to be visible",
            )
            return planning.settle(nodes, plan, actual), []
        except Exception as error:
            messages = _messages(error, f"Cannot change {_label(name, prior)}")
            try:
                return conform(nodes, await resource.read(prior) or prior), messages
            except Exception:
                return prior, messages

    async def _delete(self, name: str, prior: Object) -> tuple[Object | None, list[Any]]:
        resource = self.resources[name]

        async def gone() -> bool | None:
            self.session.forget(str(prior.get("model_uuid")))
            return True if await resource.read(prior) is None else None

        try:
            operation = self._operation(name, prior, "delete")
            operation.check("its turn")
            await resource.delete(prior)
            await operation.until(gone, f"{_label(name, prior)} to be gone", lambda: resource.obstacle(prior))
            return None, []
        except Exception as error:
            messages = _messages(error, f"Cannot delete {_label(name, prior)}")
            if self._skip_failed_deletion:
                return None, [{**message, "severity": 2} for message in messages]
            return prior, messages

    async def _ImportResourceState(self, request: Request) -> Response:
        name, id = request["type_name"], request.get("id", "")
        nodes = self.schema.resources[name].nodes
        identity = await self.resources[name].locate(id)
        found = await self.resources[name].read(conform(nodes, identity))
        if found is None:
            problem = Diagnostic("Cannot import non-existent remote object", f"There is no {name} {id!r}.")
            return {"diagnostics": [problem.message()]}
        return {"imported_resources": [{"type_name": name, "state": dump(conform(nodes, found))}]}

    async def _ReadDataSource(self, request: Request) -> Response:
        name, config = request["type_name"], load(request["config"])
        found = await DATA_SOURCES[name](self.session, config)
        return {"state": dump(conform(self.schema.data_sources[name].nodes, found))}

    def _operation(self, name: str, values: Object, kind: str) -> Operation:
        text = (values.get("timeouts") or {}).get(kind)
        limit = seconds(text) if text else DEFAULT_LIMIT
        return Operation(self.stopping, limit, lambda line: self._on_progress(_label(name, values), line))


def _messages(error: Exception, summary: str) -> list[dict[str, Any]]:
    if isinstance(error, ProviderError):
        return [item.message() for item in error.diagnostics]
    if isinstance(error, SunbeamError):
        return [from_error(error, summary).message()]
    log.exception("%s: a bug of the provider", summary)
    bug = Diagnostic(summary, f"This is a bug of the provider: {type(error).__name__}: {error}")
    return [bug.message()]


def _label(name: str, values: Object) -> str:
    for key in ("name", "application_name", "id", "machine_id"):
        value = values.get(key)
        if value is not UNKNOWN and value:
            return f"{name} {value}"
    return name
