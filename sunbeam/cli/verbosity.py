"""``--quiet`` and ``--verbose``: two of the values of ``--output``, on every command that has it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from sunbeam.cli.session import Output
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
        if quiet and verbose:
            raise UsageError("--quiet and --verbose exclude each other", id="options-exclude-each-other")
        if quiet or verbose:
            options["output"] = Output.QUIET if quiet else Output.VERBOSE
        return command(*args, **options)

    parameters = [*signature.parameters.values(), *flags]
    shown.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    shown.__annotations__ = {each.name: each.annotation for each in parameters}
    return shown  # type: ignore[return-value]
