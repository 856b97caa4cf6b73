"""The one seam through which a change touches the cloud's own APIs: dry run, record and timing.

A change calls the SDK as ever.  Methods that read are passed on.  Those that change something are listed with
the host's mutations and, in a dry run, not called: what they would have made is ``Foreseen``, and whatever is
asked about that is empty.  What they would have deleted is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sunbeam.core.host import Host

VERBS = ("add", "assign", "create", "delete", "remove", "update")
SERVICES = ("compute", "identity", "image", "network")
NOUNS = {"ip": "floating address", "keypair": "SSH key", "quota set": "quotas of project"}
"""What people call otherwise than the SDK's methods do."""


class Foreseen(str):
    """The name of an object that a dry run has not made; it stands for its id as well."""

    __slots__ = ()

    @property
    def id(self) -> Foreseen:
        return self

    @property
    def name(self) -> Foreseen:
        return self


class CloudSeam:
    """Quacks as an ``openstack.connection.Connection`` or as one of its services.

    ``project`` is the current project if that is foreseen only; the connection then is the administrator's.
    """

    def __init__(self, real: Any, host: Host, project: Foreseen | None = None) -> None:
        self._real = real
        self._host = host
        self._project = project

    def __getattr__(self, name: str) -> Any:
        if name.startswith("current_project") and self._project is not None:
            return self._project
        found = getattr(self._real, name)
        if name in SERVICES:
            return CloudSeam(found, self._host)
        return self._method(name, found) if callable(found) else found

    def _method(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        verb, _, words = name.partition("_")
        noun = words.replace("_", " ")
        noun = NOUNS.get(noun, noun)
        if verb in VERBS:
            return lambda *args, **details: self._change(f"{verb} {noun}", real, args, details)
        if not self._host.dry_run:
            return real
        if verb == "find":
            return lambda *args, **details: self._find(noun, real, args, details)
        return lambda *args, **details: self._listed(name, real, args, details)

    def _change(self, verb: str, real: Callable[..., Any], args: tuple[Any, ...], details: Any) -> Any:
        target = _target(args, details)
        with self._host.mutation(verb, target, "cloud") as really:
            return real(*args, **details) if really else Foreseen(target)

    def _find(self, noun: str, real: Callable[..., Any], args: tuple[Any, ...], details: Any) -> Any:
        """What is listed to be made counts as made; what must exist of something foreseen comes with it."""
        if args[0] in self._would("create", noun):
            return Foreseen(args[0])
        if args[0] in self._would("delete", noun):
            return None
        if _foreseen(args, details) and not details.get("ignore_missing", True):
            return Foreseen(args[0])
        return None if _foreseen(args, details) else real(*args, **details)

    def _listed(self, name: str, real: Callable[..., Any], args: tuple[Any, ...], details: Any) -> Any:
        """Of a listing, such as ``networks``, without what would be deleted by then."""
        if _foreseen(args, details):
            return ()
        found, noun = real(*args, **details), name.removesuffix("s").replace("_", " ")
        gone = self._would("delete", NOUNS.get(noun, noun))
        return [each for each in found if each.name not in gone] if gone else found

    def _would(self, verb: str, noun: str) -> set[str]:
        """The names of things of a kind that are listed to be made or deleted."""
        return {each.target for each in self._host.performed if each.verb == f"{verb} {noun}"}


def _foreseen(args: tuple[Any, ...], details: Mapping[str, Any]) -> bool:
    return any(isinstance(each, Foreseen) for each in (*args, *details.values()))


def _target(args: tuple[Any, ...], details: Mapping[str, Any]) -> str:
    """The names of what is given, or what tells a thing without a name from its like."""
    if "protocol" in details:
        return " ".join(str(details[key]) for key in ("protocol", "port_range_min") if key in details)
    given = (*args, *(details[key] for key in ("name", "description") if key in details))
    names = [each if isinstance(each, str) else getattr(each, "name", None) or each.id for each in given]
    return ", ".join(dict.fromkeys(names))
