"""Storage instances of units: made from what the charm declares, backed by folders on this host."""

from __future__ import annotations

import shutil
from pathlib import Path

from sunbeam.operators.charm_metadata import StorageDeclaration, storages
from sunbeam.operators.entities import Application, Charm, Model, Storage, Unit
from sunbeam.operators.store import Store, Transaction


def provision(store: Store, tx: Transaction, unit: Unit, charm: Charm, folder: Path) -> None:
    """Give ``unit`` the instances its charm needs and it lacks; ``folder`` is the model's storage folder.

    A unit that returns under the name it had finds its detached instances again, as with a StatefulSet.
    """
    application = store.get(Application, unit.model_uuid, unit.application)
    directives = application.storage_directives if application else {}
    for declared in storages(charm):
        wanted = max(declared.minimum, int(directives.get(declared.name, {}).get("count", 0)))
        present = [tag for tag in unit.storage if tag.partition("/")[0] == declared.name]
        for _ in range(wanted - len(present)):
            add(store, tx, unit, declared, folder)


def add(store: Store, tx: Transaction, unit: Unit, declared: StorageDeclaration, folder: Path) -> None:
    """Attach one more instance of ``declared`` to ``unit``."""
    storage = _detached(store, unit, declared) or _new(store, tx, unit, declared, folder)
    Path(storage.location).mkdir(parents=True, exist_ok=True)
    storage.unit = unit.name
    unit.storage.append(storage.tag)
    tx.put(storage, unit)


def detach(store: Store, tx: Transaction, unit: Unit) -> list[Storage]:
    """Take all storage from a dead unit; returns the instances whose folders are to be removed."""
    doomed = []
    for tag in unit.storage:
        storage = store.get(Storage, unit.model_uuid, tag)
        if storage is not None and storage.life != "alive":
            tx.delete(storage)
            doomed.append(storage)
    return doomed


def remove_folder(storage: Storage) -> None:
    shutil.rmtree(storage.location, ignore_errors=True)


def _detached(store: Store, unit: Unit, declared: StorageDeclaration) -> Storage | None:
    """An instance this unit name had before: it names the unit, but no such unit lists it."""
    return next(
        (
            storage
            for storage in store.all(Storage, unit.model_uuid)
            if storage.unit == unit.name
            and storage.tag.partition("/")[0] == declared.name
            and storage.tag not in unit.storage
            and storage.life == "alive"
        ),
        None,
    )


def _new(store: Store, tx: Transaction, unit: Unit, declared: StorageDeclaration, folder: Path) -> Storage:
    model = store.get(Model, unit.model_uuid, unit.model_uuid)
    assert model is not None
    tag = f"{declared.name}/{model.next('storage')}"
    tx.put(model)
    return Storage(
        model_uuid=unit.model_uuid,
        tag=tag,
        unit=unit.name,
        location=str(folder / tag.replace("/", "-")),
        mount=declared.location,
    )
