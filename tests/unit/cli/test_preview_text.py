"""A preview as a person reads it."""

from __future__ import annotations

from typing import Literal

import pytest

from sunbeam.cli.preview_text import preview_lines, summary
from sunbeam.core.foresight import (
    UNKNOWN,
    Artifact,
    AttributeChange,
    Foresight,
    PlannedTask,
    Preview,
    ResourceChange,
    Touch,
)
from sunbeam.core.shapes import mapped

OLD, NEW = "a" * 64, "b" * 64
LOOKS = Foresight(changes=False)


def planned(
    title: str, phase: str, foresight: Foresight, seconds: float = 1.0, *, measured: bool = True
) -> PlannedTask:
    return PlannedTask(title.lower(), title, phase, seconds, measured, foresight)


def made(verb: Literal["build", "fetch"], name: str, size: int | None = None) -> Foresight:
    return Foresight(artifacts=(Artifact(verb, name, size),))


PREVIEW = Preview(
    "cluster bootstrap",
    "Bootstrap the cloud",
    (
        planned("Prepare", "Machine", Foresight(touches=(
            Touch("package", "install", "podman"), Touch("package", "install", "runc"),
            Touch("file", "write", "/etc/a"),
            *(Touch("file", "pack", f"/var/charms/{name}") for name in ("a", "b", "c", "d")),
        ))),
        planned("Build nova", "Images", made("build", "image nova", 814_000_000), 42),
        planned("Fetch", "Images", Foresight(artifacts=(Artifact("fetch", "x"),), note="from npm")),
        planned("Build base", "Images", made("build", "image base"), 45, measured=False),
        planned("Deploy", "", Foresight(
            resources=(
                ResourceChange("juju_model.a", "create"),
                *(ResourceChange(f'juju_integration.this["{i}:db"]', "create") for i in range(20)),
                ResourceChange('module.application["nova"].juju_application.this', "update", (
                    AttributeChange("charm.origin_hash", OLD, NEW),
                    AttributeChange("charm.path_hash", OLD, NEW),
                    AttributeChange("storage", "", UNKNOWN), AttributeChange("config.size", "64", ""),
                    AttributeChange("config.password", "(sensitive)", "(sensitive)"),
                )),
                ResourceChange("juju_offer.b", "delete"),
            ),
            risks=("deleted with what they store: b",),
        )),
        planned("Wait", "", LOOKS, 30),
    ),
    ("Find OpenTofu",),
    125.0,
    ("build base", "build nova", "deploy", "wait"),
    "rack-7",
)  # fmt: skip


def test_all_of_it() -> None:
    assert list(preview_lines(PREVIEW)) == [
        "Bootstrap the cloud: 6 tasks, about 2 min",
        "On rack-7",
        "",
        "Machine",
        "  Prepare",
        "    install packages podman, runc",
        "    write /etc/a",
        "    pack 4 in /var/charms: a, b, c, d",
        "",
        "Images",
        "  Build nova, 814 MB, about 40 s",
        "  Fetch",
        "    fetch x, size unknown",
        "    from npm",
        "  Build base, size unknown, about 40 s",
        "",
        "Deploy",
        '  ~ update module.application["nova"].juju_application.this',
        "      charm.path_hash: aaaaaaaaaaaa… -> bbbbbbbbbbbb…",
        "      config.size: 64 -> none",
        "      config.password: (sensitive) -> (sensitive)",
        "  + create 1 juju_model: a",
        "  + create 20 juju_integration",
        "  - delete 1 juju_offer: b",
        "Wait, looks only, about 30 s",
        "",
        "As wanted already: Find OpenTofu",
        "",
        "Risks",
        "  ! deleted with what they store: b",
        "",
        "Estimate: about 2 min, by the last times here of 5 tasks, else typical ones.",
        "Longest way: Build base 45 s, Build nova 42 s, Deploy 1 s, Wait 30 s.",
    ]


def test_a_difference_leaves_out_what_only_looks() -> None:
    lines = list(preview_lines(PREVIEW, only_changes=True))
    assert lines[0] == summary(PREVIEW, only_changes=True)
    assert lines[0] == "Bootstrap the cloud: 5 tasks, about 2 min"
    assert not any(line.startswith(("Wait", "As wanted")) for line in lines)
    nothing = Preview("x", "Bootstrap the cloud", (planned("Wait", "", LOOKS),), (), 1.0, ())
    assert list(preview_lines(nothing, only_changes=True)) == ["Bootstrap the cloud: nothing to change"]


def test_an_undo_tells_what_stays_and_only_times_that_were_measured() -> None:
    removed = Foresight(touches=(Touch("file", "remove", "/etc/a"),))
    told = Foresight(changes=False, note="nothing to take back")
    tasks = (planned("Write", "", removed, 0, measured=False), planned("Look", "", told, 20))
    undo = Preview("fix", "Undo: Fix", tasks, (), 20.0, ("look",), stays=("Configure: it stays",))
    assert list(preview_lines(undo)) == [
        "Undo: Fix: 2 tasks, about 20 s",
        "",
        "Write",
        "  remove /etc/a",
        "Look, about 20 s",
        "  nothing to take back",
        "",
        "Stays as it is",
        "  Configure: it stays",
        "",
        "Estimate: about 20 s, by the last times here of 1 task, the rest is not known.",
        "Longest way: Look 20 s.",
    ]
    unknown = Preview("fix", "Undo: Fix", tasks[:1], (), 0.0, ("write",))
    lines = list(preview_lines(unknown))
    assert lines[0] == "Undo: Fix: 1 task"
    assert lines[-1] == "Estimate: none, none of this was measured here."


def test_verbose_has_every_attribute() -> None:
    lines = "\n".join(preview_lines(PREVIEW, verbose=True))
    assert "charm.origin_hash" in lines and "storage: (known after apply)" in lines
    assert '+ create juju_integration.this["7:db"]' in lines


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_it_is_folded_to_the_window(columns: int) -> None:
    assert all(len(line) <= columns for line in preview_lines(PREVIEW, columns=columns))


def test_secrets_can_be_taken_out_of_all_of_it() -> None:
    clean = mapped(PREVIEW, lambda text: text.replace("nova", "********"))
    assert "nova" not in "\n".join(preview_lines(clean, verbose=True)) and "nova" not in repr(clean)
    assert clean.seconds == PREVIEW.seconds and clean.tasks[0] == PREVIEW.tasks[0]
