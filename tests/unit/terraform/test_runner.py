"""The process side of the runner, with a core that is a shell script."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from python_terraform import IsFlagged

from sunbeam.terraform.errors import StateLocked, TerraformError
from sunbeam.terraform.events import Event, Log
from sunbeam.terraform.module import PLAN, VARIABLES, Module
from sunbeam.terraform.runner import Runner

READY = '{"type":"log","@message":"ready"}'
"""Who reads this line has begun to watch over the core."""


def core(folder: Path, script: str) -> Path:
    program = folder / "core"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def runner(folder: Path, script: str, events: list[Event] | None = None) -> Runner:
    return Runner(
        core(folder, script), folder, {"ADDED": "yes"}, (events if events is not None else []).append
    )


async def test_lines_are_handed_on_and_the_environment_is_the_run_s_own(tmp_path: Path) -> None:
    events: list[Event] = []
    script = """echo '{"type":"log","@message":"'"$1 $ADDED $TF_IN_AUTOMATION $CHECKPOINT_DISABLE"'"}'"""
    await runner(tmp_path, script, events).apply("plan.file", skip_plan=True, json=IsFlagged)
    assert events == [Log("info", "apply yes 1 1")]
    assert "ADDED" not in os.environ


async def test_the_command_line_has_no_force_and_no_secrets(tmp_path: Path) -> None:
    await runner(tmp_path, 'echo "$@" > arguments').destroy(parallelism=7)
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments == ["destroy", "-auto-approve", "-input=false", "-json", "-parallelism=7"]


async def test_errors_are_those_that_core_reports(tmp_path: Path) -> None:
    line = '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No","detail":"why"}}'
    script = f"echo '{line}'; exit 1"
    with pytest.raises(TerraformError) as error:
        await runner(tmp_path, script).cmd("plan", json=IsFlagged)
    assert [item.summary for item in error.value.diagnostics] == ["No"]
    with pytest.raises(StateLocked):
        await runner(tmp_path, "echo 'Error acquiring the state lock' >&2; exit 1").cmd("plan")


async def test_accepted_exit_codes_are_no_errors(tmp_path: Path) -> None:
    finished = await runner(tmp_path, "exit 2").cmd("plan", accept=(0, 2))
    assert finished.code == 2


async def test_a_cancelled_core_is_interrupted_and_may_finish(tmp_path: Path) -> None:
    events: list[Event] = []
    script = f"trap 'echo saved > state; exit 1' INT; echo '{READY}'; while :; do sleep 0.02; done"
    task = asyncio.create_task(runner(tmp_path, script, events).cmd("apply", json=IsFlagged))
    async with asyncio.timeout(60):
        while not events:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (tmp_path / "state").read_text() == "saved\n"


async def test_a_core_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sunbeam.terraform.runner.GRACE_SECONDS", 0.1)
    events: list[Event] = []
    script = f"trap '' INT; echo $$ > pid; echo '{READY}'; while :; do sleep 0.02; done"
    task = asyncio.create_task(runner(tmp_path, script, events).cmd("apply", json=IsFlagged))
    async with asyncio.timeout(60):
        while not events:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_a_misspelt_method_is_no_command(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        runner(tmp_path, "exit 0").aply()


async def test_a_working_copy_is_private_and_drops_what_is_no_longer_shipped(tmp_path: Path) -> None:
    source = tmp_path / "shipped"
    (source / "thing").mkdir(parents=True)
    (source / "thing/main.tf").write_text("# one")
    stale = tmp_path / "work/thing/old.tf"
    stale.parent.mkdir(parents=True)
    stale.write_text("# old")
    (stale.parent / ".terraform.lock.hcl").write_text("hashes")
    module = Module(
        "thing", source, tmp_path / "work", core(tmp_path, "exit 0"), {}, variables={"password": "hidden"}
    )
    await module.init()
    assert not stale.exists() and not (stale.parent / ".terraform.lock.hcl").exists()
    assert (module.root / VARIABLES).stat().st_mode & 0o777 == 0o600


async def test_an_empty_plan_is_removed_too(tmp_path: Path) -> None:
    (tmp_path / "shipped/thing").mkdir(parents=True)
    program = core(tmp_path, f'[ "$1" != plan ] || echo secret > {PLAN}')
    module = Module("thing", tmp_path / "shipped", tmp_path / "work", program, {})
    assert (await module.converge()).is_empty
    assert not (module.root / PLAN).exists()
    await module.destroy()
    assert not (module.root / PLAN).exists()
