from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sunbeam.operators.executors.choice import ChosenExecutor
from sunbeam.operators.executors.entry import Entry, find_entry
from sunbeam.operators.executors.native import TIMED_OUT, NativeExecutor
from sunbeam.operators.executors.task import KILLED, HookResult, HookTask
from sunbeam.operators.executors.warm import WarmExecutor

DISPATCH = "#!/bin/sh\nPYTHONPATH=lib:venv exec python3 ./src/charm.py\n"


class Charm:
    """A charm of one script, and the lines its hooks print."""

    def __init__(self, folder: Path, script: str, dispatch: str = DISPATCH) -> None:
        self.folder = folder / "charm"
        for part in ("src", "lib"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "lib/helper.py").write_text("import os\nIMPORTED_IN = os.getpid()\n")
        (self.folder / "src/charm.py").write_text(script)
        (self.folder / "dispatch").write_text(dispatch)
        (self.folder / "dispatch").chmod(0o755)
        self.lines: list[str] = []

    def task(self, containers: Path | None = None, hosts: Path | None = None) -> HookTask:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "JUJU_DISPATCH_PATH": "hooks/start", "JUJU_CHARM_DIR": str(self.folder)}
        return HookTask(environment, self.folder, self.folder, containers, hosts=hosts)

    @property
    def entry(self) -> Entry:
        entry = find_entry(self.folder)
        assert entry is not None
        return entry


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest_asyncio.fixture
async def warm(scratch: Path) -> AsyncIterator[WarmExecutor]:
    executor = WarmExecutor([], scratch, idle_seconds=0.2)
    yield executor
    await executor.stop()


async def ended(pid: int) -> None:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"process {pid} still runs")


async def test_hooks_share_one_warm_interpreter_that_ends_when_idle(
    warm: WarmExecutor, tmp_path: Path
) -> None:
    charm = Charm(tmp_path, "import os, sys, helper\nprint(helper.IMPORTED_IN, os.getppid(), os.getcwd())\n")
    first = await warm.run(charm.task(), charm.entry, charm.lines.append)
    second = await warm.run(charm.task(), charm.entry, charm.lines.append)

    assert first == second == HookResult(0)
    assert charm.lines[-1] == charm.lines[-2]
    imported, parent, folder = charm.lines[-1].split()
    assert imported == parent and folder == str(charm.folder)
    await ended(int(parent))
    assert (await warm.run(charm.task(), charm.entry, charm.lines.append)).code == 0


@pytest.mark.parametrize(
    ("ending", "code"), [("sys.exit(3)", 3), ("raise KeyError", 1), ("os.kill(os.getpid(), 9)", KILLED)]
)
async def test_exit_codes(warm: WarmExecutor, tmp_path: Path, ending: str, code: int) -> None:
    charm = Charm(tmp_path, f"import os, sys\nif __name__ == '__main__':\n    {ending}\n")
    assert (await warm.run(charm.task(), charm.entry, charm.lines.append)).code == code


async def test_a_daemon_left_behind_does_not_hold_the_hook(warm: WarmExecutor, tmp_path: Path) -> None:
    script = (
        "import subprocess\nif __name__ == '__main__':\n    print(subprocess.Popen(['sleep', '60']).pid)\n"
    )
    charm = Charm(tmp_path, script)
    began = time.monotonic()
    assert (await warm.run(charm.task(), charm.entry, charm.lines.append)).code == 0
    assert time.monotonic() - began < 10
    os.kill(int(charm.lines[-1]), signal.SIGKILL)


async def test_a_cancelled_hook_is_killed_with_its_processes(scratch: Path, tmp_path: Path) -> None:
    script = (
        "import os, subprocess\nif __name__ == '__main__':\n"
        "    print(os.getpid(), flush=True)\n    subprocess.run(['sleep', '60'])\n"
    )
    charm = Charm(tmp_path, script)
    for preference in ("warm", "native"):
        executor = ChosenExecutor("warm" if preference == "warm" else "native", [], scratch)
        charm.lines.clear()
        running = asyncio.create_task(executor.run(charm.task(), charm.lines.append))
        for _ in range(200):
            await asyncio.sleep(0.05)
            if charm.lines:
                break
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        await ended(int(charm.lines[0]))
        await executor.stop()


