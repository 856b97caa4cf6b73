from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sunbeam.operators.entities import Action, Machine
from sunbeam.operators.operations.actions import enqueue_exec, new_operation
from sunbeam.operators.operations.applications import destroy_application
from sunbeam.operators.operations.edit import edit
from tests.functional.operators.engine_harness import Controller

SCRIPT = r"""
set -e
is-leader
config-get greeting
printf 'key: "two\\nlines"\n' | relation-set -r 0 --file -
relation-get -r 0 key "$JUJU_UNIT_NAME"
printf 'top secret' > /tmp/content
id=$(secret-add --owner unit password#file=/tmp/content)
secret-get "$id" password
relation-get -r 99 || echo "failed with $?"
hostname
"""
EXPECTED = "True\nhello\ntwo\nlines\ntop secret\nfailed with 2\nsunbeam-test-machine\n"


@pytest_asyncio.fixture
async def machine_process() -> AsyncIterator[int]:
    """The pid of a process in UTS, mount and network namespaces of its own, as a machine container has."""
    script = "mount -t tmpfs none /tmp && hostname sunbeam-test-machine && echo ready && exec sleep 300"
    process = await asyncio.create_subprocess_exec(
        "unshare", "-m", "-u", "-n", "-i", "sh", "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None and await process.stdout.readline() == b"ready\n"
    yield process.pid
    process.kill()
    await process.wait()


@pytest.mark.parametrize("client", ["perl", "python"])
async def test_hooks_of_machine_units_run_in_the_machine(machine_process: int, client: str) -> None:
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/var/tmp"))
    controller = Controller(root, machine_pid=machine_process)
    await controller.engine.start()
    try:
        if client == "python":
            launcher = controller.paths.engine / "agent/tools/.client"
            launcher.write_text(launcher.read_text().replace("command -v perl", "false"))
        model = controller.model(cloud="machines")
        application = controller.deploy(model, "provider")
        unit = controller.unit(model, "provider/0")
        await controller.until(lambda: unit.error is not None or unit.seen.started)
        assert unit.error is None or "No module named 'ops'" in unit.error.traceback
        with edit(controller.store, model) as open_model:
            if unit.error is not None:
                unit.seen.installed, unit.error = True, None
                open_model.put(unit)
            enqueue_exec(open_model, new_operation(open_model), unit, SCRIPT, 0)
        (action,) = controller.store.all(Action)
        await controller.until(lambda: action.status == "completed")
        assert action.results["stdout"] == EXPECTED, action.results["stderr"]
        assert "relation not found" in action.results["stderr"]
        spec = controller.runtime.machines["0"]
        assert spec.model == "test" and all(folder.is_dir() for folder in spec.folders)

        with edit(controller.store, model) as open_model:
            unit.force = True
            destroy_application(open_model, application, force=True)
            machine = open_model.machine("0")
            machine.life = "dying"
            open_model.put(unit, machine)
        await controller.until(lambda: not controller.runtime.machines and not controller.store.all(Machine))
    finally:
        await controller.engine.stop()
        controller.store.close()
        shutil.rmtree(root)
