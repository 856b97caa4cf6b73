"""Whether guests run under KVM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.facts import kvm_state


@dataclass(frozen=True)
class Kvm:
    """``cpu_flag``: vmx or svm if the processor says it has one; ``state`` "unknown": no QEMU here to try."""

    state: Literal["works", "fails", "absent", "unknown"]
    cpu_flag: str = ""


async def kvm(context: CheckContext) -> Kvm:
    """Boots a guest; where this machine has no QEMU, what the hypervisor's own found in this boot counts."""
    state = await kvm_state(context.probe, context.root)
    if state == "unknown":
        state = _remembered(context)
    flags = (context.root / "proc/cpuinfo").read_text().split()
    return Kvm(state, next((flag for flag in ("vmx", "svm") if flag in flags), ""))


def _remembered(context: CheckContext) -> Literal["works", "fails", "unknown"]:
    try:
        known = json.loads((context.paths.state / "runtime/kvm.json").read_text())
        boot = (context.root / "proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return "unknown"
    if known["boot_id"] != boot:
        return "unknown"
    return "works" if known["works"] else "fails"


def acceleration(kvm: Kvm, wanted: Wanted) -> Iterator[Problem]:
    """A guest was started under KVM; without it VMs run emulated, ten times slower."""
    why = "VMs run emulated, about ten times slower"
    if kvm.state == "absent":
        switch = "enable nested virtualization, or virtualization in the firmware"
        yield Problem(
            "no KVM",
            where="/dev/kvm",
            why=why,
            evidence=f"/dev/kvm is not there; the processor shows {kvm.cpu_flag or 'neither vmx nor svm'}",
            next_command="modprobe kvm_intel || modprobe kvm_amd" if kvm.cpu_flag else switch,
            severity="warning",
            id="kvm-absent",
        )
    elif kvm.state == "fails":
        yield Problem(
            "KVM does not run guests",
            where="/dev/kvm",
            why=why,
            evidence="an empty guest did not come to its end under KVM",
            next_command="dmesg | grep -i kvm",
            severity="warning",
            id="kvm-broken",
        )
