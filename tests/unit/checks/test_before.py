"""What is checked before which change."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.checks import storage
from sunbeam.checks.before import ALWAYS, BEFORE, FIRST_BOOTSTRAP
from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import CheckContext, examine
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.tasks.catalogue import KINDS
from tests.fakes.processes import FakeProcesses
from tests.unit.checks.seen import GOOD, INSTALLED


def test_every_kind_of_change_says_what_is_checked_before_it_and_why() -> None:
    assert BEFORE.keys() == {*KINDS, FIRST_BOOTSTRAP, "undo"}
    assert all(before.why for before in BEFORE.values())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FIRST_BOOTSTRAP, {check.id for check in CHECKS}),
        ("launch", {check.id for check in ALWAYS}),
        (
            "image build",
            {"disk-space", "inodes", "mount-options", "date", "clock", "dns", "proxy", "mirrors"},
        ),
        ("image import", {"disk-space", "inodes", "mount-options"}),
        ("cluster stop", set()),
    ],
)
def test_checks_before_changes(kind: str, expected: set[str]) -> None:
    assert {check.id for check in BEFORE[kind].checks} == expected


@pytest.mark.parametrize("kind", ["cluster start", "configure", "launch"])
async def test_what_works_with_a_cloud_asks_nobody_outside_but_looks_at_the_date(
    tmp_path: Path, kind: str
) -> None:
    """Programs that ask this machine only are the ones that are expected."""
    checks = BEFORE[kind].checks
    assert "date" in {check.id for check in checks} and not any(check.once for check in checks)
    processes = FakeProcesses()
    for program in ("ip", "ss"):
        processes.expect(program, answer=Completed((program,), 1))
    looking = CheckContext(processes, Paths(tmp_path), INSTALLED, root=tmp_path, system=GOOD.system)
    found = await examine(looking, [check for check in checks if check.look is not storage.volumes])
    assert not [problem for problem in found.problems if "unexpected program" in problem.evidence]
