"""Why units do not become active, in the words of their charms and containers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sunbeam.core.traceback_text import last_words
from sunbeam.juju.debug_log import DebugLog, LogQuery
from sunbeam.juju.errors import JujuError, JujuStuck
from sunbeam.substrates.embedded.container_log import last_errors, last_lines

TOLD_UNITS = 3
READ_LINES = 60


async def explained(stuck: JujuStuck, log: DebugLog, container_logs: Path) -> JujuStuck:
    """The error with each failing charm's exception, or the last errors in the container's log."""
    troubled = {unit: reason for unit, reason in sorted(stuck.reasons.items()) if "/" in unit}
    for unit, reason in list(troubled.items())[:TOLD_UNITS]:
        if reason.startswith("error"):
            words = await _charm_words(unit, log)
        else:
            words = _container_words(unit, container_logs)
        if words:
            stuck.why += f"\n{unit} said last:\n" + "\n".join(f"  {line}" for line in words.splitlines())
    if troubled:
        stuck.next_command = f"sunbeam debug log --unit {next(iter(troubled))}"
    return stuck


async def _charm_words(unit: str, log: DebugLog) -> str:
    """What a hook prints is logged as warnings, a line each."""
    said: list[str] = []
    with suppress(JujuError):
        said = [line.message for line in await log.kept(LogQuery("WARNING", unit, READ_LINES))]
    return last_words("\n".join(text for text in said if not text.startswith("hook failed")))


def _container_words(unit: str, container_logs: Path) -> str:
    for file in sorted(container_logs.glob(f"{unit.replace('/', '-')}-*.log")):
        with suppress(OSError):
            return "\n".join(last_errors([line.text for line in last_lines(file)]))
    return ""
