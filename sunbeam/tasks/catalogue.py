"""Every kind of change, and how one is built from what a person wanted.

Because a change can be built again from its record in the journal, it can be resumed, tried again and undone
by whoever reads that.  Modules are imported when a change of their kind is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.node import Node
from sunbeam.core.request import Request

Intent = Mapping[str, Any]


def _bootstrap(node: Node, intent: Intent) -> Change:
    from sunbeam.core.manifest.model import Manifest
    from sunbeam.tasks.bootstrap import bootstrap

    return bootstrap(node.processes, node.paths, Manifest.model_validate(intent["manifest"]))


def _start(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.bootstrap import start

    return start(node.paths)


def _stop(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.removal import stop

    return stop()


def _destroy(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.removal import destroy

    return destroy(node.paths, keep_packages=intent["keep_packages"])


def _configure(node: Node, intent: Intent) -> Change:
    from sunbeam.core.manifest.model import Manifest
    from sunbeam.tasks.demo import configure

    return configure(node.paths, Manifest.model_validate(intent["manifest"]))


def _launch(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.launch import launch

    return launch(node.paths, intent["name"], intent["image"], intent["flavor"])


def _build_images(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.images import build_images

    return build_images(node, intent["names"])


def _import_images(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.images import import_images

    return import_images(node, Path(intent["source"]))


def _proxy(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.proxy import change_proxy

    return change_proxy(node, intent["proxy"], intent["before"])


def _fix(node: Node, intent: Intent) -> Change:
    from sunbeam.tasks.fix import fix

    return fix(intent["fixes"])


@dataclass(frozen=True)
class Kind:
    """``build`` makes the change; it may raise SunbeamError for what it finds on the node.

    ``builds_on``: kinds of earlier changes that cannot be undone before this one is.  ``made_once``: a later
    change of the same title only changes what the first one made, and cannot be undone by itself.
    ``overtaken_by``: kinds whose end means that an earlier one that was cut off must not go on.  ``final``
    is why no change of this kind can be undone.  For both there is a command to type ``instead``.
    ``command`` begins one, where it is not the name of the kind.
    """

    build: Callable[[Node, Intent], Change]
    builds_on: tuple[str, ...] = ()
    made_once: bool = False
    overtaken_by: tuple[str, ...] = ()
    final: str = ""
    instead: str = ""
    command: str = ""


CLOUD = "cluster bootstrap"
UP = (CLOUD, "cluster start")
OPPOSITE = "its opposite is a command of its own"
IMAGES = "the cloud may run on these images; the next build replaces them"
PROXY = ("proxy set", "proxy clear")
KINDS: dict[str, Kind] = {
    CLOUD: Kind(_bootstrap, ("fix",), made_once=True, instead="sunbeam manifest list"),
    "cluster start": Kind(
        _start, overtaken_by=("cluster stop",), final=OPPOSITE, instead="sunbeam cluster stop"
    ),
    "cluster stop": Kind(_stop, overtaken_by=UP, final=OPPOSITE, instead="sunbeam cluster start"),
    "cluster destroy": Kind(
        _destroy, overtaken_by=UP, final="what was removed is gone", instead="sunbeam cluster bootstrap"
    ),
    "configure": Kind(_configure, (CLOUD,), made_once=True, instead="sunbeam manifest list"),
    "launch": Kind(_launch, (CLOUD, "configure"), made_once=True),
    "image build": Kind(_build_images, final=IMAGES, instead="sunbeam image build"),
    "image import": Kind(_import_images, final=IMAGES, instead="sunbeam image build"),
    "fix": Kind(_fix, overtaken_by=UP, command="sunbeam check --fix"),
    "proxy set": Kind(_proxy, (CLOUD, *PROXY)),
    "proxy clear": Kind(_proxy, (CLOUD, *PROXY)),
}


def command(kind: str) -> str:
    """What a person types to begin a change of this kind anew."""
    return KINDS[kind].command or f"sunbeam {kind}"


def build(node: Node, request: Request) -> Change:
    """The change that ``request`` asks for.

    Raises SunbeamError: for a request of another version of Sunbeam, and what the kind itself raises.
    """
    from sunbeam.cluster.settings import NodeSettings

    kind = KINDS.get(request.kind)
    if kind is None:
        raise UsageError(
            f"This Sunbeam knows no change of the kind “{request.kind}”",
            next_command="sunbeam changes",
            id="kind-unknown",
        )
    try:
        change = kind.build(node, request.intent)
    except (KeyError, ValueError) as error:
        raise SunbeamError(
            "This change was recorded by another version of Sunbeam and cannot be built again",
            where=request.kind,
            why=f"{type(error).__name__}: {error}",
            next_command=command(request.kind),
            id="request-outdated",
        ) from error
    node_name = change.node or NodeSettings.node_name(node.paths)
    return replace(change, kind=request.kind, intent=request.intent, node=node_name)
