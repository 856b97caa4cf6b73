"""A build whose beginner was killed does not go on beside the next one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from sunbeam.images.leftovers import end_leftovers
from tests.functional.substrates.conftest import Substrate

BEGIN = """
import asyncio, sys
from pathlib import Path
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.substrates.embedded.podman import Podman
root, work = Path(sys.argv[1]), sys.argv[2]
words = ["build", "--layers=false", "--network=host", "--quiet", "--volume", f"{work}:/run/build"]
words.append(root / "context")
asyncio.run(Podman(SystemProcesses(), Paths(root)).call(words))
"""


async def test_a_killed_build(tmp_path: Path, root_file_system: Path) -> None:
    work, context = tmp_path / "cache/nova", tmp_path / "context"
    work.mkdir(parents=True)
    context.mkdir()
    shutil.copyfile(root_file_system, context / "base.tar")
    (context / "Containerfile").write_text(
        'FROM scratch\nADD base.tar /\nRUN ["sh", "-c", "touch /run/build/begun; sleep 120"]\n'
    )
    begin_and_kill(tmp_path, work)
    assert await end_leftovers(work) >= 1
    assert await end_leftovers(work) == 0
    assert not [line for line in command_lines() if str(work) in line]
    await Substrate(tmp_path).teardown().run()
    assert not runtime_states(tmp_path)


def runtime_states(root: Path) -> list[Path]:
    """What a container runtime keeps of containers in a storage below ``root``."""
    states = [*Path("/run/runc").glob("*/state.json"), *Path("/run/crun").glob("*/status")]
    return [path for path in states if f"{root}/" in path.read_text()]


def begin_and_kill(root: Path, work: Path) -> None:
    """The build is in its RUN step then."""
    beginner = subprocess.Popen([sys.executable, "-c", BEGIN, root, work])
    deadline = time.monotonic() + 120
    try:
        while not (work / "begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        beginner.kill()
        beginner.wait()


def command_lines() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
