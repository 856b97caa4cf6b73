"""Local charms: reading a packed one, uploading it and its resources."""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sunbeam.juju.errors import JujuError
from sunbeam.juju.model import Model

ARCHITECTURE = "amd64"
DEFAULT_BASE = "ubuntu@24.04"

Registries = Mapping[str, tuple[str, str]]
"""User and password by host of an image registry."""


@dataclass(frozen=True)
class LocalCharm:
    """A packed charm on disk; ``sha256`` is of the file, ``base`` such as ``ubuntu@24.04``."""

    path: Path
    sha256: str
    name: str
    base: str
    subordinate: bool
    resources: dict[str, str]

    def origin(self, base: str | None = None) -> dict[str, Any]:
        """The ``CharmOrigin`` of the API."""
        system, _, channel = (base or self.base).partition("@")
        return {
            "source": "local",
            "type": "charm",
            "id": "",
            "hash": self.sha256,
            "revision": 0,
            "risk": "",
            "track": None,
            "architecture": ARCHITECTURE,
            "base": {"name": system, "channel": channel + ("" if "/" in channel else "/stable")},
            "instance-key": "",
        }


def sha256_of(path: Path) -> str:
    """Raises JujuError when the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise JujuError(
            "cannot read the packed charm",
            where=str(path),
            why=error.strerror or str(error),
            next_command="sunbeam cluster bootstrap",
            id="charm-unreadable",
        ) from error


def read_local_charm(path: Path) -> LocalCharm:
    """Read ``metadata.yaml`` and ``manifest.yaml`` of a packed charm.  Raises JujuError."""
    digest = sha256_of(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            metadata = yaml.safe_load(archive.read("metadata.yaml"))
            manifest = yaml.safe_load(archive.read("manifest.yaml")) if "manifest.yaml" in names else {}
    except (zipfile.BadZipFile, KeyError, yaml.YAMLError) as error:
        raise JujuError(
            "this is no packed charm", where=str(path), why=str(error), id="charm-unreadable"
        ) from error
    return LocalCharm(
        path=path,
        sha256=digest,
        name=metadata["name"],
        base=_base((manifest or {}).get("bases") or []),
        subordinate=bool(metadata.get("subordinate")),
        resources={
            name: spec.get("type", "file") for name, spec in (metadata.get("resources") or {}).items()
        },
    )


async def upload_charm(model: Model, charm: LocalCharm) -> str:
    """Upload the packed charm and return its ``local:`` URL.

    The same file is sent once per model and connection, however many applications use it at a time.
    """
    url = model.charm_urls.get(charm.sha256)
    if url is None:
        url = model.charm_urls[charm.sha256] = asyncio.ensure_future(_upload_charm(model, charm))
    try:
        return await asyncio.shield(url)
    except BaseException:
        model.charm_urls.pop(charm.sha256, None)
        raise


async def _upload_charm(model: Model, charm: LocalCharm) -> str:
    body = await asyncio.to_thread(charm.path.read_bytes)
    answer = await model.upload("POST", "charms?series=", body, {"Content-Type": "application/zip"})
    return str(answer["charm-url"])


async def upload_resources(
    model: Model,
    application: str,
    charm_url: str,
    charm: LocalCharm,
    resources: Mapping[str, str],
    registries: Registries | None = None,
) -> dict[str, str]:
    """Upload what a charm needs: an OCI image's name or a file's path per resource name.

    Returns pending ids by resource name, to be named in ``Deploy`` or ``SetCharm``.
    """
    pending = {}
    for name, value in resources.items():
        kind = charm.resources.get(name)
        if kind is None:
            known = ", ".join(sorted(charm.resources)) or "none"
            raise JujuError(
                f"charm {charm.name} has no resource {name}",
                why=f"its resources are: {known}",
                id="resource-unknown",
            )
        if kind == "oci-image":
            body = oci_image_document(value, registries or {})
        else:
            body = await asyncio.to_thread(Path(value).read_bytes)
        pending[name] = await _upload_resource(model, application, charm_url, charm, name, value, body)
    return pending


async def _upload_resource(
    model: Model, application: str, charm_url: str, charm: LocalCharm, name: str, value: str, body: bytes
) -> str:
    kind = charm.resources[name]
    resource = {
        "name": name, "type": kind, "path": Path(value).name, "origin": "upload", "revision": 0,
        "description": "", "fingerprint": "", "size": len(body),
    }  # fmt: skip
    answer = await model.change(
        "Resources",
        "AddPendingResources",
        {
            "tag": f"application-{application}",
            "url": charm_url,
            "charm-origin": charm.origin(),
            "resources": [resource],
        },
    )
    pending = str(answer["pending-ids"][0])
    disposition = "multipart/form-data" if kind == "oci-image" else "form-data"
    await model.upload(
        "PUT",
        f"applications/{application}/resources/{name}?pendingid={pending}",
        body,
        {
            "Content-Type": "application/octet-stream",
            "Content-Sha384": hashlib.sha384(body).hexdigest(),
            "Content-Disposition": f'{disposition}; filename="{value}"',
        },
    )
    return pending


def oci_image_document(image: str, registries: Registries) -> bytes:
    """What Juju keeps of an ``oci-image`` resource."""
    username, password = registries.get(image.partition("/")[0], ("", ""))
    return yaml.safe_dump({"registrypath": image, "username": username, "password": password}).encode()


def _base(bases: list[dict[str, Any]]) -> str:
    if not bases:
        return DEFAULT_BASE
    return f"{bases[0]['name']}@{str(bases[0]['channel']).partition('/')[0]}"