async def test_a_charm_that_starts_threads_when_imported_runs_natively(scratch: Path, tmp_path: Path) -> None:
    script = (
        "import os, threading, time\n"
        "threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()\n"
        "if __name__ == '__main__':\n    print('main of', os.path.basename(os.getcwd()))\n"
    )
    charm = Charm(tmp_path, script)
    executor = ChosenExecutor("warm", [], scratch)
    for _ in range(2):
        assert (await executor.run(charm.task(), charm.lines.append)).code == 0
    assert charm.lines == ["main of charm"] * 2
    await executor.stop()


@pytest.mark.parametrize("preference", ["warm", "native"])
async def test_containers_are_seen_by_their_hook_only(preference: str, scratch: Path, tmp_path: Path) -> None:
    script = "import os\nif __name__ == '__main__':\n    print(os.listdir('/charm/containers'))\n"
    charm = Charm(tmp_path, script)
    executor = ChosenExecutor("warm" if preference == "warm" else "native", [], scratch)
    for name in ("one", "two"):
        (tmp_path / name / name).mkdir(parents=True)
    await asyncio.gather(
        *(executor.run(charm.task(tmp_path / name), charm.lines.append) for name in ("one", "two"))
    )
    await executor.stop()
    assert sorted(charm.lines) == ["['one']", "['two']"]
    assert not Path("/charm").exists() and list(scratch.iterdir()) == []


@pytest.mark.parametrize("preference", ["warm", "native"])
async def test_hooks_of_pods_know_the_names_of_pods(preference: str, scratch: Path, tmp_path: Path) -> None:
    script = "import socket\nif __name__ == '__main__':\n    print(socket.gethostbyname('web-0'))\n"
    charm = Charm(tmp_path, script)
    hosts = tmp_path / "hosts"
    of_host = Path("/etc/hosts").read_text()
    executor = ChosenExecutor("warm" if preference == "warm" else "native", [], scratch)
    for address in ("10.20.30.7", "10.20.30.8"):
        hosts.write_text(f"{address} web-0\n")
        assert (await executor.run(charm.task(tmp_path, hosts), charm.lines.append)).code == 0
    hosts.unlink()
    assert (await executor.run(charm.task(tmp_path, hosts), charm.lines.append)).code == 1
    await executor.stop()
    assert charm.lines[:2] == ["10.20.30.7", "10.20.30.8"]
    assert Path("/etc/hosts").read_text() == of_host


async def test_a_dispatch_that_is_no_python_start_runs_as_it_is(scratch: Path, tmp_path: Path) -> None:
    charm = Charm(tmp_path, "", dispatch='#!/bin/sh\necho "$JUJU_DISPATCH_PATH"; echo oops >&2; exit 4\n')
    assert find_entry(charm.folder) is None
    executor = ChosenExecutor("warm", [], scratch)
    assert (await executor.run(charm.task(), charm.lines.append)).code == 4
    assert sorted(charm.lines) == ["hooks/start", "oops"]


async def test_scripts_have_a_time_limit(scratch: Path, tmp_path: Path) -> None:
    charm = Charm(tmp_path, "")
    base = charm.task()
    task = HookTask(base.environment, base.charm, base.revision, script="echo out; sleep 60", timeout=0.5)
    assert (await NativeExecutor(scratch).run(task, charm.lines.append)).code == TIMED_OUT


@pytest.mark.parametrize(
    ("dispatch", "path"),
    [
        (DISPATCH, ("lib", "venv")),
        ('#!/bin/sh\nPYTHONPATH="${d}/lib:$PWD/src" exec "${d}/venv/bin/python" "${d}/src/charm.py"\n',
         ("lib", "src")),
        ("#!/bin/sh\nexec python3 src/charm.py\n", ("lib", "venv")),
    ],
)  # fmt: skip
def test_entries_of_known_dispatch_forms(tmp_path: Path, dispatch: str, path: tuple[str, ...]) -> None:
    assert Charm(tmp_path, "", dispatch).entry == Entry("src/charm.py", path)
