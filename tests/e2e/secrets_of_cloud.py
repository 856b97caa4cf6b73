"""Every secret of the cloud on this machine, read anew from where each is kept."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator

import yaml

from sunbeam.core.paths import Paths
from sunbeam.operators.sealing import SecretSealer

PUBLIC = {"username", "common-name", "names", "certificate", "certificate-signing-request"}


def secrets_of_cloud(paths: Paths) -> list[tuple[str, str]]:
    """(where it is from, value); of keys each line, and of all how base64 writes them."""
    found = []
    for kind, value in _values(paths):
        lines = [line for line in value.splitlines() if "-----" not in line and len(line) >= 4]
        found += [(kind, line) for line in lines]
        found.append((kind, base64.b64encode(value.encode()).decode()))
    return found


def _values(paths: Paths) -> Iterator[tuple[str, str]]:
    clouds = yaml.safe_load((paths.etc / "clouds.yaml").read_text())["clouds"]
    for name, cloud in clouds.items():
        yield f"password of {name}", cloud["auth"]["password"]
    for file in (
        *paths.certificates.glob("*.key"),
        paths.etc / "demo.key",
        paths.state / "secrets/admin-password",
    ):
        if file.exists():
            yield file.name, file.read_text().strip()
    sealer = SecretSealer((paths.state / "secrets/sealing.key").read_bytes())
    database = sqlite3.connect(f"file:{paths.engine / 'engine.db'}?mode=ro", uri=True)
    rows = database.execute("SELECT model_uuid, id, body FROM entity WHERE kind = 'secret'").fetchall()
    database.close()
    for model, id, body in rows:
        for revision in json.loads(sealer.open("secret", model, id, body))["revisions"].values():
            for key, value in revision["content"].items():
                if key not in PUBLIC:
                    yield f"secret {id} {key}", base64.b64decode(value).decode()
