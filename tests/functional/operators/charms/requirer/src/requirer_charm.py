#!/usr/bin/env python3
import ops


class Requirer(ops.CharmBase):
    _stored = ops.StoredState()  # type: ignore[no-untyped-call]

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._stored.set_default(changes=0)
        framework.observe(self.on.db_relation_changed, self._count)
        framework.observe(self.on.secret_changed, self._refresh)
        framework.observe(self.on.collect_unit_status, self._status)

    def _count(self, event: ops.RelationEvent) -> None:
        self._stored.changes += 1

    def _refresh(self, event: ops.SecretChangedEvent) -> None:
        event.secret.get_content(refresh=True)

    def _status(self, event: ops.CollectStatusEvent) -> None:
        relation = self.model.get_relation("db")
        if relation is None:
            event.add_status(ops.BlockedStatus("needs db"))
            return
        greetings = sorted(relation.data[unit].get("greeting", "") for unit in relation.units)
        secret = relation.app and relation.data[relation.app].get("secret")
        if not greetings or not secret:
            event.add_status(ops.WaitingStatus("waiting for data"))
            return
        password = self.model.get_secret(id=secret).get_content()["password"]
        event.add_status(ops.ActiveStatus(f"{','.join(greetings)} password={password}"))


if __name__ == "__main__":
    ops.main(Requirer)
