"""Packs a charm's sources into a ``.charm`` file, as charmcraft would, but without charmcraft or network."""

import io
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sunbeam.core.errors import SunbeamError
from sunbeam.core.snapshot import take_place
from sunbeam.operators.vendoring import distribution_files

_EPOCH = (1980, 1, 1, 0, 0, 0)
_METADATA = (
    "name", "summary", "description", "containers", "resources", "storage", "requires", "provides", "peers",
    "assumes", "subordinate", "devices", "extra-bindings", "terms", "charm-user",
)  # fmt: skip
_LINKS = {
    "contact": "maintainers",
    "documentation": "docs",
    "issues": "issues",
    "source": "source",
    "website": "website",
}
_CONTENT = ("src", "lib", "templates", "icon.svg", "README.md", "LICENSE", "version")
_DISPATCH = """#!/bin/sh
JUJU_DISPATCH_PATH="${JUJU_DISPATCH_PATH:-$0}" PYTHONPATH=lib:venv exec ${PYTHON:-python3} ./src/charm.py
"""


def pack_charm(charm_folder: Path, library: Path, target: Path) -> Path:
    """Write the charm in ``charm_folder`` to the file ``target`` and return that.

    ``library`` is the folder of what all charms share; it becomes the charm's ``lib``.  The same sources give
    the same bytes.  A machine charm gets ``venv`` with the distributions of its requirements.txt,
    copied from this environment; a Kubernetes charm runs where Sunbeam's own are.  Raises SunbeamError.
    """
    charmcraft = _read_charmcraft(charm_folder)
    files: dict[str, bytes] = dict(_sources(charm_folder))
    files.update((f"lib/{name}", data) for name, data in _tree(library))
    files["metadata.yaml"] = _dump(_metadata(charmcraft))
    files["manifest.yaml"] = _dump({"bases": _bases(charmcraft)})
    if charmcraft.get("config"):
        files["config.yaml"] = _dump(charmcraft["config"])
    if charmcraft.get("actions"):
        files["actions.yaml"] = _dump(charmcraft["actions"])
    files.setdefault("dispatch", _DISPATCH.encode())
    requirements = charm_folder / "requirements.txt"
    if is_machine_charm(charmcraft) and requirements.exists():
        files.update((f"venv/{name}", data) for name, data in distribution_files(requirements))
    _write(target, files)
    return target


def is_machine_charm(charmcraft: Mapping[str, Any]) -> bool:
    """A charm that has no containers and does not ask for the Kubernetes API."""
    return not charmcraft.get("containers") and "k8s-api" not in (charmcraft.get("assumes") or ())


def _read_charmcraft(charm_folder: Path) -> dict[str, Any]:
    path = charm_folder / "charmcraft.yaml"
    try:
        charmcraft = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise _cannot_pack(charm_folder, str(error)) from error
    missing = [key for key in ("name", "summary", "description") if not (charmcraft or {}).get(key)]
    if missing:
        raise _cannot_pack(charm_folder, f"charmcraft.yaml has no {', '.join(missing)}")
    if not (charm_folder / "src/charm.py").is_file():
        raise _cannot_pack(charm_folder, "it has no src/charm.py")
    return dict(charmcraft)


def _cannot_pack(charm_folder: Path, why: str) -> SunbeamError:
    return SunbeamError(
        "The charm cannot be packed.", where=str(charm_folder), why=why, id="charm-not-packed"
    )


def _metadata(charmcraft: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: charmcraft[key] for key in _METADATA if key in charmcraft}
    if "title" in charmcraft:
        metadata["display-name"] = charmcraft["title"]
    for link, key in _LINKS.items():
        if link in (charmcraft.get("links") or {}):
            value = charmcraft["links"][link]
            metadata[key] = [value] if key == "maintainers" and isinstance(value, str) else value
    return metadata


def _bases(charmcraft: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bases of ``platforms``, which name them by themselves or leave it to the key ``base``."""
    bases: dict[tuple[str, str], list[str]] = {}
    for name, platform in (charmcraft.get("platforms") or {}).items():
        targets = (platform or {}).get("build-for") or (platform or {}).get("build-on") or name
        for target in [targets] if isinstance(targets, str) else targets:
            base, _, architecture = target.rpartition(":")
            system, _, channel = (base or charmcraft.get("base", "")).partition("@")
            if not channel:
                raise SunbeamError(
                    "The charm cannot be packed.",
                    where=f"platform {name!r} of charm {charmcraft['name']}",
                    why="neither the platform nor the key base says which base it is for",
                    next_command="write build-for as ubuntu@24.04:amd64",
                    id="charm-not-packed",
                )
            bases.setdefault((system, channel), []).append(architecture)
    return [
        {"name": system, "channel": channel, "architectures": sorted(set(architectures))}
        for (system, channel), architectures in bases.items()
    ]


def _sources(charm_folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in (*_CONTENT, "dispatch"):
        path = charm_folder / name
        if path.is_file():
            yield name, path.read_bytes()
        elif path.is_dir():
            yield from ((f"{name}/{inner}", data) for inner, data in _tree(path))


def _tree(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Relative names and contents of files below ``folder``, but not what Python and editors leave behind."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield relative.as_posix(), path.read_bytes()


def _dump(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode()


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            executable = name in ("dispatch", "src/charm.py")
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            zipped.writestr(entry, files[name])
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(archive.getvalue())
        os.fchmod(file.fileno(), 0o644)
    take_place(Path(temporary), target)
