"""What a dry run lists is what the change then does to the real cloud, and undoing takes it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby

from sunbeam.core.event_log import read_events
from sunbeam.core.paths import Paths

Program = Callable[..., str]
VM = "passing"


def previewed(sunbeam: Program, *words: str) -> list[tuple[str, str]]:
    """What a change would touch: how, and what."""
    (line,) = sunbeam(*words, "--dry-run", "--output", "json").splitlines()
    tasks = json.loads(line)["preview"]["tasks"]
    return [(touch["verb"], touch["name"]) for task in tasks for touch in task["foresight"]["touches"]]


def performed(change: int) -> list[tuple[str, str]]:
    """What was tried again at once counts once."""
    events = read_events(Paths().change_logs, change)
    touches = [(each["verb"], each["target"]) for each in events if each["type"] == "host-changed"]
    return [touch for touch, _ in groupby(touches)]


def vms(openstack: Program) -> list[str]:
    return [each["Name"] for each in json.loads(openstack("server", "list", "-f", "json", cloud="demo"))]


def test_a_cloud_that_is_as_wanted_would_not_be_changed(sunbeam: Program) -> None:
    assert previewed(sunbeam, "configure") == []
    sunbeam("diff")


def test_a_vm_is_previewed_launched_and_taken_back(sunbeam: Program, openstack: Program) -> None:
    foreseen = previewed(sunbeam, "launch", VM)
    assert foreseen == [("create server", VM), ("create floating address", VM)] and VM not in vms(openstack)
    sunbeam("launch", VM)
    change = max(each["id"] for each in json.loads(sunbeam("changes", "--format", "json")))
    assert performed(change) == foreseen and VM in vms(openstack)
    sunbeam("undo", str(change), "--yes")
    assert vms(openstack) == ["first"]
    addresses = json.loads(openstack("floating", "ip", "list", "-f", "json", cloud="demo"))
    assert len(addresses) == 1
