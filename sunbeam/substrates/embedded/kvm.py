"""Whether guests run under KVM on this machine.  It needs no QEMU to tell."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sunbeam.core.file_text import text
from sunbeam.core.process import Processes

SECONDS = 4
"""A guest takes some milliseconds, the Python that starts it some tens."""
GUEST = Path(__file__).with_name("kvm_guest.py")
KvmState = Literal["works", "fails", "absent", "unknown"]


@dataclass(frozen=True)
class Kvm:
    """``why``: what was seen; ``cpu_flag``: vmx or svm if the processor says it has one, else empty."""

    state: KvmState
    why: str = ""
    cpu_flag: str = ""


async def try_kvm(processes: Processes, root: Path = Path("/")) -> Kvm:
    """Runs a guest; "unknown" where none can be tried, since the node alone proves nothing."""
    flag = re.search(r"\b(vmx|svm)\b", text(root / "proc/cpuinfo"))
    state, why = await _attempt(processes, root / "dev/kvm")
    return Kvm(state, why, flag[1] if flag else "")


async def kvm_works(processes: Processes, memory: Path, root: Path = Path("/")) -> bool:
    """Whether machine containers are given KVM; ``memory`` keeps the answer until the next boot.

    A machine that has guests is not made anew because a later attempt went another way.
    """
    if not (root / "dev/kvm").exists():
        return False
    boot_id = (root / "proc/sys/kernel/random/boot_id").read_text().strip()
    if memory.exists():
        known = json.loads(memory.read_text())
        if known["boot_id"] == boot_id:
            return bool(known["works"])
    state = (await try_kvm(processes, root)).state
    if state in ("works", "fails"):
        memory.write_text(json.dumps({"boot_id": boot_id, "works": state == "works"}))
    return state == "works"


async def _attempt(processes: Processes, node: Path) -> tuple[KvmState, str]:
    if not node.exists():
        return "absent", "/dev/kvm is not there"
    try:
        completed = await processes.run([sys.executable, "-I", GUEST, node], timeout=SECONDS, check=False)
        seen = json.loads(completed.stdout)
    except TimeoutError:
        return "fails", f"no end of a guest within {SECONDS} s"
    except OSError as error:
        return "unknown", f"{GUEST.name} did not start: {error}"
    except ValueError:
        last = completed.stderr.strip().splitlines()[-1:]
        return "unknown", f"{GUEST.name} ended with {completed.returncode}: {''.join(last)}"
    return seen["state"], seen["why"]
