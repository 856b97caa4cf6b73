"""What goes with a cloud, where its APIs cannot tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.paths import Paths
from sunbeam.core.status import TaskStatus
from sunbeam.tasks.belongings import UNNAMED, belongings


@pytest.mark.parametrize(
    ("status", "lost"),
    [(TaskStatus.DONE, [UNNAMED]), (TaskStatus.FAILED, []), (TaskStatus.UNDONE, []), (None, [])],
)
async def test_somebody_may_have_vms_once_there_were_credentials(
    tmp_path: Path, status: TaskStatus | None, lost: list[str]
) -> None:
    """Their file may be gone now."""
    if status is not None:
        task = TaskRecord("credentials", "Write them", (), status)
        Journal(Paths(tmp_path).journal).begin("cluster bootstrap", "Bootstrap", {}, [task], "2026-01-01")
    assert await belongings(Paths(tmp_path)) == lost
