from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sunbeam.cli import plans
from sunbeam.cli.plans import _rows, _visible
from sunbeam.terraform.module import PLAN, Module


def test_a_look_at_differences_takes_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change that runs meanwhile would fail for want of it."""
    core = tmp_path / "core"
    core.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments; touch {PLAN}\n')
    core.chmod(0o755)
    module = Module("thing", tmp_path, tmp_path / "work", core, {})
    module.root.mkdir(parents=True)

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Module]:
        yield module

    monkeypatch.setattr(plans, "_opened", opened)
    monkeypatch.setattr(plans, "require_root", lambda: None)
    plans.diff("thing")
    assert capsys.readouterr().out == "module thing: no difference\n"
    assert "-lock=false" in (tmp_path / "arguments").read_text().split()


def test_resources_have_the_addresses_that_core_prints() -> None:
    resource = {
        "module": 'module.application["glance"]',
        "mode": "managed",
        "type": "juju_application",
        "name": "this",
        "instances": [
            {"attributes": {"id": "u:glance", "config": {"password": "hidden"}}},
            {"index_key": "a", "status": "tainted", "attributes": {}},
            {"index_key": 0},
        ],
    }
    base = 'module.application["glance"].juju_application.this'
    assert _rows(resource) == [
        {"resource": base, "id": "u:glance", "status": "ok"},
        {"resource": f'{base}["a"]', "id": "", "status": "tainted"},
        {"resource": f"{base}[0]", "id": "", "status": "ok"},
    ]


def test_a_sensitive_output_is_not_shown() -> None:
    assert _visible({"value": "hidden", "sensitive": True}) == "(sensitive)"
    assert _visible({"value": 1}) == 1
