"""A model with two related applications, and hooks of their units without any process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Endpoint,
    Model,
    Relation,
    SeenRelation,
    Unit,
)
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.hooks import Hook
from sunbeam.operators.store import Store
from sunbeam.operators.tools import TOOLS

MODEL = "11111111-2222-3333-4444-555555555555"


@dataclass
class FixedClock:
    """A clock that tests move by hand."""

    moment: datetime = datetime(2025, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    async def wait(self, event: asyncio.Event, until: datetime | None) -> None:
        await event.wait()

    def advance(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


class HookWorld:
    """``mariadb`` (two units, leader mariadb/0) provides ``database`` to ``glance`` (one unit)."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock()
        self.folders = EngineFolders(Paths(folder))
        self.store = Store.open(folder / "engine.db", bytes(32))
        ends = [
            Endpoint(application="mariadb", name="database", role="provider", interface="mysql_client"),
            Endpoint(application="glance", name="database", role="requirer", interface="mysql_client"),
        ]
        peer = Endpoint(application="mariadb", name="peers", role="peer", interface="mariadb-peer")
        units = ["mariadb/0", "mariadb/1", "glance/0"]
        seen = {"mariadb": ["0", "1"], "glance": ["0"]}
        with self.store.transaction() as tx:
            tx.put(Model(model_uuid=MODEL, name="openstack"))
            tx.put(Relation(model_uuid=MODEL, number=0, endpoints=ends, in_scope=units))
            tx.put(Relation(model_uuid=MODEL, number=1, endpoints=[peer], in_scope=units[:2]))
            for name in ("mariadb", "glance"):
                tx.put(self._charm(name))
                url = f"local:{name}-0"
                tx.put(Application(model_uuid=MODEL, name=name, charm_url=url, leader=f"{name}/0"))
            for name in units:
                application = name.partition("/")[0]
                unit = Unit(model_uuid=MODEL, name=name, application=application, address="10.20.30.4")
                unit.seen.installed = True
                unit.seen.relations = {number: SeenRelation() for number in seen[application]}
                tx.put(unit)

    def unit(self, name: str) -> Unit:
        unit = self.store.get(Unit, MODEL, name)
        assert unit is not None
        return unit

    def relation(self, number: int = 0) -> Relation:
        relation = self.store.get(Relation, MODEL, str(number))
        assert relation is not None
        return relation

    def hook(self, unit_name: str, kind: str = "config-changed", **fields: Any) -> RunningHook:
        unit = self.unit(unit_name)
        model = self.store.get(Model, MODEL, MODEL)
        application = self.store.get(Application, MODEL, unit.application)
        charm = self.store.get(Charm, MODEL, f"local:{unit.application}-0")
        assert model and application and charm
        hook = Hook.model_validate({"kind": kind, **fields})
        return RunningHook(
            HookContext(self.store, self.clock, self.folders, model, application, charm, unit, hook)
        )

    def action(self, unit_name: str, **parameters: Any) -> RunningHook:
        action = Action(model_uuid=MODEL, number=1, operation=1, unit=unit_name, name="backup")
        action.parameters = parameters
        with self.store.transaction() as tx:
            tx.put(action)
        return self.hook(unit_name, "action", action="1")

    def _charm(self, name: str) -> Charm:
        return Charm(
            model_uuid=MODEL,
            url=f"local:{name}-0",
            name=name,
            revision=0,
            sha256="",
            path="/charm",
            metadata={
                "provides": {"database": {"interface": "mysql_client"}},
                "storage": {"data": {"type": "filesystem"}, "extra": {"multiple": {"range": "0-2"}}},
            },
            config={
                "debug": {"type": "boolean", "default": False},
                "region": {"type": "string", "default": "RegionOne"},
                "unset": {"type": "string"},
            },
            actions={"backup": {"params": {"where": {"type": "string", "default": "/backup"}}}},
        )


class RunningHook:
    """Calls tools as a charm would; ``succeed`` commits, letting it go is a hook that failed."""

    def __init__(self, context: HookContext) -> None:
        self.context = context

    def call(self, line: str, *more: str, stdin: str | None = None) -> str:
        tool, *arguments = line.split()
        return TOOLS[tool](self.context, [*arguments, *more], stdin)

    def succeed(self) -> None:
        with self.context.store.transaction() as tx:
            self.context.commit(tx)
            tx.put(self.context.unit)
