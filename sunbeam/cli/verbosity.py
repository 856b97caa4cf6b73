"""``--quiet`` and ``--verbose``: two of the values of ``--output``, on every command that has it.

What such a command raises is told as ``--output`` says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from sunbeam.cli.session import Output
from sunbeam.cli.told_errors import errors_told
from sunbeam.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

FLAGS = {
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Show only errors and the last line.")],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Show every step, hook and change.")],
}


def verbosity(command: F) -> F:
    """Give ``command``, which has a parameter ``output``, both flags."""
    signature = inspect.signature(command, eval_str=True)
    flags = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in FLAGS.items()
    ]

    @wraps(command)
    def shown(*args: Any, quiet: bool = False, verbose: bool = False, **options: Any) -> Any:
        output = options.get("output", Output.TEXT)
        with errors_told(output):
            options["output"] = _chosen(output, quiet=quiet, verbose=verbose)
            return command(*args, **options)

    parameters = [*signature.parameters.values(), *flags]
    shown.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    shown.__annotations__ = {each.name: each.annotation for each in parameters}
    return shown  # type: ignore[return-value]


def _chosen(output: Output, *, quiet: bool, verbose: bool) -> Output:
    """Raises UsageError for flags that contradict each other or ``output``."""
    flags = ((Output.QUIET, quiet), (Output.VERBOSE, verbose))
    said = {f"--{value}": value for value, given in flags if given}
    if output is not Output.TEXT:
        said[f"--output {output}"] = output
    if len(set(said.values())) > 1:
        raise UsageError(
            f"{' and '.join(said)} exclude each other",
            why="each says how progress is shown",
            id="options-exclude-each-other",
        )
    return next(iter(said.values()), output)
