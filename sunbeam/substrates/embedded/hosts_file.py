"""The one hosts file that every pod and machine sees as /etc/hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sunbeam.substrates.embedded.directory import Entry

LOCAL = ("127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback")


def render(entries: Iterable[Entry]) -> str:
    """Names as Kubernetes gives them to Juju's pods; an application's own name is that of its first unit."""
    lines = list(LOCAL)
    served: set[tuple[str, str]] = set()
    for entry in sorted(entries, key=_natural):
        if entry.hostname:
            lines.append(f"{entry.address} {entry.hostname}")
            continue
        application, _, number = entry.unit.rpartition("/")
        domain = f"{entry.model}.svc.cluster.local"
        names = [f"{application}-{number}.{application}-endpoints.{domain}", f"{application}-{number}"]
        if (entry.model, application) not in served:
            served.add((entry.model, application))
            names += [f"{application}.{domain}", f"{application}-endpoints.{domain}"]
        lines.append(" ".join([entry.address, *names]))
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the content and keep the inode, since containers have this very file mounted.

    It grows or shrinks in one write, so that a reader never sees an empty file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text("utf-8") == text:
        return
    with path.open("r+" if path.exists() else "w", encoding="utf-8") as file:
        file.write(text)
        file.truncate()


def _natural(entry: Entry) -> list[str | int]:
    """Sorts web/10 behind web/9."""
    words = re.split(r"(\d+)", f"{entry.model} {entry.unit or entry.hostname}")
    return [int(word) if word.isdecimal() else word for word in words]
