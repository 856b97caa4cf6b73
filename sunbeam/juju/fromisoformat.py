"""A stand-in for the backport of ``datetime.fromisoformat`` that libjuju imports.

The backport is a C extension without a wheel for Python 3.13: installing it would need a compiler.  Since
Python 3.11 the standard library parses the same texts itself.
"""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.util import find_spec
from types import ModuleType

PARENT = "backports"
NAME = f"{PARENT}.datetime_fromisoformat"


def stand_in() -> None:
    """From now on ``import backports.datetime_fromisoformat`` finds the standard library's function."""
    if find_spec(PARENT) is None:
        sys.modules[PARENT] = package = ModuleType(PARENT, __doc__)
        package.__path__ = []
    module = ModuleType(NAME, __doc__)
    module.__dict__["datetime_fromisoformat"] = datetime.fromisoformat
    sys.modules.setdefault(NAME, module)
