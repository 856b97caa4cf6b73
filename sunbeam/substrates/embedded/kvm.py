"""Whether guests can run under KVM, tried with the QEMU of the image that will run them."""

from __future__ import annotations

import json
from pathlib import Path

from sunbeam.core.process import ProcessFailed
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.probes import KVM_GUEST

SECONDS = 60
NODE = Path("/dev/kvm")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


async def kvm_works(podman: Podman, image: str, memory: Path) -> bool:
    """Boot an empty guest in a throw-away container; ``memory`` remembers the answer until the next boot.

    An unusable node makes libvirt examine QEMU again before every guest, so it is not shown to machines.
    """
    if not NODE.exists():
        return False
    boot_id = BOOT_ID.read_text().strip()
    if memory.exists():
        known = json.loads(memory.read_text())
        if known["boot_id"] == boot_id:
            return bool(known["works"])
    program, *arguments = KVM_GUEST
    name = "sunbeam-kvm-probe"
    words = ["run", "--rm", "--replace", f"--name={name}", "--pull=never", "--network=none"]
    words += [f"--device={NODE}", f"--entrypoint={program}", image, *arguments]
    try:
        await podman.call(words, timeout=SECONDS)
        works = True
    except (ProcessFailed, TimeoutError):
        works = False
    await podman.call(["rm", "--force", "--ignore", "--time=0", name], check=False, timeout=30)
    memory.write_text(json.dumps({"boot_id": boot_id, "works": works}))
    return works
