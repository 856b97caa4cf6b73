"""The option ``--manifest``, the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ManifestOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--manifest",
        "-m",
        metavar="FILE",
        help="What the cloud is made of: a file or a shipped plan.  Several merge in their order.",
    ),
]
