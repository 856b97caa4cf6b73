"""Whether guests run under KVM."""

from __future__ import annotations

from collections.abc import Iterator

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.kvm import Kvm, try_kvm


async def kvm(context: CheckContext) -> Kvm:
    """Runs a guest of two instructions."""
    return await try_kvm(context.processes, context.root)


def acceleration(kvm: Kvm, wanted: Wanted) -> Iterator[Problem]:
    """A guest was started under KVM; without it VMs run emulated, ten times slower."""
    why = "VMs run emulated, about ten times slower"
    if kvm.state == "absent":
        switch = "enable nested virtualization, or virtualization in the firmware"
        yield Problem(
            "no KVM",
            where="/dev/kvm",
            why=why,
            evidence=f"{kvm.why}; the processor shows {kvm.cpu_flag or 'neither vmx nor svm'}",
            next_command="modprobe kvm_intel || modprobe kvm_amd" if kvm.cpu_flag else switch,
            severity="warning",
            id="kvm-absent",
        )
    elif kvm.state == "fails":
        yield Problem(
            "KVM does not run guests",
            where="/dev/kvm",
            why=why,
            evidence=f"{kvm.why}; the processor shows {kvm.cpu_flag or 'neither vmx nor svm'}",
            next_command="dmesg | grep -i kvm",
            severity="warning",
            id="kvm-broken",
        )
    elif kvm.state == "unknown":
        yield Problem(
            "KVM could not be tried",
            where="/dev/kvm",
            why=f"if it does not run guests, {why}",
            evidence=kvm.why,
            next_command="ls -l /dev/kvm",
            severity="warning",
            id="kvm-untried",
        )
