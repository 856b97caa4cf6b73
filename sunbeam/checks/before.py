"""What is checked before which change, and why no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sunbeam.checks import mirrors
from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Check
from sunbeam.checks.storage import volumes

ALWAYS = tuple(check for check in CHECKS if not check.once)
"""They ask nobody outside and take a fraction of a second together."""
STORAGE = tuple(check for check in CHECKS if check.look is volumes)
OUTSIDE = tuple(check for check in CHECKS if check.id in ("date", "clock", "dns", "proxy", "mirrors"))
NEW_PROXY = Check("proxy", "the new proxy", mirrors.new_proxies, mirrors.new_proxy)
FIRST_BOOTSTRAP = "first cluster bootstrap"


@dataclass(frozen=True)
class Before:
    """``why`` these checks and no others, for a person."""

    checks: tuple[Check[Any], ...]
    why: str


BEFORE: dict[str, Before] = {
    FIRST_BOOTSTRAP: Before(CHECKS, "the machine is not known yet"),
    "cluster bootstrap": Before(ALWAYS, "the rest was checked when the cloud was made"),
    "cluster start": Before(ALWAYS, "nothing is fetched, so it must work offline"),
    "configure": Before(ALWAYS, "the guest image is on this machine; it must work offline"),
    "launch": Before(ALWAYS, "nothing is fetched, so it must work offline"),
    "image build": Before(
        (*STORAGE, *OUTSIDE),
        "packages are fetched, unless all images are current; then none of these is made",
    ),
    "image import": Before(STORAGE, "images come from a file of this machine"),
    "proxy set": Before((NEW_PROXY,), "a proxy that nobody answers at must not come into use"),
    "proxy clear": Before((), "it is the way out when a proxy is dead"),
    "fix": Before((), "it deals with what checks have found"),
    "cluster stop": Before((), "whatever is wrong with a machine, its cloud can be stopped"),
    "cluster destroy": Before((), "whatever is wrong with a machine, its cloud can be removed"),
    "undo": Before((), "whatever is wrong with a machine, a change of it can be taken back"),
}
"""By the kind of the change."""
