"""No secret of a real cloud is in what people read, send away or see in the list of processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.terraform.backend import FILE as BACKEND
from tests.e2e.conftest import Program
from tests.e2e.secrets_of_cloud import secrets_of_cloud

PATHS = Paths()


def test_no_secret_is_in_logs_journal_terraform_folders_or_argv() -> None:
    secrets, texts = secrets_of_cloud(PATHS), dict(_texts())
    assert len(secrets) > 30
    assert {"journal.db", "sunbeamd.log", "cmdline"} <= {Path(name).name for name in texts}
    leaks = [(kind, name) for name, text in texts.items() for kind, value in secrets if value in text]
    assert leaks == []


def test_no_secret_is_in_what_is_printed(sunbeam: Program, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    sunbeam("report", "1", str(page))
    printed = {
        words: sunbeam(*words.split())
        for words in ("changes", "cluster status", "manifest show --effective", "doctor --format json")
    }
    leaks = [
        (kind, words)
        for words, text in {**printed, "report": page.read_text()}.items()
        for kind, value in secrets_of_cloud(PATHS)
        if value in text
    ]
    assert leaks == []


def _texts() -> Iterator[tuple[str, str]]:
    """Terraform's settings of its state, for root only, are where one password lives."""
    kept = (PATHS.logs, PATHS.terraform, PATHS.state / "runtime", PATHS.state / "services", PATHS.run)
    files = [file for folder in kept for file in folder.rglob("*") if file.is_file() and file.name != BACKEND]
    for file in (*files, *PATHS.state.glob("journal.db*"), *Path("/proc").glob("[0-9]*/cmdline")):
        with suppress(OSError):  # a process or a lock that has gone meanwhile
            yield str(file), file.read_bytes().decode(errors="replace").replace("\0", " ")
