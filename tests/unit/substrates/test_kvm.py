"""Whether guests run under KVM: what the machine is told, and what of it is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sunbeam.core.process import Completed
from sunbeam.substrates.embedded.kvm import GUEST, Kvm, kvm_works, try_kvm
from tests.fakes.processes import FakeProcesses

WORKS = json.dumps({"state": "works", "why": "a guest ran to its end"})
FAILS = json.dumps({"state": "fails", "why": "KVM_RUN: Input/output error"})
UNKNOWN = json.dumps({"state": "unknown", "why": "/dev/kvm may not be opened: Permission denied"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A processor of AMD with a device for KVM."""
    for name, text in {
        "dev/kvm": "",
        "proc/cpuinfo": "flags\t\t: fpu lm svm\n",
        "proc/sys/kernel/random/boot_id": "boot-1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def answering(answer: Completed | str | BaseException) -> FakeProcesses:
    processes = FakeProcesses()
    processes.expect(sys.executable, "-I", str(GUEST), answer=answer)
    return processes


async def test_without_its_node_it_is_absent_and_nothing_is_run(tmp_path: Path) -> None:
    assert await try_kvm(FakeProcesses(), tmp_path) == Kvm("absent", "/dev/kvm is not there")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (WORKS, Kvm("works", "a guest ran to its end", "svm")),
        (FAILS, Kvm("fails", "KVM_RUN: Input/output error", "svm")),
        (TimeoutError(), Kvm("fails", "no end of a guest within 4 s", "svm")),
        (PermissionError("python3"), Kvm("unknown", "kvm_guest.py did not start: python3", "svm")),
        (
            Completed((), 1, "", "Traceback\nImportError: ctypes\n"),
            Kvm("unknown", "kvm_guest.py ended with 1: ImportError: ctypes", "svm"),
        ),
    ],
)
async def test_a_guest_decides_without_qemu(
    root: Path, answer: Completed | str | BaseException, found: Kvm
) -> None:
    processes = answering(answer)
    assert await try_kvm(processes, root) == found
    assert processes.calls == [(sys.executable, "-I", str(GUEST), str(root / "dev/kvm"))]


@pytest.mark.parametrize(("answer", "works"), [(WORKS, True), (FAILS, False), (TimeoutError(), False)])
async def test_machines_keep_the_first_answer_until_the_next_boot(
    root: Path, answer: str | BaseException, works: bool
) -> None:
    memory = root / "kvm.json"
    assert await kvm_works(answering(answer), memory, root) is works
    assert await kvm_works(FakeProcesses(), memory, root) is works
    (root / "proc/sys/kernel/random/boot_id").write_text("boot-2\n")
    assert await kvm_works(answering(FAILS if works else WORKS), memory, root) is not works


async def test_an_attempt_that_could_not_be_made_is_not_kept(root: Path) -> None:
    memory = root / "kvm.json"
    assert not await kvm_works(answering(UNKNOWN), memory, root)
    assert await kvm_works(answering(WORKS), memory, root)


async def test_machines_get_no_node_that_has_gone(root: Path) -> None:
    memory = root / "kvm.json"
    assert await kvm_works(answering(WORKS), memory, root)
    (root / "dev/kvm").unlink()
    assert not await kvm_works(FakeProcesses(), memory, root)
