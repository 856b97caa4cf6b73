"""The service manager of workload containers, and the builder of its one file.

``manager`` holds its sources, which never run in this interpreter but inside workload images.
"""

from sunbeam.operators.pebble.build import build_pebble

__all__ = ["build_pebble"]
