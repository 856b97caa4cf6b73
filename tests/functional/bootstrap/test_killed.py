"""Killed at any moment, a bootstrap is continued by the same command: nothing is lost or done twice.

``SUNBEAM_KILLS`` is how many kills (100 in a thorough run), ``SUNBEAM_SEED`` the first cloud's seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.surviving import survive
from tests.functional.bootstrap.torture import plan

KILLS = int(os.environ.get("SUNBEAM_KILLS", "20"))
SEED = int(os.environ.get("SUNBEAM_SEED", "1"))


async def test_random_kills_lose_nothing_and_do_nothing_twice(new_cloud: Callable[[], SmallCloud]) -> None:
    survived = await survive(new_cloud, SEED, KILLS)
    print(survived)
    assert survived.kills.total() == KILLS


def test_a_seed_gives_the_same_kills() -> None:
    assert plan(7, 10) == plan(7, 10) != plan(8, 10)
