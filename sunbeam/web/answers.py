"""What was answered on the page, as a manifest for the command: a file per session, for root alone.

It stays until the cloud is made: as long as that is not done, a person may type the command again.
"""

from __future__ import annotations

from pathlib import Path

from sunbeam.core.manifest.answer_file import answer_text
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file
from sunbeam.web.draft import Draft
from sunbeam.web.settings import web_folder


def write_answers(file: Path, draft: Draft) -> Path:
    """What was said and detected, so that what was reviewed is what is done.  Raises ManifestErrors."""
    replace_file(file, answer_text(draft.effective()).encode(), 0o600)
    return file


def keep_answers(paths: Paths, session: str, draft: Draft) -> Path:
    """In the file of the session with this id; those of others are removed, as nobody goes on with them."""
    forget_answers(paths)
    return write_answers(web_folder(paths) / f"answers-{session}.yaml", draft)


def forget_answers(paths: Paths) -> None:
    for file in web_folder(paths).glob("answers-*.yaml"):
        file.unlink(missing_ok=True)
