import ops


class SinkCharm(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        for event in (
            self.on.start,
            self.on["greeting"].relation_changed,
            self.on["greeting"].relation_broken,
        ):
            framework.observe(event, self._show)

    def _show(self, event: ops.EventBase) -> None:
        relation = self.model.get_relation("greeting")
        if relation is None or relation.app is None or isinstance(event, ops.RelationBrokenEvent):
            self.unit.status = ops.BlockedStatus("no greeting")
            return
        self.unit.status = ops.ActiveStatus(f"heard {relation.data[relation.app].get('greeting', 'nothing')}")


if __name__ == "__main__":
    ops.main(SinkCharm)
