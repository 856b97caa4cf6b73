"""The manifest of a bootstrap: that of the cloud, of what was begun, or else of questions and defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sunbeam.cli.wizard.review import LISTED, MADE, Foreseen
from sunbeam.cli.wizard.start import can_ask, hold
from sunbeam.cluster.answers import made_with, manifest_here
from sunbeam.core.detection.detected import detect
from sunbeam.core.errors import PreflightFailed, Problem, UsageError
from sunbeam.core.interview import Interview
from sunbeam.core.journal import Journal
from sunbeam.core.manifest.effective import Effective
from sunbeam.core.node import Node
from sunbeam.core.request import Request
from sunbeam.core.running import run

KIND = "cluster bootstrap"
OPTIONS = {
    "network.address": "--address",
    "network.pods": "--pod-range",
    "network.external.range": "--external-range",
}


def bootstrap_request(
    node: Node,
    files: Sequence[Path],
    options: Mapping[str, str],
    *,
    ask: bool,
    advanced: bool = False,
    dry_run: bool = False,
) -> Request:
    """What to make of this machine.  A cloud that exists or was begun is settled: nothing is asked then.

    Who is asked for a ``dry_run`` is told that only a list comes of it.

    What was answered to a bootstrap that was begun counts again, over what files say.

    Raises PreflightFailed (files and answers are wrong; all that is), UsageError (answers are missing, and
    nobody can be asked) and Interrupted (the person left).
    """
    begun = _begun(node)
    answers = dict(begun.get("answers", {}))
    said = {**answers, **options}
    if made_with(node.paths) is not None:
        return _request(manifest_here(node.paths, files, said), answers)
    interview = _interview(node, files, said, begun.get("manifest"), advanced=advanced)
    if ask and not begun and can_ask():
        _refuse(interview.settled_problems())
        made = hold(interview, lambda made: _foresee(node, made), LISTED if dry_run else MADE)
        return _request(made, interview.answers)
    _require_answers(interview)
    return _request(interview.effective(), answers)


def _request(made: Effective, answers: Mapping[str, str]) -> Request:
    """Answers are part of it if there are any."""
    return Request(
        KIND, {"manifest": made.manifest.dump(), **({"answers": dict(answers)} if answers else {})}
    )


def effective_now(node: Node, files: Sequence[Path], *, looking: bool = False) -> Effective:
    """What a bootstrap that asks nothing would make of this machine.  Raises PreflightFailed.

    Who is only ``looking`` needs no secret.  Who may not read the journal does not learn from it what was
    begun.
    """
    begun = _begun(node) if os.access(node.paths.journal, os.R_OK) else {}
    answers = begun.get("answers", {})
    if made_with(node.paths) is not None:
        return manifest_here(node.paths, files, answers, looking=looking)
    return _interview(node, files, answers, begun.get("manifest"), looking=looking).effective()


def _begun(node: Node) -> Mapping[str, Any]:
    """What was wanted of a bootstrap that was begun and neither finished nor undone; empty: there is none."""
    with Journal.reading(node.paths.journal) as journal:
        changes = journal.changes() if journal is not None else []
    newest = next((change for change in changes if change.kind == KIND), None)
    return {} if newest is None or newest.status.finished else newest.intent


def _interview(
    node: Node,
    files: Sequence[Path],
    options: Mapping[str, str],
    begun: Mapping[str, Any] | None,
    *,
    advanced: bool = False,
    looking: bool = False,
) -> Interview:
    detected = run(detect(node.processes))
    return Interview(detected, files=files, options=options, cloud=begun, advanced=advanced, looking=looking)


def _foresee(node: Node, made: Effective) -> Foreseen:
    from sunbeam.cli.wizard.foresee import foresee
    from sunbeam.tasks.catalogue import build

    return foresee(node, build(node, Request(KIND, {"manifest": made.manifest.dump()})))


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise PreflightFailed(problems)


def _require_answers(interview: Interview) -> None:
    """What is missing is told with what is wrong; by itself it is for the next command line."""
    if interview.wrong():
        _refuse(interview.problems())
    if missing := interview.missing():
        raise UsageError(
            "Some answers are missing, and nobody can be asked",
            where="the command line and the manifest files",
            why="\n".join(f"{each.key}: {each.title} {_option(each.key)}".strip() for each in missing),
            next_command="sunbeam cluster bootstrap --manifest FILE",
            id="answers-missing",
        )


def _option(key: str) -> str:
    return f"(option {OPTIONS[key]})" if key in OPTIONS else ""
