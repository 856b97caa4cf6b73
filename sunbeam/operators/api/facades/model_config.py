"""ModelConfig: configuration and constraints of a model."""

from __future__ import annotations

from typing import Any

from sunbeam.core.proxy import Proxy
from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json, Params
from sunbeam.operators.operations.models import effective_config, set_config, unset_config


class SetParams(Params):
    config: dict[str, Any]


class UnsetParams(Params):
    keys: list[str]


class ConstraintsParams(Params):
    application: str = ""
    constraints: dict[str, Any] = {}


@method("ModelConfig.ModelGet", "read")
def model_get(call: Call) -> Json:
    node = Proxy.kept(call.services.paths) or Proxy()
    config = effective_config(call.model, f"https://{call.controller.endpoints[0]}", node.model_config)
    return {"config": {key: {"value": value, "source": source} for key, (value, source) in config.items()}}


@method("ModelConfig.ModelSet", "admin")
def model_set(call: Call, params: SetParams) -> Json:
    with call.store.transaction() as tx:
        set_config(tx, call.model, params.config)
    return {}


@method("ModelConfig.ModelUnset", "admin")
def model_unset(call: Call, params: UnsetParams) -> Json:
    with call.store.transaction() as tx:
        unset_config(tx, call.model, params.keys)
    return {}


@method("ModelConfig.GetModelConstraints", "read")
def get_model_constraints(call: Call) -> Json:
    return {"constraints": call.model.constraints}


@method("ModelConfig.SetModelConstraints", "write")
def set_model_constraints(call: Call, params: ConstraintsParams) -> Json:
    model = call.model
    with call.store.transaction() as tx:
        model.constraints = {k: v for k, v in params.constraints.items() if v not in (None, "", [])}
        tx.put(model)
    return {}


@method("ModelConfig.Sequences", "read")
def sequences(call: Call) -> Json:
    return {"sequences": call.model.sequences}


@method("ModelConfig.SLALevel", "read")
def sla_level(call: Call) -> Json:
    return {"result": "unsupported"}
