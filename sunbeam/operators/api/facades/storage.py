"""Storage: the instances units have, and the pools they come from."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.storage import storage_details
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, storage_in
from sunbeam.operators.entities import Storage
from sunbeam.operators.operations.errors import NotFound

POOLS = ({"name": "rootfs", "provider": "rootfs", "attrs": {}},)
"""Storage is a folder on the host that outlives its unit's pod."""


class FiltersParams(Params):
    filters: list[dict[str, Any]] = [{}]


@method("Storage.ListStorageDetails", "read")
def list_storage_details(call: Call, params: FiltersParams) -> Json:
    shown = [storage_details(call.view, storage) for storage in call.view.all(Storage)]
    return each(params.filters or [{}], lambda item: {"result": shown})


@method("Storage.StorageDetails", "read")
def details(call: Call, params: Entities) -> Json:
    return each(params.entities, lambda entity: {"result": storage_details(call.view, _find(call, entity))})


@method("Storage.ListPools", "read")
def list_pools(call: Call, params: FiltersParams) -> Json:
    return each(params.filters or [{}], lambda item: {"storage-pools": list(POOLS)})


@method("Storage.ListFilesystems", "read")
def list_filesystems(call: Call, params: FiltersParams) -> Json:
    return each(params.filters or [{}], lambda item: {"result": []})


@method("Storage.ListVolumes", "read")
def list_volumes(call: Call, params: FiltersParams) -> Json:
    return each(params.filters or [{}], lambda item: {"result": []})


def _find(call: Call, entity: Entity) -> Storage:
    tag = storage_in(entity.tag)
    storage = call.view.find(Storage, tag)
    if storage is None:
        raise NotFound(f'storage "{tag}" not found')
    return storage
