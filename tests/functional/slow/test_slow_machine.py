"""A fifth of a core and 100 writes a second are enough, without a setting touched."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.functional.bootstrap import small_bootstrap
from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.slow.throttle import Throttle, slow_machine

LONGEST = 1200


def bootstrap(cloud: SmallCloud, throttle: Throttle) -> None:
    words = [sys.executable, "-m", "tests.functional.bootstrap.small_bootstrap", str(cloud.root)]
    ended = subprocess.run(
        words, preexec_fn=throttle.enter, capture_output=True, text=True, timeout=LONGEST,
        cwd=small_bootstrap.REPOSITORY,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr + cloud.logs()


async def test_a_slow_machine_comes_to_the_end_at_the_first_try(cloud: SmallCloud) -> None:
    try:
        limits = slow_machine(cloud.root, core=0.2, iops=100)
        throttle = limits.__enter__()
    except OSError as error:
        pytest.skip(f"control groups cannot throttle here: {error}")
    try:
        began = time.monotonic()
        bootstrap(cloud, throttle)
        (change,) = cloud.changes()
        print(f"{time.monotonic() - began:.0f} s", {task.id: task.seconds for task in change.tasks})
        units = {unit.name: unit.workload.message for unit in (await cloud.status()).units()}
        assert units == dict.fromkeys(("greeter/0", "listener/0", "listener/1"), "installed 1 times")
        bootstrap(cloud, throttle)
        assert len(cloud.changes()) <= 2
    finally:
        cloud.remove()
        limits.__exit__(None, None, None)
