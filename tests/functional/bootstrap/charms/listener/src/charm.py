#!/usr/bin/env python3
import ops
from counting import CountingCharm  # type: ignore[import-not-found]


class Listener(CountingCharm):  # type: ignore[misc]
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on["greeting"].relation_changed, self._hear)
        framework.observe(self.on.collect_unit_status, self._status)

    def _hear(self, _: ops.RelationChangedEvent) -> None:
        """A change is shown by the status."""

    def _status(self, event: ops.CollectStatusEvent) -> None:
        relation = self.model.get_relation("greeting")
        heard = relation.data[relation.app].get("greeting") if relation and relation.app else None
        event.add_status(ops.ActiveStatus(self.installed) if heard else ops.WaitingStatus("no greeting yet"))


if __name__ == "__main__":
    ops.main(Listener, use_juju_for_storage=True)
