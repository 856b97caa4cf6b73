"""A ``$JUJU_DATA`` folder, with which any juju client or libjuju logs in by the controller's name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sunbeam.core.snapshot import replace_file
from sunbeam.operators.entities import Model
from sunbeam.operators.operations.controller import ADMIN, CONTROLLER_MODEL, JUJU_VERSION, Controller


def write_juju_data(
    folder: Path, controller: Controller, models: Iterable[Model], password: str, user: str = ADMIN
) -> None:
    """Write controllers, accounts, models, an empty cookie jar and an SSH key.

    Files are readable by their owner only; an existing key and cookie jar are kept.  Other controllers a
    person added to the folder stay.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = controller.name
    _merge(folder / "controllers.yaml", name, _controller(controller), current=name)
    _merge(
        folder / "accounts.yaml", name, {"user": user, "password": password, "last-known-access": "superuser"}
    )
    _merge(folder / "models.yaml", name, _models(models))
    cookies = folder / "cookies" / f"{name}.json"
    if not cookies.exists():
        _write(cookies, "[]\n")
    _ensure_ssh_key(folder / "ssh" / "juju_id_rsa")


def _controller(controller: Controller) -> dict[str, Any]:
    return {
        "uuid": controller.uuid,
        "api-endpoints": list(controller.endpoints),
        "ca-cert": controller.ca_certificate,
        "cloud": "sunbeam",
        "region": "default",
        "type": "kubernetes",
        "agent-version": JUJU_VERSION,
        "controller-machine-count": 0,
        "active-controller-machine-count": 0,
    }


def _models(models: Iterable[Model]) -> dict[str, Any]:
    named = {
        f"{model.owner}/{model.name}": {
            "uuid": model.model_uuid,
            "type": "caas" if model.type == "kubernetes" else "iaas",
        }
        for model in models
    }
    others = [name for name in named if name.partition("/")[2] != CONTROLLER_MODEL]
    current = {"current-model": others[0]} if others else {}
    return {"models": named, **current}


def _merge(path: Path, name: str, entry: dict[str, Any], current: str = "") -> None:
    document = (yaml.safe_load(path.read_text("utf-8")) if path.exists() else None) or {}
    document.setdefault("controllers", {})[name] = entry
    if current:
        document.setdefault("current-controller", current)
    _write(path, yaml.safe_dump(document, sort_keys=False))


def _ensure_ssh_key(path: Path) -> None:
    public = path.with_suffix(".pub")
    if path.exists() and public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    _write(path, pem.decode())
    _write(public, f"{line.decode()} sunbeam\n")


def _write(path: Path, text: str) -> None:
    """Replace ``path`` in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(path, text.encode(), 0o600)
