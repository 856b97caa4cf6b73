"""Copies installed pure-Python distributions, so that a charm has its libraries without a network."""

from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from sunbeam.core.errors import SunbeamError

_COMPILED = (".so", ".pyd", ".dylib")
_GOOD_WITHOUT_COMPILED = {"pyyaml", "markupsafe"}
_LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def distribution_files(requirements: Path) -> Iterator[tuple[str, bytes]]:
    """Relative names and contents of the files of what a requirements.txt names, and of what that needs.

    Raises SunbeamError when one is not installed, has another version or needs compiled modules.
    """
    for found in _closure(_read(requirements), requirements):
        yield from _files(found, requirements)


def _read(requirements: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    try:
        return [Requirement(line) for line in lines if line]
    except InvalidRequirement as error:
        raise _cannot_vendor(requirements, str(error)) from error


def _closure(wanted: list[Requirement], requirements: Path) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    pending = [requirement for requirement in wanted if _applies(requirement, frozenset())]
    while pending:
        requirement = pending.pop(0)
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        installed = _installed(requirement, requirements)
        found[name] = installed
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        needed = [Requirement(line) for line in installed.requires or ()]
        pending += [requirement for requirement in needed if _applies(requirement, extras)]
    return [found[name] for name in sorted(found)]


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _installed(requirement: Requirement, requirements: Path) -> Distribution:
    try:
        installed = distribution(requirement.name)
    except PackageNotFoundError as error:
        raise _cannot_vendor(requirements, f"{requirement.name} is not installed beside Sunbeam") from error
    if not requirement.specifier.contains(installed.version, prereleases=True):
        raise _cannot_vendor(requirements, f"{requirement} is wanted, {installed.version} is installed")
    return installed


def _files(installed: Distribution, requirements: Path) -> Iterator[tuple[str, bytes]]:
    name = canonicalize_name(installed.metadata["Name"])
    for file in installed.files or ():
        if file.suffix in _COMPILED and name not in _GOOD_WITHOUT_COMPILED:
            raise _cannot_vendor(requirements, f"{name} has compiled modules, which are for one Python only")
        inside = file.parts[0] not in ("..", "/") and "__pycache__" not in file.parts
        path = Path(str(installed.locate_file(file)))
        if (
            inside
            and file.suffix not in (*_COMPILED, ".pyc")
            and file.name not in _LEFT_OUT
            and path.is_file()
        ):
            yield file.as_posix(), path.read_bytes()


def _cannot_vendor(requirements: Path, why: str) -> SunbeamError:
    return SunbeamError(
        "A charm's libraries cannot be copied into it.",
        where=str(requirements),
        why=why,
        next_command="pip install -r requirements.txt beside Sunbeam, then repeat",
        id="charm-libraries-missing",
    )
