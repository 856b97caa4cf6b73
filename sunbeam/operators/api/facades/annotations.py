"""Annotations: free texts kept with models, applications, units and machines."""

from __future__ import annotations

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, unit_in, untag
from sunbeam.operators.entities import Application, Machine, Model, Unit
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import BadRequest

Annotated = Application | Machine | Model | Unit


class EntityAnnotations(Params):
    entity: str
    annotations: dict[str, str]


class SetParams(Params):
    annotations: list[EntityAnnotations]


@method("Annotations.Get", "read")
def get(call: Call, params: Entities) -> Json:
    def annotations(entity: Entity) -> Json:
        return {"entity": entity.tag, "annotations": _annotated(call.view, entity.tag).annotations}

    return each(params.entities, annotations)


@method("Annotations.Set", "write")
def set_annotations(call: Call, params: SetParams) -> Json:
    def change(item: EntityAnnotations) -> None:
        """An empty text removes an annotation."""
        with call.edit() as edit:
            entity = _annotated(edit, item.entity)
            merged = {**entity.annotations, **item.annotations}
            entity.annotations = {key: text for key, text in merged.items() if text}
            edit.put(entity)

    return each(params.annotations, change)


def _annotated(view: ModelView, tag: str) -> Annotated:
    match tag.partition("-")[0]:
        case "application":
            return view.application(untag(tag, "application"))
        case "unit":
            return view.unit(unit_in(tag))
        case "machine":
            return view.machine(untag(tag, "machine"))
        case "model":
            return view.model
    raise BadRequest(f'"{tag}" is not a valid tag')
