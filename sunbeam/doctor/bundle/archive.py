"""Collecting in parallel, each collector within its own time, into one compressed file for root alone."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sunbeam.core.snapshot import open_new
from sunbeam.doctor.bundle.secrets import Secrets
from sunbeam.doctor.look import FORESEEN, Look, NotRead

PARALLEL = 4
SECONDS = 20.0


@dataclass(frozen=True)
class Collector:
    """Writes files below ``name``; ``collect`` yields (name of a file, its text).

    ``may_hold_secrets``: its files hold values that only a complete list of secrets can mask.
    """

    name: str
    title: str
    collect: Callable[[Look], AsyncIterator[tuple[str, str]]]
    seconds: float = SECONDS
    may_hold_secrets: bool = False


@dataclass(frozen=True)
class Collected:
    """What became of a collector; ``problem`` is empty if it came to its end."""

    name: str
    title: str
    files: int
    bytes: int
    seconds: float
    problem: str = ""


async def write_bundle(
    target: Path,
    look: Look,
    collectors: Sequence[Collector],
    secrets: Secrets,
    *,
    about: dict[str, str],
    report: Callable[[Collected], None] = lambda collected: None,
) -> list[Collected]:
    """Write ``target`` (mode 0600, a folder of its name in it) and return what became of each collector."""
    temporary = target.with_name(f"{target.name}.part")
    descriptor = open_new(temporary)
    try:
        with (
            os.fdopen(descriptor, "wb") as file,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=5) as archive,
        ):
            folder = target.name.partition(".")[0]

            def put(name: str, text: str) -> int:
                content = secrets.mask(text).encode(errors="replace")
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
                archive.addfile(entry, io.BytesIO(content))
                return len(content)

            collected = await _collect_all(look, collectors, secrets, put, report)
            index = {
                **about,
                "masking": secrets.problem or "complete",
                "collectors": [*map(asdict, collected)],
            }
            put("index.json", json.dumps(index, indent=1))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return collected


async def _collect_all(
    look: Look,
    collectors: Sequence[Collector],
    secrets: Secrets,
    put: Callable[[str, str], int],
    report: Callable[[Collected], None],
) -> list[Collected]:
    slots = asyncio.Semaphore(PARALLEL)

    async def one(collector: Collector) -> Collected:
        async with slots:
            collected = await _collect(collector, look, secrets, put)
        report(collected)
        return collected

    found = await asyncio.gather(*map(one, collectors))
    await look.close()
    return list(found)


async def _collect(
    collector: Collector, look: Look, secrets: Secrets, put: Callable[[str, str], int]
) -> Collected:
    began = time.monotonic()
    sizes: list[int] = []

    async def write() -> None:
        async for name, text in collector.collect(look):
            sizes.append(put(f"{collector.name}/{name}", text))

    problem = ""
    if collector.may_hold_secrets and not secrets.complete:
        problem = f"left out: {secrets.problem}"
    else:
        problem = await _problem_of(write(), collector.seconds)
    seconds = round(time.monotonic() - began, 1)
    return Collected(collector.name, collector.title, len(sizes), sum(sizes), seconds, secrets.mask(problem))


async def _problem_of(work: Awaitable[None], seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return f"cut off after {seconds:g} s"
    except (NotRead, *FORESEEN) as error:
        return " ".join(str(error).split()) or type(error).__name__
    except Exception as error:  # one collector must not keep the others from being read
        return f"{type(error).__name__}: {error}"
    return ""
