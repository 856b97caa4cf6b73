#!/usr/bin/env python3
import ops
from counting import CountingCharm  # type: ignore[import-not-found]


class Greeter(CountingCharm):  # type: ignore[misc]
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on["greeting"].relation_created, self._greet)
        framework.observe(self.on.collect_unit_status, self._status)

    def _greet(self, event: ops.RelationCreatedEvent) -> None:
        event.relation.data[self.app]["greeting"] = "hello"

    def _status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus(self.installed))


if __name__ == "__main__":
    ops.main(Greeter, use_juju_for_storage=True)
