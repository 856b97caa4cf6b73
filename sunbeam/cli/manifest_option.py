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
        help="What the cloud is made of; the name of a shipped plan is one too.  Several merge in their order.",
    ),
]
