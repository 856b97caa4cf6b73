"""The one hosts file that every pod and machine sees as /etc/hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LOCAL = ("127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback")


@dataclass(frozen=True)
class NamedUnit:
    """A pod with its address."""

    model: str
    unit: str
    address: str


@dataclass(frozen=True)
class NamedMachine:
    hostname: str
    address: str


def render(units: Iterable[NamedUnit], machines: Iterable[NamedMachine] = ()) -> str:
    """Names as Kubernetes gives them to Juju's pods; an application's own name is that of its first unit."""
    lines = list(LOCAL)
    served: set[tuple[str, str]] = set()
    for each in sorted(units, key=_natural):
        application, _, number = each.unit.rpartition("/")
        domain = f"{each.model}.svc.cluster.local"
        names = [f"{application}-{number}.{application}-endpoints.{domain}", f"{application}-{number}"]
        if (each.model, application) not in served:
            served.add((each.model, application))
            names += [f"{application}.{domain}", f"{application}-endpoints.{domain}"]
        lines.append(" ".join([each.address, *names]))
    lines += [
        f"{each.address} {each.hostname}" for each in sorted(machines, key=lambda machine: machine.hostname)
    ]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the content and keep the inode, since containers have this very file mounted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text() == text:
        return
    with path.open("r+" if path.exists() else "w") as file:
        file.write(text)
        file.truncate()


def _natural(each: NamedUnit) -> list[str | int]:
    words = re.split(r"(\d+)", f"{each.model} {each.unit}")
    return [int(word) if word.isdigit() else word for word in words]
