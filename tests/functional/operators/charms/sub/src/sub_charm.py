#!/usr/bin/env python3
import ops


class Sub(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._status)

    def _status(self, event: ops.CollectStatusEvent) -> None:
        units = [unit.name for relation in self.model.relations["host"] for unit in relation.units]
        event.add_status(ops.ActiveStatus(f"beside {','.join(units)}"))


if __name__ == "__main__":
    ops.main(Sub)
