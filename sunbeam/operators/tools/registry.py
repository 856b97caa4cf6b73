"""The table of hook tools: each tool's file adds its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sunbeam.operators.context import HookContext
from sunbeam.operators.tools.arguments import Arguments, parse

Tool = Callable[[HookContext, Arguments], str]
RawTool = Callable[[HookContext, Sequence[str], str | None], str]

TOOLS: dict[str, RawTool] = {}


def tool(name: str, *, flags: str = "", options: str = "", formatted: bool = False) -> Callable[[Tool], Tool]:
    """Register a hook tool: it gets its parsed arguments and returns its standard output.

    A tool fails by raising ToolError.  ``formatted`` adds ``--format`` and ``--output``.
    """

    def register(function: Tool) -> Tool:
        def run(context: HookContext, raw: Sequence[str], stdin: str | None) -> str:
            arguments = parse(raw, stdin, flags=flags, options=options, formatted=formatted)
            return function(context, arguments)

        TOOLS[name] = run
        return function

    return register
