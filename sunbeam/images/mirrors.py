"""Which Debian mirror images are built from: the one this machine's own apt is set up with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

SUITE = "trixie"


class Entry(NamedTuple):
    """One source of apt (sources.list(5)); ``key`` is the file that it is signed by, if it names one."""

    uri: str
    suites: list[str]
    components: list[str]
    enabled: bool = True
    key: str = ""


def apt_sources(root: Path = Path("/"), suite: str = SUITE) -> list[str]:
    """One-line apt sources of ``suite`` for mmdebstrap, from the Debian sources of the host.

    Where it has none of its own (Ubuntu), a disabled one names the mirror and its key: a deb822 stanza with
    ``Enabled: no``.  An empty list means that there is neither: mmdebstrap then takes its own default.
    """
    entries = list(_entries(root / "etc/apt"))
    return _lines((each for each in entries if each.enabled), suite) or _lines(entries, suite)


def _lines(entries: Iterable[Entry], suite: str) -> list[str]:
    archives: list[tuple[str, bool]] = []
    for entry in entries:
        uri = f"[signed-by={entry.key}] {entry.uri}" if entry.key and not entry.enabled else entry.uri
        security = any(name.endswith("-security") for name in entry.suites)
        if "main" in entry.components and (uri, security) not in archives and _is_debian(entry.suites):
            archives.append((uri, security))
    lines = []
    for uri, security in archives:
        names = [f"{suite}-security"] if security else [suite, f"{suite}-updates"]
        lines += [f"deb {uri} {name} main" for name in names]
    return lines


_DEBIAN = re.compile(r"^(bookworm|trixie|forky|sid|stable|testing)(-\w+)?$")


def _is_debian(suites: list[str]) -> bool:
    return any(_DEBIAN.match(name) for name in suites)


def _entries(apt: Path) -> Iterator[Entry]:
    """Each deb line and deb822 stanza."""
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        for line in file.read_text().splitlines() if file.is_file() else []:
            words = re.sub(r"\[.*?\]", "", line.partition("#")[0]).split()
            if len(words) >= 4 and words[0] == "deb":
                yield Entry(words[1], [words[2]], words[3:])
    for file in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            fields = dict(
                re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", _uncommented(stanza), re.MULTILINE)
            )
            if "deb" in fields.get("Types", "").split():
                enabled = fields.get("Enabled", "yes") != "no"
                suites, components = fields.get("Suites", "").split(), fields.get("Components", "").split()
                for uri in fields.get("URIs", "").split():
                    yield Entry(uri, suites, components, enabled, fields.get("Signed-By", "").strip())


def _uncommented(stanza: str) -> str:
    return "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
