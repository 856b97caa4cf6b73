"""Which Debian mirror images are built from: the one this machine's own apt is set up with."""

from __future__ import annotations

import re
from pathlib import Path

SUITE = "trixie"


def apt_sources(root: Path = Path("/"), suite: str = SUITE) -> list[str]:
    """One-line apt sources of ``suite`` for mmdebstrap, from the Debian sources of the host.

    An empty list means that the host is not set up with a Debian mirror (Ubuntu): mmdebstrap then takes
    its own default.
    """
    archives: list[tuple[str, bool]] = []
    for uri, suites, components in _entries(root / "etc/apt"):
        if "main" not in components:
            continue
        security = any(name.endswith("-security") for name in suites)
        if (uri, security) not in archives and _is_debian(suites):
            archives.append((uri, security))
    lines = []
    for uri, security in archives:
        names = [f"{suite}-security"] if security else [suite, f"{suite}-updates"]
        lines += [f"deb {uri} {name} main" for name in names]
    return lines


_DEBIAN = re.compile(r"^(bookworm|trixie|forky|sid|stable|testing)(-\w+)?$")


def _is_debian(suites: list[str]) -> bool:
    return any(_DEBIAN.match(name) for name in suites)


def _entries(apt: Path) -> list[tuple[str, list[str], list[str]]]:
    """(URI, suites, components) of each enabled deb line and deb822 stanza."""
    entries = []
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        for line in file.read_text().splitlines() if file.is_file() else []:
            words = re.sub(r"\[.*?\]", "", line.partition("#")[0]).split()
            if len(words) >= 4 and words[0] == "deb":
                entries.append((words[1], [words[2]], words[3:]))
    for file in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            fields = dict(
                re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", _uncommented(stanza), re.MULTILINE)
            )
            if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
                for uri in fields.get("URIs", "").split():
                    entries.append(
                        (uri, fields.get("Suites", "").split(), fields.get("Components", "").split())
                    )
    return entries


def _uncommented(stanza: str) -> str:
    return "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
