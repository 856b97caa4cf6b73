"""Changes that do everything to spill a secret: ``python -m tests.functional.changes.secretive WORDS``.

``spill HOW`` does the change, which ends as HOW says; other words are those of ``sunbeam``.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from sunbeam.cli.main import main, report
from sunbeam.cli.session import Output, run_change
from sunbeam.core import schedule
from sunbeam.core.change import Change
from sunbeam.core.errors import NeedsPerson, Problem, SunbeamError
from sunbeam.core.request import Request
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look
from sunbeam.tasks.catalogue import KINDS, Kind

SECRETS = ("correct-horse-battery", 'quoted"staple\nsecond-line-of-it')


class Tell(Task):
    """Says each secret in every way that a task has of saying something."""

    id = "tell"
    title = "Tell everything"

    async def problems(self, context: Context) -> list[Problem]:
        for secret in SECRETS:
            context.host.remember_secret(secret)
        return [
            Problem(f"{secret} is weak", where=secret, why=secret, evidence=secret, severity="warning")
            for secret in SECRETS
        ]

    async def act(self, context: Context) -> None:
        logger = logging.getLogger("sunbeam.test")
        for secret in SECRETS:
            context.report(f"using {secret}")
            logger.warning("logged %s of %r", secret, {"password": secret})
            sys.stderr.write(f"printed {secret}\n")
            warnings.warn(f"warned of {secret}", stacklevel=1)
            context.host.make_folder(context.paths.state / "told")
            context.host.act("keep", secret, lambda: None)
            await context.host.run(["true"], changes=f"run with {secret}", env={"PASSWORD": secret})
            context.units({"nova/0": f"blocked: {secret}"})
            looks = iter([Look(missing=f"waits for {secret}", unit="nova/0"), Look(done=True)])

            async def look(looks: Any = looks) -> Look:
                return next(looks)  # type: ignore[no-any-return]

            await context.wait_for(look, pause_seconds=0.01)

    async def loses(self, context: Context) -> list[str]:
        for secret in SECRETS:
            context.host.remember_secret(secret)
        return [f"what {secret} opens" for secret in SECRETS]

    async def undo(self, context: Context) -> None:
        for secret in SECRETS:
            context.host.remember_secret(secret)
        context.report(f"undoing {SECRETS[0]}")
        raise SunbeamError(f"{SECRETS[0]} cannot be undone", why=SECRETS[1])


class End(Task):
    id = "end"
    title = "Come to an end"
    needs = ("tell",)

    def __init__(self, how: str) -> None:
        self._how = how

    async def act(self, context: Context) -> None:
        both = " and ".join(SECRETS)
        if self._how == "error":
            raise SunbeamError(f"{both} failed", where=both, why=both, next_command=f"echo {SECRETS[0]}")
        if self._how == "bug":
            raise KeyError(both)
        if self._how == "person":
            raise NeedsPerson(f"type {both}", why=both)
        if self._how == "program":
            words = 'echo "$PASSWORD" >&2; exit 3'
            await context.host.run(["sh", "-c", words], changes="fail", env={"PASSWORD": both})


class Unforeseen(Change):
    """Breaks the engine itself, not a task."""

    def graph(self) -> Any:
        if sys._getframe(1).f_globals["__name__"] == schedule.__name__:
            raise RuntimeError(" and ".join(SECRETS))
        return super().graph()


def _build(how: str) -> Change:
    kind = Unforeseen if how == "engine" else Change
    return kind("spill", f"Spill, {how}", [Tell(), End(how)])


KINDS["spill"] = Kind(lambda node, intent: _build(intent["how"]))


def run(words: list[str]) -> None:
    if words[0] != "spill":
        main(words)
        return
    try:
        run_change(Request("spill", {"how": words[1]}), output=Output(words[2]), dry_run="--dry-run" in words)
    except Exception as error:
        sys.exit(report(error))


if __name__ == "__main__":
    run(sys.argv[1:])
