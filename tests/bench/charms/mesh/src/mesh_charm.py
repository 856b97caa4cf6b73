#!/usr/bin/env python3
import ops


class Mesh(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on.p_relation_joined, self._publish)
        framework.observe(self.on.collect_unit_status, self._status)

    def _publish(self, event: ops.RelationEvent) -> None:
        event.relation.data[self.unit]["number"] = "1"
        if self.unit.is_leader():
            event.relation.data[self.app]["url"] = f"http://{self.app.name}"

    def _status(self, event: ops.CollectStatusEvent) -> None:
        relations = [one for endpoint in self.meta.requires for one in self.model.relations[endpoint]]
        ready = sum(bool(one.app and one.data[one.app].get("url")) for one in relations)
        message = f"{ready} of {len(relations)}"
        event.add_status(ops.ActiveStatus(message) if ready == len(relations) else ops.WaitingStatus(message))


if __name__ == "__main__":
    ops.main(Mesh)
