"""What must not leave this machine: every secret that is known here, and what looks like one."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import yaml

from sunbeam.core.errors import SunbeamError
from sunbeam.core.manifest.references import holds_reference, resolve
from sunbeam.core.paths import Paths
from sunbeam.core.proxy import Proxy
from sunbeam.core.redaction import REPLACEMENT, Redactor
from sunbeam.terraform.module import REFERENCES

PUBLIC_KEYS = {"username", "common-name", "certificate", "certificate-signing-request", "names"}
"""Keys of Juju secrets whose values others may know."""
SECRET_NAME = re.compile(r"passw|secret|token|private|credential|hash", re.IGNORECASE)

NAME = r"passw|passphrase|(?<!by)pass(?![a-z])|secret|token|authorization|private[_-]?key|api[_-]?key"
QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
STARTS = r"(?<![^\s\"',=(\[])"
BETWEEN = r"[\"']?(?:=|[ \t]*,[ \t]*|[ \t]+)"
"""What may stand between an option and its value, on a command line or in a list."""

PATTERNS = (
    (re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL), REPLACEMENT),
    (re.compile(r"(?<=://)([^/\s:\"']*+):[^\s\"']{1,1000}@"), rf"\1:{REPLACEMENT}@"),
    (re.compile(r"\bgAAAA[\w=-]{40,}"), REPLACEMENT),
    (re.compile(r"\bscrypt\$[\w$+/=]+"), REPLACEMENT),
    (
        re.compile(rf"(?i)({STARTS}--?[\w-]{{0,100}}(?:{NAME})[\w-]*+{BETWEEN})(?:{QUOTED}|[^\s\"']+)"),
        rf"\1{REPLACEMENT}",
    ),
    (re.compile(rf"({STARTS}-p)[^\s\"',]+"), rf"\1{REPLACEMENT}"),
    (re.compile(rf"(\bsshpass{BETWEEN}[\"']?-p{BETWEEN})(?:{QUOTED}|[^\s\"']+)"), rf"\1{REPLACEMENT}"),
    (
        re.compile(
            rf"({STARTS}(?:-[uU]|--(?:proxy-)?user)(?:{BETWEEN})?[\"']?)(?!\d+:\d+\b)"
            r"([^\s:=\"']+):[^\s\"'/][^\s\"']*"
        ),
        rf"\1\2:{REPLACEMENT}",
    ),
    (
        re.compile(
            rf"(?i)((?<![\w.-])[\w.-]{{0,100}}(?:{NAME})[\w.-]*+[\"']?\s*[=:]\s*)"
            rf"({QUOTED}|(?:basic |bearer )?[^\s,;}}\"']+)"
        ),
        rf'\1"{REPLACEMENT}"',
    ),
)
"""Whole keys, passwords in URLs (up to the last ``@``: a password may hold one, and there may be several
hosts), Keystone's tokens, hashes, options of programs, and values of names that tell what they are.
Lengths are bounded so that no text takes long."""


class Secrets:
    """``complete``: all secrets of operators could be opened, so that their values are masked everywhere."""

    def __init__(self, paths: Paths) -> None:
        self._redactor = Redactor()
        self.problem = ""
        for value in _of_files(paths):
            self._add(value)
        try:
            for value in _of_operators(paths):
                self._add(value)
        except Exception as error:  # whatever is damaged, the bundle is made without what may hold them
            self.problem = f"the operators' secrets cannot be opened: {error or type(error).__name__}"

    @property
    def complete(self) -> bool:
        return not self.problem

    def mask(self, text: str) -> str:
        masked = self._redactor.redact(text)
        for pattern, replacement in PATTERNS:
            masked = pattern.sub(replacement, masked)
        return masked

    def _add(self, value: str) -> None:
        """As it is, and as URLs and base64 write it."""
        if value.isdigit() and len(value) < 8:
            return
        for form in (
            value,
            quote(value, safe=""),
            quote_plus(value),
            base64.b64encode(value.encode()).decode(),
        ):
            self._redactor.add(form)


def _of_files(paths: Paths) -> Iterator[str]:
    keys = (*paths.certificates.glob("*.key"), paths.etc / "demo.key", *(paths.state / "secrets").glob("*"))
    for file in keys:
        if content := _bytes(file):
            yield from _written(content)
    for file in (
        paths.etc / "clouds.yaml",
        paths.terraform / "backend.json",
        *paths.juju_data.glob("*.yaml"),
    ):
        if content := _bytes(file):
            try:
                yield from _named(yaml.safe_load(content))
            except yaml.YAMLError:
                continue
    with suppress(SunbeamError):
        yield from (Proxy.kept(paths) or Proxy()).secrets
    yield from _of_references(paths)
    openrc = (_bytes(paths.etc / "openrc") or b"").decode(errors="replace")
    yield from re.findall(r"^export OS_PASSWORD='?([^'\n]+)", openrc, re.MULTILINE)


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _written(content: bytes) -> Iterator[str]:
    """A key as text if it is text, else as hexadecimal and base64."""
    try:
        yield content.decode().strip()
    except UnicodeDecodeError:
        yield content.hex()
        yield base64.b64encode(content).decode()


def _named(document: Any) -> Iterator[str]:
    """Texts below names that tell that they are secrets."""
    return (text for name, text in _texts(document) if SECRET_NAME.search(name))


def _texts(document: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the name it is below."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _texts(value, str(key))
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value, name)
    elif isinstance(document, str):
        yield name, document


def _of_references(paths: Paths) -> Iterator[str]:
    """What references in options of charms stand for now."""
    for _, text in _referring(paths):
        found: list[str] = []
        with suppress(SunbeamError):  # a variable that is not set here is known from its application
            resolve(text, found.append)
        yield from found


def _referring(paths: Paths) -> Iterator[tuple[str, str]]:
    """Options of charms that refer to secrets, and how."""
    for file in paths.terraform.glob(f"*/{REFERENCES}"):
        with suppress(ValueError):
            options = _texts(json.loads(_bytes(file) or b"{}"))
            yield from ((name, text) for name, text in options if holds_reference(text))


def _of_operators(paths: Paths) -> Iterator[str]:
    from sunbeam.operators.sealing import SecretSealer

    file = paths.engine / "engine.db"
    if not file.exists():
        return
    sealer = SecretSealer((paths.state / "secrets/sealing.key").read_bytes())
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        secrets, applications = (
            database.execute("SELECT model_uuid, id, body FROM entity WHERE kind = ?", (kind,)).fetchall()
            for kind in ("secret", "application")
        )
    finally:
        database.close()
    for model, id, body in secrets:
        for revision in json.loads(sealer.open("secret", model, id, body))["revisions"].values():
            for key, value in revision["content"].items():
                if key not in PUBLIC_KEYS:
                    yield base64.b64decode(value).decode(errors="replace")
    options = {name for name, _ in _referring(paths)}
    for _, _, body in applications:
        yield from (text for name, text in _texts(json.loads(body)["config"]) if name in options)
