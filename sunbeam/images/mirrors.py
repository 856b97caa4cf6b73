"""Which Debian mirror images are built from: the one this machine's own apt is set up with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SUITE = "trixie"
OWN_FILES = ("sources.list", "debian.sources")
"""Where Debian itself writes its sources."""
DEBIANS_KEYS = "/debian-archive-"
"""In the path of each file of the package debian-archive-keyring."""
DEBIANS_SUITE = re.compile(
    r"(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-updates|-security)?"
)


@dataclass(frozen=True)
class Archive:
    """One suite of an archive; ``key`` is the file that it is signed by if it must be told."""

    uri: str
    suite: str
    key: str = ""

    @property
    def folder(self) -> str:
        """The URL of the suite, with its final slash."""
        return f"{self.uri.rstrip('/')}/dists/{self.suite}/"

    @property
    def line(self) -> str:
        """As sources.list(5) has it."""
        return f"deb {f'[signed-by={self.key}] ' if self.key else ''}{self.uri} {self.suite} main"


class Entry(NamedTuple):
    """One source of apt (sources.list(5)); ``key`` is the file that it is signed by, if it names one."""

    file: str
    uri: str
    suites: list[str]
    components: list[str]
    enabled: bool = True
    key: str = ""


def apt_sources(root: Path = Path("/")) -> list[Archive]:
    """Archives of ``SUITE`` for mmdebstrap, from the Debian sources of the host.

    Where it has none of its own (Ubuntu), a disabled one names the mirror and its key: a deb822 stanza with
    ``Enabled: no``.  A Debian whose own sources are somebody's copy under another name is taken at its word.
    An empty list means that there is none of these: mmdebstrap then takes its own.
    """
    entries = list(_entries(root / "etc/apt"))
    enabled = [each for each in entries if each.enabled]

    def debian(entry: Entry, suite: str) -> bool:
        return _is_debian(entry, suite, root)

    def own(entry: Entry, suite: str) -> bool:
        return entry.file in OWN_FILES and _runs_debian(root)

    return _archives(enabled, debian) or _archives(entries, debian) or _archives(enabled, own)


def _archives(entries: Iterable[Entry], wanted: Callable[[Entry, str], bool]) -> list[Archive]:
    found: dict[Archive, None] = {}
    for entry in entries:
        key = "" if entry.enabled else entry.key
        for suite in entry.suites if "main" in entry.components else []:
            if DEBIANS_SUITE.fullmatch(suite) and wanted(entry, suite):
                names = [f"{SUITE}-security"] if suite.endswith("-security") else [SUITE, f"{SUITE}-updates"]
                found |= dict.fromkeys(Archive(entry.uri, name, key) for name in names)
    return list(found)


def _is_debian(entry: Entry, suite: str, root: Path) -> bool:
    """By what the archive says of itself; where apt never asked it, by its key or by who wrote the entry."""
    origin = _origin(entry.uri, suite, root / "var/lib/apt/lists")
    if origin is not None:
        return origin == "Debian"
    return DEBIANS_KEYS in entry.key or (entry.file in OWN_FILES and _runs_debian(root))


def _origin(uri: str, suite: str, lists: Path) -> str | None:
    """The word of the release file that apt fetched last; None if it has none."""
    address = re.sub(r"^[\w.+-]+:(//([^/@]*@)?)?", "", uri.rstrip("/"))
    quoted = re.sub(r"[\\|{}\[\]<>\"^~_=!@#$%&*]", lambda found: f"%{ord(found[0]):02x}", address)
    name = f"{quoted.replace('/', '_')}_dists_{suite}"
    for file in (lists / f"{name}_InRelease", lists / f"{name}_Release"):
        if file.is_file():
            said = re.search(r"^Origin:(.*)$", file.read_text(errors="replace"), re.MULTILINE)
            return said[1].strip() if said else ""
    return None


def _runs_debian(root: Path) -> bool:
    release = root / "etc/os-release"
    return release.is_file() and "ID=debian" in release.read_text().replace('"', "").splitlines()


def _entries(apt: Path) -> Iterator[Entry]:
    """Each deb line and deb822 stanza."""
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        for line in file.read_text().splitlines() if file.is_file() else []:
            told = line.partition("#")[0]
            words = re.sub(r"\[.*?\]", "", told).split()
            if len(words) >= 4 and words[0] == "deb":
                key = re.search(r"\[.*?\bsigned-by=([^\s\]]+)", told)
                yield Entry(file.name, words[1], [words[2]], words[3:], key=key[1] if key else "")
    for file in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            fields = dict(
                re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", _uncommented(stanza), re.MULTILINE)
            )
            if "deb" in fields.get("Types", "").split():
                enabled = fields.get("Enabled", "yes") != "no"
                suites, components = fields.get("Suites", "").split(), fields.get("Components", "").split()
                key = fields.get("Signed-By", "").strip()
                for uri in fields.get("URIs", "").split():
                    yield Entry(file.name, uri, suites, components, enabled, key)


def _uncommented(stanza: str) -> str:
    return "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
