"""What this machine can really do.  Everything is tried: a device node or a module name proves nothing."""

from dataclasses import dataclass
from pathlib import Path

from process import Run, succeeds

BOOT_ID = Path("proc/sys/kernel/random/boot_id")
PROBE = "sunbeam-probe"


@dataclass(frozen=True)
class Abilities:
    """``kvm``: guests run on the processor; ``kernel_datapath``: the kernel has Open vSwitch and Geneve."""

    kvm: bool
    kernel_datapath: bool

    @property
    def datapath_type(self) -> str:
        return "system" if self.kernel_datapath else "netdev"


def boot_id(root: Path) -> str:
    """The kernel's name for this boot; abilities hold for as long as it stays the same."""
    path = root / BOOT_ID
    return path.read_text().strip() if path.exists() else ""


def probe(run: Run, root: Path) -> Abilities:
    """Try everything.  Takes up to 10 s, once a boot."""
    return Abilities(kvm=_kvm_runs_code(run, root), kernel_datapath=_kernel_switches(run))


def _kvm_runs_code(run: Run, root: Path) -> bool:
    """Whether the firmware of an empty guest runs to its end under KVM.

    With nothing to boot it asks for a reboot, which ends QEMU with success.  A KVM that opens but cannot run
    guests aborts QEMU, or leaves it paused until the time is up.
    """
    if not (root / "dev/kvm").exists():
        return False
    guest = "-accel kvm -cpu host -nodefaults -display none -net none -m 32 -no-reboot -boot reboot-timeout=1"
    return succeeds(run, "qemu-system-x86_64", *guest.split(), timeout=60)


def _kernel_switches(run: Run) -> bool:
    for module in ("openvswitch", "geneve"):
        succeeds(run, "modprobe", "--quiet", module)
    if not succeeds(run, "ovs-dpctl", "add-dp", PROBE):
        return False
    run(["ovs-dpctl", "del-dp", PROBE])
    if not succeeds(run, "ip", "link", "add", PROBE, "type", "geneve", "id", "1", "remote", "127.0.0.1"):
        return False
    run(["ip", "link", "delete", PROBE])
    return True
