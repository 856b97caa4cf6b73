"""Runs a guest of two instructions under KVM and prints what became of it, as JSON.

Run as a program of its own (a KVM that hangs must not hang us); nothing is left of the guest when it ends.
Standard library only.  The calls and their numbers are those of the kernel's Documentation/virt/kvm/api.rst
and include/uapi/linux/kvm.h.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import struct
import sys
from enum import IntEnum

CODE = bytes.fromhex("d9e8 f4")
"""FLD1 and HLT.  HLT alone proves nothing: a KVM without VMX or SVM below it, such as PVM, emulates it.  FLD1
is not among the instructions that KVM emulates, so that only a processor comes as far as HLT."""
CODE_ADDRESS = 0x1000
TSS_ADDRESS = 0x10000000
"""Where the guest has no memory: three pages that KVM needs on processors of Intel."""
SEGMENT = "=QIH10B"
"""struct kvm_segment: base, limit, selector; type, present, dpl, db, s, l, g, avl, unusable, padding."""
CODE_SEGMENT = struct.pack(SEGMENT, 0, 0xFFFFFFFF, 8, 0xB, 1, 0, 1, 1, 0, 1, 0, 0, 0)
DATA_SEGMENT = struct.pack(SEGMENT, 0, 0xFFFFFFFF, 16, 0x3, 1, 0, 1, 1, 0, 1, 0, 0, 0)
SREGS = 312
"""Bytes of struct kvm_sregs: cs, ds, es, fs, gs, ss, tr, ldt, two tables of 16 bytes, cr0 and others."""
CR0 = 8 * 24 + 2 * 16
PROTECTED_MODE = 1
REGS = "=16QQQ"
"""struct kvm_regs: sixteen registers, rip, rflags."""
EXIT_REASON = 8
"""Where struct kvm_run has it."""
EXIT_HLT = 5
EXITS = {8: "KVM_EXIT_SHUTDOWN", 9: "KVM_EXIT_FAIL_ENTRY", 17: "KVM_EXIT_INTERNAL_ERROR"}


class Call(IntEnum):
    KVM_CREATE_VM = 0xAE01
    KVM_GET_VCPU_MMAP_SIZE = 0xAE04
    KVM_CREATE_VCPU = 0xAE41
    KVM_SET_USER_MEMORY_REGION = 0x4020AE46
    KVM_SET_TSS_ADDR = 0xAE47
    KVM_RUN = 0xAE80
    KVM_SET_REGS = 0x4090AE82
    KVM_GET_SREGS = 0x8138AE83
    KVM_SET_SREGS = 0x4138AE84


class Kernel:
    """The seam that tests replace."""

    def architecture(self) -> str:
        return os.uname().machine

    def open(self, node: str) -> int:
        return os.open(node, os.O_RDWR | os.O_CLOEXEC)

    def ioctl(self, file: int, call: Call, argument: int | bytearray) -> int:
        return fcntl.ioctl(file, call, argument)

    def map(self, file: int, size: int) -> mmap.mmap | bytearray:
        return mmap.mmap(file, size)


class Refused(Exception):
    """The kernel did not do a call; the text says which and why."""


def attempt(node: str, kernel: Kernel) -> tuple[str, str]:
    """Is "works", "fails", "absent" or "unknown", and what was seen."""
    if (architecture := kernel.architecture()) != "x86_64":
        return "unknown", f"the guest that tries it is made for x86_64, this machine is {architecture}"
    try:
        device = kernel.open(node)
    except PermissionError as error:
        return "unknown", f"{node} may not be opened: {error.strerror}"
    except OSError as error:
        return "absent", f"{node} cannot be opened: {error.strerror}"
    try:
        reason = _run(device, kernel)
    except Refused as error:
        return "fails", str(error)
    if reason == EXIT_HLT:
        return "works", "a guest ran to its end"
    return "fails", f"a guest of two instructions ended with {EXITS.get(reason, f'exit reason {reason}')}"


def _run(device: int, kernel: Kernel) -> int:
    """The reason for which KVM_RUN came back.

    The guest is in the mode of firmware, 32 bits without paging: processors that cannot virtualize real mode
    let KVM emulate that, which would look as if they ran nothing.
    """

    def call(file: int, wanted: Call, argument: int | bytearray = 0) -> int:
        try:
            return kernel.ioctl(file, wanted, argument)
        except OSError as error:
            raise Refused(f"{wanted.name}: {error.strerror}") from error

    memory = mmap.mmap(-1, mmap.PAGESIZE)
    memory[: len(CODE)] = CODE
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    machine = call(device, Call.KVM_CREATE_VM)
    call(machine, Call.KVM_SET_TSS_ADDR, TSS_ADDRESS)
    region = struct.pack("=IIQQQ", 0, 0, CODE_ADDRESS, len(memory), address)
    call(machine, Call.KVM_SET_USER_MEMORY_REGION, bytearray(region))

    cpu = call(machine, Call.KVM_CREATE_VCPU)
    sregs = bytearray(SREGS)
    call(cpu, Call.KVM_GET_SREGS, sregs)
    sregs[: 6 * 24] = CODE_SEGMENT + 5 * DATA_SEGMENT
    sregs[CR0] |= PROTECTED_MODE
    call(cpu, Call.KVM_SET_SREGS, sregs)
    call(cpu, Call.KVM_SET_REGS, bytearray(struct.pack(REGS, *[0] * 16, CODE_ADDRESS, 2)))

    seen = kernel.map(cpu, call(device, Call.KVM_GET_VCPU_MMAP_SIZE))
    call(cpu, Call.KVM_RUN)
    (reason,) = struct.unpack_from("=I", seen, EXIT_REASON)
    return int(reason)


if __name__ == "__main__":
    state, why = attempt(sys.argv[1], Kernel())
    print(json.dumps({"state": state, "why": why}))
