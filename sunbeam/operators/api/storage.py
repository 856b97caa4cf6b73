"""Storage instances as the Storage and Client facades show them."""

from __future__ import annotations

from sunbeam.operators.api.wire import Json, storage_tag, unit_tag
from sunbeam.operators.entities import Storage, Unit
from sunbeam.operators.operations.edit import ModelView

FILESYSTEM_KIND = 2


def storage_details(view: ModelView, storage: Storage) -> Json:
    """A storage without a unit is detached: it is kept for the unit that had it."""
    unit = view.find(Unit, storage.unit)
    tag = storage_tag(storage.tag)
    attachments: Json = {}
    if unit is not None:
        attachments[unit_tag(unit.name)] = {
            "storage-tag": tag,
            "unit-tag": unit_tag(unit.name),
            "machine-tag": f"machine-{unit.machine}" if unit.machine else "",
            "location": storage.mount or storage.location,
            "life": storage.life,
        }
    return {
        "storage-tag": tag,
        "owner-tag": unit_tag(storage.unit) if storage.unit else "",
        "kind": FILESYSTEM_KIND,
        "life": storage.life,
        "persistent": True,
        "status": {
            "status": "attached" if unit else "detached",
            "info": "",
            "since": view.model.created,
            "data": {},
        },
        "attachments": attachments,
    }
