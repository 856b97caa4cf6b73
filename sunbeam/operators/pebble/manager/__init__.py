"""A service manager that speaks Pebble's API: process 1 of a workload container.

Everything here runs inside workload images: Python 3.9 syntax, the standard library only, light imports (no
pathlib, typing, dataclasses, asyncio, http or urllib), because a dozen of these run on one machine.
Behaviour follows Pebble 1.26, https://documentation.ubuntu.com/pebble/.
"""

VERSION = "v1.26.0"
