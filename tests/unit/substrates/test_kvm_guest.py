"""The guest that tries KVM, on kernels of several kinds."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam.substrates.embedded import kvm_guest
from sunbeam.substrates.embedded.kvm_guest import Call, Kernel, attempt

DEVICE, MACHINE, CPU = 3, 4, 5
HLT, FLD1 = b"\xf4", b"\xd9\xe8"
END, SHUTDOWN, INTERNAL_ERROR = 5, 8, 17
PROTECTED_MODE, PAGING = 1, 1 << 31


class FakeKernel(Kernel):
    """A KVM whose guests know ``instructions``; the first other one ends them with an internal error.

    Strict: a call on a wrong file or before what it needs fails the test.  ``refuses`` maps a call to errno.
    """

    def __init__(self, *instructions: bytes, refuses: dict[Call | str, int] | None = None) -> None:
        self.instructions = instructions
        self.refuses = refuses or {}
        self.calls: list[Call] = []
        self.seen = bytearray(4096)
        self.memory = b""
        self.base = 0
        self.sregs = bytearray(312)
        self.rip = 0

    def architecture(self) -> str:
        return "x86_64"

    def open(self, node: str) -> int:
        assert node == "/dev/kvm"
        self._refuse("open")
        return DEVICE

    def map(self, file: int, size: int) -> bytearray:
        assert (file, size) == (CPU, len(self.seen))
        return self.seen

    def ioctl(self, file: int, call: Call, argument: int | bytearray) -> int:
        self._refuse(call)
        self.calls.append(call)
        match (file, call, argument):
            case (3, Call.KVM_CREATE_VM, 0):
                return MACHINE
            case (3, Call.KVM_GET_VCPU_MMAP_SIZE, 0):
                return len(self.seen)
            case (4, Call.KVM_SET_TSS_ADDR, int()):
                assert Call.KVM_CREATE_VCPU not in self.calls
            case (4, Call.KVM_SET_USER_MEMORY_REGION, bytearray()):
                slot, flags, self.base, size, address = struct.unpack("=IIQQQ", argument)
                assert (slot, flags, self.base % 4096, size % 4096, address % 4096) == (0, 0, 0, 0, 0)
                self.memory = ctypes.string_at(address, size)
            case (4, Call.KVM_CREATE_VCPU, 0):
                return CPU
            case (5, Call.KVM_GET_SREGS, bytearray()):
                struct.pack_into("=Q", self.sregs, 224, 0x60000010)
                argument[:] = self.sregs
            case (5, Call.KVM_SET_SREGS, bytearray()):
                assert len(argument) == len(self.sregs)
                self.sregs = argument
            case (5, Call.KVM_SET_REGS, bytearray()):
                *_, self.rip, flags = struct.unpack("=16QQQ", argument)
                assert flags == 2
            case (5, Call.KVM_RUN, 0):
                struct.pack_into("=I", self.seen, 8, self._run())
            case _:
                raise AssertionError(f"unexpected call: {call.name} of {file} with {argument!r}")
        return 0

    def _run(self) -> int:
        base, limit = struct.unpack_from("=QI", self.sregs, 0)
        present, dpl, wide = self.sregs[15:18]
        assert (base, limit, present, dpl, wide) == (0, 0xFFFFFFFF, 1, 0, 1)
        (cr0,) = struct.unpack_from("=Q", self.sregs, 224)
        assert cr0 & PROTECTED_MODE and not cr0 & PAGING and cr0 & 0x60000010 == 0x60000010
        code = self.memory[self.rip - self.base :]
        while not code.startswith(HLT):
            known = next((each for each in self.instructions if code.startswith(each)), None)
            if known is None:
                return INTERNAL_ERROR
            code = code[len(known) :]
        return END if HLT in self.instructions else SHUTDOWN

    def _refuse(self, call: Call | str) -> None:
        if call in self.refuses:
            raise OSError(self.refuses[call], os.strerror(self.refuses[call]))


def test_a_guest_on_a_processor_comes_to_its_end() -> None:
    assert attempt("/dev/kvm", FakeKernel(FLD1, HLT)) == ("works", "a guest ran to its end")


def test_a_kvm_that_only_emulates_hlt_does_not_run_guests() -> None:
    state, why = attempt("/dev/kvm", FakeKernel(HLT))
    assert (state, why) == ("fails", "a guest of two instructions ended with KVM_EXIT_INTERNAL_ERROR")


def test_a_guest_that_ends_otherwise_did_not_run() -> None:
    assert attempt("/dev/kvm", FakeKernel(FLD1)) == (
        "fails",
        "a guest of two instructions ended with KVM_EXIT_SHUTDOWN",
    )


@pytest.mark.parametrize("call", list(Call))
def test_a_call_that_the_kernel_refuses_is_named(call: Call) -> None:
    kernel = FakeKernel(FLD1, HLT, refuses={call: errno.EBUSY})
    assert attempt("/dev/kvm", kernel) == ("fails", f"{call.name}: Device or resource busy")


@pytest.mark.parametrize(
    ("reason", "state"),
    [(errno.EACCES, "unknown"), (errno.EPERM, "unknown"), (errno.ENODEV, "absent"), (errno.ENOENT, "absent")],
)
def test_a_device_that_does_not_open_is_not_tried(reason: int, state: str) -> None:
    kernel = FakeKernel(refuses={"open": reason})
    found, why = attempt("/dev/kvm", kernel)
    assert (found, kernel.calls) == (state, []) and os.strerror(reason) in why


def test_other_architectures_are_not_tried() -> None:
    class Arm(FakeKernel):
        def architecture(self) -> str:
            return "aarch64"

    kernel = Arm(refuses={"open": errno.ENOENT})
    assert attempt("/dev/kvm", kernel) == (
        "unknown",
        "the guest that tries it is made for x86_64, this machine is aarch64",
    )


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the guest is made for x86_64")
def test_the_program_prints_what_it_saw(tmp_path: Path) -> None:
    (tmp_path / "kvm").touch()
    program = [sys.executable, "-I", kvm_guest.__file__, str(tmp_path / "kvm")]
    printed = subprocess.run(program, capture_output=True, check=True).stdout
    why = "KVM_CREATE_VM: Inappropriate ioctl for device"
    assert json.loads(printed) == {"state": "fails", "why": why}
