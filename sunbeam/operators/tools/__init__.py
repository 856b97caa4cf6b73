"""Hook tools: the commands a charm calls while one of its hooks runs."""

from sunbeam.operators.tools import (  # noqa: F401  (each module registers its tools)
    action_tools,
    charm_tools,
    network_tools,
    relation_tools,
    secret_tools,
    state_tools,
    status_tools,
    storage_tools,
)
from sunbeam.operators.tools.arguments import ToolError
from sunbeam.operators.tools.registry import TOOLS

__all__ = ["TOOLS", "ToolError"]
