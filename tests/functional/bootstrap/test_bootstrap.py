from __future__ import annotations

from tests.functional.bootstrap.bootstrap_harness import SmallCloud


async def test_a_small_bootstrap_comes_to_its_end_and_again_changes_nothing(cloud: SmallCloud) -> None:
    ended = cloud.bootstrap()
    assert ended.returncode == 0, ended.stderr + cloud.logs()
    (change,) = cloud.changes()
    print({task.id: task.seconds for task in change.tasks})
    status = await cloud.status()
    assert {unit.name: unit.workload.message for unit in status.units()} == {
        "greeter/0": "installed 1 times",
        "listener/0": "installed 1 times",
        "listener/1": "installed 1 times",
    }
    assert (await cloud.plan()).is_empty
    assert cloud.bootstrap().returncode == 0


async def test_another_version_starts_its_own_programs_and_units_live_on(cloud: SmallCloud) -> None:
    daemons = []
    for file in ("same.txt", "same.txt", "another.py"):
        (cloud.root / "package").mkdir(exist_ok=True)
        (cloud.root / "package" / file).write_text("")
        ended = cloud.bootstrap()
        assert ended.returncode == 0, ended.stderr + cloud.logs()
        daemons.append(cloud.processes("tests.functional.bootstrap.daemon"))
    first, same, another = daemons
    assert first == same != another
    assert {unit.workload.message for unit in (await cloud.status()).units()} == {"installed 1 times"}
