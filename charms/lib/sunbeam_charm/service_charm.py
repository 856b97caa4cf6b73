"""The base of a workload charm: read relations and config, compute what should run, apply it.

A charm declares its requirers in ``__init__`` and overrides ``steps``, ``workload`` and ``publish``.  Nothing
is remembered between hooks except in relation data and secrets, so any hook may be the first or the last one.
An exception fails the hook: Juju shows the traceback and tries again.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import jinja2
import ops

from . import openstack
from .relations.base import Requirer
from .workload import Step, Workload, apply, digest, package_version

R = TypeVar("R", bound=Requirer[Any])

_RECONCILED = (
    ops.StartEvent,
    ops.ConfigChangedEvent,
    ops.UpgradeCharmEvent,
    ops.LeaderElectedEvent,
    ops.UpdateStatusEvent,
    ops.PebbleReadyEvent,
    ops.RelationCreatedEvent,
    ops.RelationChangedEvent,
    ops.RelationDepartedEvent,
    ops.RelationBrokenEvent,
    ops.SecretChangedEvent,
)


class ServiceCharm(ops.CharmBase):
    """``container_name`` is empty for a charm without workload; ``package`` names its version's package."""

    container_name: ClassVar[str] = ""
    package: ClassVar[str] = ""
    ports: ClassVar[tuple[int, ...]] = ()

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.requirers: list[Requirer[Any]] = []
        for source in self.on.events().values():
            if issubclass(source.event_type, _RECONCILED):
                framework.observe(source, self._on_event)
        framework.observe(self.on.secret_remove, self._on_secret_remove)
        framework.observe(self.on.collect_unit_status, self._on_collect_status)

    # What a charm overrides.

    def steps(self) -> Iterable[Step]:
        """Steps that run once per application, in order; yield those whose inputs are known."""
        return ()

    def prepare(self) -> None:
        """Make what services need besides files; called before each applying of the workload."""

    def workload(self) -> Workload:
        """What should run; called only when every needed relation has answered and all steps are done."""
        return Workload()

    def publish(self) -> None:
        """Write this side of provided relations; called at the end of each reconcile, workload up or not."""

    def problems(self) -> Iterator[ops.StatusBase]:
        """Further reasons why the service is not active."""
        return iter(())

    # What a charm uses.

    @property
    def container(self) -> ops.Container:
        return self.unit.get_container(self.container_name)

    @property
    def host(self) -> str:
        """The name under which other applications reach this one."""
        return f"{self.app.name}.{self.model.name}.svc.cluster.local"

    @property
    def unit_host(self) -> str:
        """The name of this unit alone."""
        unit = self.unit.name.replace("/", "-")
        return f"{unit}.{self.app.name}-endpoints.{self.model.name}.svc.cluster.local"

    @property
    def address(self) -> str:
        """This unit's IP address, or nothing before it has one."""
        binding = self.model.get_binding("peers")
        address = binding.network.bind_address if binding else None
        return str(address or "")

    @property
    def peers(self) -> ops.Relation | None:
        return self.model.get_relation("peers")

    @property
    def version(self) -> str:
        """The installed version of ``package`` in the workload container."""
        return package_version(self.container, self.package)

    def requires(self, requirer: R) -> R:
        """Declare a relation this charm reads: an integrated one is awaited, a mandatory one is demanded."""
        self.requirers.append(requirer)
        return requirer

    def render(self, template: str, **context: object) -> str:
        """Render ``src/templates/TEMPLATE`` with ``context`` and the helpers of ``openstack``."""
        module = sys.modules[type(self).__module__]
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(str(module.__file__)).parent / "templates"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.globals.update(openstack.HELPERS)
        return environment.get_template(template).render(config=self.config, **context)

    @property
    def settled(self) -> bool:
        """Whether the workload can run: its container answers, relations have answered, steps are done."""
        return not any(True for _ in self._obstacles())

    # The loop.

    def _on_event(self, event: ops.EventBase) -> None:
        self.reconcile()

    def reconcile(self) -> None:
        for requirer in self.requirers:
            requirer.ask()
        if self.container_name and self.container.can_connect():
            self.unit.set_ports(*self.ports)
            self.unit.set_workload_version(self.version)
            self._run_steps()
            if self.settled:
                self.prepare()
                apply(self.container, self.workload())
        self.publish()

    def _run_steps(self) -> None:
        if self.peers is None or not self.unit.is_leader():
            return
        done = self.peers.data[self.app]
        for step in self.steps():
            if done.get(f"step-{step.name}") != (key := self._step_key(step)):
                step.run(self.container)
                done[f"step-{step.name}"] = key

    def _step_key(self, step: Step) -> str:
        return digest(self.version, step.key)

    def _obstacles(self) -> Iterator[ops.StatusBase]:
        if self.container_name and not self.container.can_connect():
            yield ops.WaitingStatus(f"Waiting for Pebble in the container {self.container_name}.")
            return
        obstacles = [requirer.obstacle() for requirer in self.requirers]
        yield from (obstacle for obstacle in obstacles if obstacle)
        if not any(obstacles):
            yield from self._undone_steps()

    def _undone_steps(self) -> Iterator[ops.StatusBase]:
        steps = list(self.steps())
        if steps and self.peers is None:
            yield ops.WaitingStatus("Waiting for the peer relation.")
        elif self.peers is not None:
            done = self.peers.data[self.app]
            for step in steps:
                if done.get(f"step-{step.name}") != self._step_key(step):
                    yield ops.WaitingStatus(f"Waiting for the leader to finish the step {step.name}.")

    def _failing_checks(self) -> Iterator[ops.StatusBase]:
        if not self.container_name or not self.container.can_connect():
            return
        for name, check in self.container.get_checks().items():
            if check.status is ops.pebble.CheckStatus.DOWN:
                yield ops.WaitingStatus(f"Waiting for the check {name} to succeed again.")

    def _on_secret_remove(self, event: ops.SecretRemoveEvent) -> None:
        """Nobody reads this revision any more."""
        event.remove_revision()  # type: ignore[no-untyped-call]

    def _on_collect_status(self, event: ops.CollectStatusEvent) -> None:
        obstacles = [*self._obstacles(), *self.problems(), *self._failing_checks()]
        for status in obstacles or [ops.ActiveStatus()]:
            event.add_status(status)
