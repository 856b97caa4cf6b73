"""The one place where this charm runs programs."""

import os
import subprocess
from collections.abc import Sequence
from typing import Protocol


class ProcessError(Exception):
    """A program failed.  The text names it, its exit code and the end of what it said."""


class Run(Protocol):
    """Runs a program and returns its standard output.

    ``input`` goes to its standard input (the only way secrets may reach a program), ``environment`` is added
    to ours, ``timeout`` is in seconds.  Raises ProcessError when it is missing, fails or runs out of time.
    """

    def __call__(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,
        environment: dict[str, str] | None = None,
        timeout: float = 600,
    ) -> str: ...


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    environment: dict[str, str] | None = None,
    timeout: float = 600,
) -> str:
    """The ``Run`` of a real machine."""
    try:
        done = subprocess.run(
            argv,
            input=input,
            env={**os.environ, **(environment or {})},
            timeout=timeout,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise ProcessError(f"{argv[0]}: not installed") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"{argv[0]}: no end after {timeout:g} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise ProcessError(f"{argv[0]}: exit code {done.returncode}: {said}")
    return done.stdout


def succeeds(run: Run, *argv: str, timeout: float = 60) -> bool:
    """Whether the program ends well."""
    try:
        run(argv, timeout=timeout)
    except ProcessError:
        return False
    return True
