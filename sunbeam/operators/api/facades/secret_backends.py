"""SecretBackends: secrets are kept by the controller itself."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json
from sunbeam.operators.entities import Secret


@method("SecretBackends.ListSecretBackends", "superuser")
def list_secret_backends(call: Call) -> Json:
    internal = {"name": "internal", "backend-type": "controller", "config": {}}
    count = len(call.store.all(Secret))
    return {
        "results": [
            {
                "id": call.controller.uuid,
                "status": "active",
                "num-secrets": count,
                "result": internal,
            }
        ]
    }
