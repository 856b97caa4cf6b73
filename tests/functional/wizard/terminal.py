"""A program on a terminal of its own, and what a person sees there."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pexpect

PROJECT = Path(__file__).parents[3]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x07\r]")
COLOURS = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-79]|4[0-79]|9[0-7]|10[0-7]|38;[0-9;]+)m")
ENTER, CTRL_B, CTRL_C, CTRL_L, CTRL_U, DOWN = "\r", "\x02", "\x03", "\x0c", "\x15", "\x1b[B"
SECONDS = 30


class Terminal:
    """``raw`` is everything that was written so far, with its escapes."""

    def __init__(
        self,
        argv: Sequence[str],
        root: Path,
        env: Mapping[str, str] | None = None,
        rows: int = 24,
        columns: int = 80,
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        self._process = pexpect.spawn(
            sys.executable,
            ["-m", *argv],
            cwd=str(PROJECT),
            env={**kept, "TERM": "xterm", "SUNBEAM_ROOT": str(root), **(env or {})},
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=SECONDS,
        )
        self.raw = ""

    def see(self, text: str) -> str:
        """Wait until ``text`` is on the screen, drawn anew; all that was shown since the last look."""
        shown = ""
        end = time.monotonic() + SECONDS
        while text not in shown:
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} does not appear in\n{shown}")
            shown = self._read(shown)
        return shown

    def redraw(self, until: str = "") -> str:
        """What is on the screen of the line editor: it writes only what changed, unless it is asked.

        It is asked again until ``until`` is there, wherever its lines break.
        """
        end = time.monotonic() + SECONDS
        while True:
            self._read("")
            self._process.send(CTRL_L)
            time.sleep(0.3)
            shown = self._read("")
            if until in " ".join(shown.split()):
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"{until!r} does not appear in\n{shown}")

    def type(self, *keys: str) -> None:
        for key in keys:
            self._process.send(key)
            time.sleep(0.1)

    def resize(self, rows: int, columns: int) -> None:
        self._process.setwinsize(rows, columns)

    def end(self) -> tuple[int, str]:
        """Its exit code and its last words."""
        words = ""
        end = time.monotonic() + SECONDS
        while self._process.isalive() or not self._process.flag_eof:
            words = self._read(words)
            if self._process.flag_eof:
                break
            if time.monotonic() > end:
                raise AssertionError(f"it does not end:\n{words}")
        self._process.close()
        return int(self._process.exitstatus if self._process.exitstatus is not None else -1), words

    def _read(self, before: str) -> str:
        try:
            new = self._process.read_nonblocking(65536, timeout=0.3)
        except (pexpect.TIMEOUT, pexpect.EOF):
            new = ""
        self.raw += new
        return before + ESCAPES.sub("", new)
