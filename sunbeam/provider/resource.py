"""What a resource is to the provider, and the operation in which it is changed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.provider.diagnostics import Diagnostic, Path, failure
from sunbeam.provider.session import Session
from sunbeam.provider.values import Object, known

T = TypeVar("T")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
DEFAULT_LIMIT = 1800.0
OBSTACLE_SECONDS = 120.0


class Operation:
    """One create, update or delete: where it waits, it can be interrupted and timed out.

    Requests to Juju are short and never cut off, so that the state always tells what was done.
    """

    def __init__(
        self,
        stopping: asyncio.Event,
        limit: float = DEFAULT_LIMIT,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.report = report
        self._stopping = stopping
        self._limit = limit
        self._deadline = asyncio.get_running_loop().time() + limit

    async def until(
        self,
        check: Callable[[], Awaitable[T | None]],
        what: str,
        obstacle: Callable[[], Awaitable[str]] | None = None,
    ) -> T:
        """Call ``check`` until it answers.

        ``obstacle`` tells what is in the way, if anything; it is reported, and fatal when it stays the same
        for OBSTACLE_SECONDS.  Raises ProviderError then, and when stopped or out of time.
        """
        pause, since, seen = 0.05, asyncio.get_running_loop().time(), ""
        while True:
            answer = await check()
            if answer is not None:
                return answer
            hindrance = await obstacle() if obstacle is not None else ""
            now = asyncio.get_running_loop().time()
            if hindrance != seen:
                since, seen = now, hindrance
                self.report(hindrance or f"waiting for {what}")
            if seen and now - since > OBSTACLE_SECONDS:
                raise failure("No progress", f"Waiting for {what}; in the way: {seen}.")
            await self.pause(pause, what)
            pause = min(pause * 1.5, 1.0)

    async def pause(self, seconds: float, what: str) -> None:
        """Sleep; raises ProviderError when stopped or out of time, saying what was awaited."""
        self.check(what)
        if asyncio.get_running_loop().time() + seconds > self._deadline:
            raise failure("Timed out", f"After {self._limit:g} s still waiting for {what}.")
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        self.check(what)

    def check(self, what: str) -> None:
        if self._stopping.is_set():
            raise failure("Interrupted", f"Stopped while waiting for {what}. The same command continues.")


class Resource:
    """A resource type.  ``read`` is the one place that turns Juju's view into attributes."""

    type_name = ""

    def __init__(self, session: Session) -> None:
        self.session = session

    def validate(self, config: Object) -> list[Diagnostic]:
        """Check what the configuration alone can tell; values may be unknown."""
        return []

    async def adjust(self, plan: Object, prior: Object | None, config: Object) -> list[Path]:
        """Change the plan in place beyond the common rules; return paths that force a replacement."""
        return []

    async def create(self, plan: Object, config: Object) -> Object:
        """Create it and return the attributes that ``read`` needs to find it."""
        raise TypeError(f"{self.type_name} cannot be created")

    async def existing(self, plan: Object) -> Object | None:
        """What ``create`` would return, of what is there already by the plan's name; None: nothing is."""
        return None

    async def complete(self, state: Object, plan: Object) -> None:
        """Whatever is set on the new resource after its creation; a failure leaves it tainted, not lost."""

    async def read(self, state: Object) -> Object | None:
        """All attributes as they are now, None when it is gone.

        A broken connection must raise, never answer None: core would create everything again.
        """
        raise TypeError(f"{self.type_name} cannot be read")

    async def appeared(self, state: Object, plan: Object) -> Object | None:
        """What ``read`` gives as soon as all of the new resource is visible."""
        return await self.read(state)

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        """Make the change in place."""
        raise TypeError(f"{self.type_name} cannot be changed in place")

    async def delete(self, state: Object) -> None:
        """Begin the removal; the provider waits until ``read`` answers None."""
        raise TypeError(f"{self.type_name} cannot be deleted")

    async def obstacle(self, state: Object) -> str:
        """What keeps a removal from its end, empty when nothing is known to."""
        return ""

    async def locate(self, id: str) -> Object:
        """The attributes that ``read`` needs, from an import id.  Raises ProviderError."""
        raise failure("Cannot be imported", f"{self.type_name} has no import.")

    async def model_of(self, state: Object) -> Model | None:
        """The model of ``model_uuid``, None when it is gone."""
        try:
            return await self.session.model(state["model_uuid"])
        except JujuNotFound:
            return None


def seconds(text: str) -> float:
    """``30m``, ``1h30m`` or ``45s`` as seconds.  Raises ProviderError."""
    if not text or DURATION.sub("", text):
        raise failure("Invalid duration", f"{text!r} is none; write for example 30m.", ("timeouts",))
    factors = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(number) * factors[unit] for number, unit in DURATION.findall(text))


def check_model_uuid(config: Object) -> list[Diagnostic]:
    uuid = config["model_uuid"]
    if known(uuid) and not UUID.fullmatch(uuid):
        return [
            Diagnostic(
                "Not a model UUID",
                f"{uuid!r} is none; use juju_model.NAME.uuid, not its name.",
                ("model_uuid",),
            )
        ]
    return []


def split_id(id: str, parts: int, shape: str) -> list[str]:
    """The colon-separated parts of an import id.  Raises ProviderError."""
    words = id.split(":", parts - 1)
    if len(words) != parts or not all(words):
        raise failure("Malformed import id", f"{id!r} does not have the form {shape}.")
    return words
