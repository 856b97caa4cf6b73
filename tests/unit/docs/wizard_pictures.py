"""Pictures of the wizard for the pages: its own screens, on the machine that its tests know."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import suppress

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from sunbeam.cli.wizard.page import Page
from sunbeam.cli.wizard.review import Foreseen
from sunbeam.cli.wizard.wizard import Wizard
from sunbeam.core.foresight import Foresight, PlannedTask, Preview
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective
from tests.functional.wizard.machines import RACK

TITLE = "sunbeam cluster bootstrap"
FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
"""They would be fetched from elsewhere."""
FORMAT = FONTS.sub("", CONSOLE_SVG_FORMAT).replace("<style>", f"<title>{TITLE}</title>\n    <style>", 1)
STEPS = (
    ("Prepare the machine", "Install packages", 40),
    ("Prepare the machine", "Start etcd and sunbeamd", 3),
    ("Build images", "Build image openstack", 45),
    ("Build images", "Build image nova", 40),
    ("Deploy", "Deploy the control plane", 4),
    ("Deploy", "Deploy the hypervisor", 3),
    ("Check", "Write the administrator's credentials", 1),
)


def questions_svg() -> str:
    """The first questions, up to where VMs are reached from."""
    return _session(["", "", None], "wizard-questions")


def review_svg() -> str:
    return _session(["", "", "", None], "wizard-review")


class _Seen(Exception):
    """The picture is complete."""


def _session(said: Sequence[str | None], name: str) -> str:
    """Each answer (empty: the default) leaves its line; where none is given, the page itself is shown."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True, color_system="standard",
                      legacy_windows=False, _environ={})  # fmt: skip
    left = list(said)

    def ask(page: Page) -> str | None:
        answer = left.pop(0)
        if answer is not None:
            return answer or page.value
        console.print(page.body(page.value))
        console.print(Text.assemble("> ", (page.value or page.placeholder, "dim")))
        raise _Seen

    with suppress(_Seen):
        Wizard(Interview(RACK), _foreseen, console, ask).hold()
    svg = console.export_svg(title=TITLE, unique_id=name, code_format=FORMAT)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _foreseen(made: Effective) -> Foreseen:
    tasks = tuple(
        PlannedTask(title, title, phase, seconds, True, Foresight()) for phase, title, seconds in STEPS
    )
    return Foreseen(Preview("cluster bootstrap", "Bootstrap the cloud", tasks, (), 240, (), RACK.host_name))
