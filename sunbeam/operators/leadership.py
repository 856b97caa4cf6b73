"""One leader per application: it stays until it is gone, then the lowest living unit follows."""

from __future__ import annotations

from sunbeam.operators.entities import Application, Unit
from sunbeam.operators.store import Store, Transaction


def elect(store: Store, tx: Transaction, application: Application) -> None:
    """Give ``application`` a leader if it has none; with no living unit left the old name is cleared."""
    units = [unit for unit in store.all(Unit, application.model_uuid) if unit.application == application.name]
    if any(unit.name == application.leader and unit.life != "dead" for unit in units):
        return
    candidates = [unit for unit in units if unit.life == "alive"]
    leader = min(candidates, key=lambda unit: unit.number).name if candidates else ""
    if leader != application.leader:
        application.leader = leader
        tx.put(application)
