"""sunbeamd as it is, but for pods that are up as soon as they are wanted: no bridge, no packet rule."""

from __future__ import annotations

from sunbeam.cluster.daemon import main
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.operators.runtime import Runtime
from tests.functional.operators_api.api_harness import InstantRuntime


async def instant(paths: Paths, settings: NodeSettings) -> Runtime:
    return InstantRuntime()


if __name__ == "__main__":
    main(instant)
