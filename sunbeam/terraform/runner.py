"""Core as a program: python-terraform's command building with a process of our own.

python-terraform waits for the end of a command before it shows anything, cannot pass an environment or be
interrupted, turns any misspelt method into a command and sends ``-force`` to ``destroy``.  Only its
``init``, ``plan``, ``apply`` and command line building are used; ``cmd``, which they all end in, is ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged, Terraform

from sunbeam.terraform.errors import StateLocked, TerraformError
from sunbeam.terraform.events import Diagnostic, Event, parse_event

GRACE_SECONDS = 60.0
"""How long an interrupted core may finish what runs and write its state."""

LONGEST_LINE = 1 << 26
OK = (0,)
QUIET = {"CHECKPOINT_DISABLE": "1"}
"""Terraform tells its maker of each run otherwise, and leaves a file in the home folder."""

OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Finished:
    """A command that ended as expected; ``output`` is all of standard output."""

    code: int
    output: str


class Runner(Terraform):  # type: ignore[misc]
    """Core in one folder.  Every command is a coroutine; errors are TerraformError."""

    def __init__(
        self,
        binary: Path,
        folder: Path,
        environment: Mapping[str, str],
        on_event: OnEvent = lambda event: None,
    ) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=str(binary))
        self._folder = folder
        self._environment = dict(environment)
        self._on_event = on_event

    def __getattr__(self, item: str) -> Any:
        raise AttributeError(item)

    def read_state_file(self, file_path: str | None = None) -> None:
        """The state is core's business: it holds secrets in clear."""

    async def destroy(self, parallelism: int) -> Finished:
        return await self.cmd(
            "destroy", auto_approve=IsFlagged, input=False, json=IsFlagged, parallelism=parallelism
        )

    async def output(self) -> dict[str, Any]:
        """Output values by name, sensitive ones too."""
        finished = await self.cmd("output", json=IsFlagged)
        return {name: item["value"] for name, item in json.loads(finished.output or "{}").items()}

    async def cmd(self, cmd: str, *args: str, **options: Any) -> Finished:
        """Run one command; each line of a ``-json`` run is handed on as a typed event.

        ``accept`` lists the exit codes that are no errors.  When cancelled, core gets SIGINT, and SIGKILL
        after GRACE_SECONDS.  Raises TerraformError.
        """
        accept = options.pop("accept", OK)
        options.pop("var", None)
        words = self.generate_cmd_string(cmd, *args, **options)
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=self._folder,
            env={**os.environ, "TF_IN_AUTOMATION": "1", **QUIET, **self._environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        streams = "json" in options and cmd not in ("output", "show")
        found: list[Diagnostic] = []
        reading = asyncio.gather(
            self._read(process.stdout, found if streams else None), self._read(process.stderr, None)
        )
        try:
            output, complaints = await asyncio.shield(reading)
            code = await process.wait()
        except BaseException:
            await _end(process, reading)
            raise
        if code not in accept:
            raise self._error(cmd, [item for item in found if item.severity == "error"], complaints or output)
        return Finished(code, output)

    async def _read(self, stream: asyncio.StreamReader | None, found: list[Diagnostic] | None) -> str:
        assert stream is not None
        if found is None:
            return (await stream.read()).decode(errors="backslashreplace")
        async for raw in stream:
            event = parse_event(raw.decode(errors="backslashreplace").rstrip("\n"))
            if isinstance(event, Diagnostic):
                found.append(event)
            if event is not None:
                self._on_event(event)
        return ""

    def _error(self, cmd: str, diagnostics: list[Diagnostic], output: str) -> TerraformError:
        name = self._folder.name
        locked = "Error acquiring the state lock"
        if locked in output or any(locked in item.summary for item in diagnostics):
            return StateLocked(
                f"another run holds the lock of module {name}",
                where=str(self._folder),
                diagnostics=diagnostics or [Diagnostic("error", locked, output.strip())],
                next_command=f"sunbeam plans unlock {name}",
            )
        return TerraformError(
            f"{cmd} of module {name} failed",
            where=str(self._folder),
            diagnostics=diagnostics or [Diagnostic("error", output.strip() or "core said nothing", "")],
            next_command=f"sunbeam plans show {name}",
        )


async def _end(process: asyncio.subprocess.Process, reading: asyncio.Future[Any]) -> None:
    """Interrupt core so that it writes its state; kill its whole group if that takes too long."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await asyncio.shield(asyncio.gather(reading, process.wait(), return_exceptions=True))
    except (TimeoutError, asyncio.CancelledError):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
