#!/usr/bin/env python3
import pathlib

import ops


class Workload(ops.CharmBase):
    _stored = ops.StoredState()  # type: ignore[no-untyped-call]

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._stored.set_default(events=[])
        framework.observe(self.on.web_pebble_ready, self._note)
        framework.observe(self.on.web_pebble_custom_notice, self._note)
        framework.observe(self.on.web_pebble_check_failed, self._note)
        framework.observe(self.on.web_pebble_check_recovered, self._note)
        framework.observe(self.on.collect_unit_status, self._status)

    def _note(self, event: ops.EventBase) -> None:
        self._stored.events.append(type(event).__name__)
        self.unit.set_ports(8080)

    def _status(self, event: ops.CollectStatusEvent) -> None:
        marks = sorted(path.name for path in pathlib.Path("/charm/containers/web").iterdir())
        event.add_status(ops.ActiveStatus(f"{' '.join(self._stored.events)} sees {' '.join(marks)}"))


if __name__ == "__main__":
    ops.main(Workload)
