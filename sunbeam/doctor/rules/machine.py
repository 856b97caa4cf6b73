"""What is wrong with the machine: disks, memory, clock, kernel, programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sunbeam.cluster.settings import NodeSettings
from sunbeam.doctor.diagnosis import Diagnosis, Severity
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings import containers, host, network, node, outside

NEEDED_SPACE = 256 << 20
"""Bytes: etcd writes files of 64 MiB, RabbitMQ stops below 100 MB."""
NEEDED_MEMORY = 300 << 20
NEEDED_INODES = 1000
LARGEST_SKEW = timedelta(minutes=5)
OOM_REMEMBERED = timedelta(minutes=30)
OOM_RECENT = timedelta(minutes=3)
RESTARTED = timedelta(seconds=20)
LARGEST_PROCESSES = "grep VmRSS /proc/[0-9]*/status | sort -nk2 | tail"
SLOW_DISK = ("slow fdatasync", "apply request took too long", "leader failed to send out heartbeat on time")


async def disk_full(look: Look) -> list[Diagnosis]:
    return [
        Diagnosis(
            f"The disk of {disk.path} is full",
            f"{disk.mount}: {_mib(disk.free)} of {_mib(disk.size)} are free, {_mib(NEEDED_SPACE)} are needed",
            f"du -xh {disk.mount} | sort -h | tail -n 20",
            about=str(disk.path),
        )
        for disk in await look(host.disks)
        if disk.free < min(NEEDED_SPACE, disk.size // 10)
    ]


async def inodes_used_up(look: Look) -> list[Diagnosis]:
    return [
        Diagnosis(
            f"The file system of {disk.path} has no inodes left for new files",
            f"{disk.mount}: {disk.inodes_free} of {disk.inodes} inodes are free",
            f"du -x --inodes {disk.mount} | sort -n | tail -n 20",
            about=str(disk.path),
        )
        for disk in await look(host.disks)
        if disk.inodes and disk.inodes_free < min(NEEDED_INODES, disk.inodes // 10)
    ]


async def disk_read_only(look: Look) -> list[Diagnosis]:
    return [
        Diagnosis(
            f"The file system of {disk.path} can only be read: the kernel does this after errors of the disk",
            f"{disk.mount} is mounted read-only",
            "dmesg --level=err,crit | tail -n 20",
            about=str(disk.path),
        )
        for disk in await look(host.disks)
        if disk.read_only
    ]


async def disk_slow(look: Look) -> list[Diagnosis]:
    log = await look(node.program_log, "etcd")
    lines = [line for line in log if any(word in line for word in SLOW_DISK)]
    if len(lines) < 5:
        return []
    return [
        Diagnosis(
            "The disk is slow: etcd waits for its writes",
            f"{len(lines)} of etcd's last {len(log)} lines, last: {lines[-1][:300]}",
            f"dd if=/dev/zero of={look.paths.state}/speed bs=4k count=200 oflag=dsync;"
            f" rm {look.paths.state}/speed",
            severity="warning",
        )
    ]


async def clock_wrong(look: Look) -> list[Diagnosis]:
    """Behind what happened here already, or away from the time of the mirror."""
    now = look.clock.now().astimezone(UTC)
    remembered, what = await look(host.remembered_time)
    if remembered - now > LARGEST_SKEW:
        return [await _clock(look, f"it is {now:%Y-%m-%d %H:%M:%S} UTC by the clock, but {what}")]
    answer = await look.known(outside.mirror_answer)
    if answer and answer.date and answer.asked and abs(answer.date - answer.asked) > LARGEST_SKEW:
        told = f"{answer.url} says {answer.date:%Y-%m-%d %H:%M:%S} UTC"
        return [await _clock(look, f"it is {answer.asked:%Y-%m-%d %H:%M:%S} UTC by the clock, {told}")]
    return []


async def _clock(look: Look, evidence: str) -> Diagnosis:
    kept = await look(host.time_kept)
    if kept.daemon:
        evidence += f"; it is kept by {kept.daemon}"
    return Diagnosis(
        "The clock of this machine is wrong: certificates and tokens are not valid at its time",
        evidence,
        kept.remedy,
    )


async def memory_short(look: Look) -> list[Diagnosis]:
    memory = await look(host.memory)
    stalls = memory.stalled > 10
    if memory.available > NEEDED_MEMORY and not stalls:
        return []
    evidence = f"{_mib(memory.available)} of {_mib(memory.total)} are available"
    if memory.swap:
        evidence += f", {_mib(memory.swap - memory.swap_free)} of {_mib(memory.swap)} swap are used"
    if stalls:
        evidence += f"; for {memory.stalled:g} % of the last 10 s every program waited for memory"
    return [Diagnosis("The machine has too little memory", evidence, LARGEST_PROCESSES)]


async def oom_killed(look: Look) -> list[Diagnosis]:
    """The kernel's log names the victim, its container by the cgroup; without it cgroups still count."""
    now = look.clock.now().astimezone(UTC)
    found = {}
    log = await look.known(host.kernel_log) or ()
    for line in log:
        if line.text.startswith("oom-kill:") and now - line.time < OOM_REMEMBERED:
            fields = dict(field.partition("=")[::2] for field in line.text[9:].split(","))
            limited = fields.get("constraint") == "CONSTRAINT_MEMCG"
            unit = await _victim(look, fields.get("task_memcg", ""), line.time)
            if unit or not limited:
                told = (other.text for other in log if f"Killed process {fields.get('pid')} " in other.text)
                evidence = f"{line.time:%H:%M:%S} {next(told, line.text)}"
                found[unit] = _oom(unit, fields.get("task", "a program"), evidence, limited, now - line.time)
    for unit, count in (await look.known(containers.oom_kills) or {}).items():
        evidence = f"its cgroup counts {count} kills for lack of memory"
        found.setdefault(unit, _oom(unit, "a program", evidence, True, OOM_REMEMBERED))
    return list(found.values())


async def _victim(look: Look, group: str, killed: datetime) -> str:
    """The unit of a cgroup; of one that is gone, the unit whose container started right after it."""
    for id, unit in (await look.known(containers.ids) or {}).items():
        if id in group:
            return unit
    for each in await look.known(containers.containers) or () if "libpod" in group else ():
        starts = await look.known(containers.started_at, each.name) or ()
        if any(timedelta(0) <= start - killed < RESTARTED for start in starts):
            return each.unit
    return ""


def _oom(unit: str, program: str, evidence: str, limited: bool, ago: timedelta) -> Diagnosis:
    why = "its container has a limit that is too low" if limited else "the machine had none left"
    return Diagnosis(
        f"The kernel killed {program}{f' of {unit}' if unit else ''} for lack of memory: {why}",
        evidence,
        LARGEST_PROCESSES,
        about=unit,
        severity="error" if ago < OOM_RECENT else "warning",
    )


async def programs_missing(look: Look) -> list[Diagnosis]:
    """Of a machine that is to run containers."""
    if not await look(node.is_node):
        return []
    missing = [name for name, there in (await look(host.programs)).items() if not there]
    packages = [host.PROGRAMS.get(name, "runc") for name in missing]
    return [
        Diagnosis(
            "Programs that containers need were removed from this machine",
            f"not on the path: {', '.join(missing)}",
            f"apt-get install {' '.join(packages)}",
        )
    ] * bool(missing)


async def kvm_unused(look: Look) -> list[Diagnosis]:
    kvm = await look(host.kvm)
    if not kvm.cpu_flag or kvm.state in ("works", "unknown"):
        return []
    return [
        Diagnosis(
            "VMs are emulated, which is slow, although the processor can run them",
            f"the processor has {kvm.cpu_flag}; {kvm.why}",
            f"modprobe {'kvm_intel' if kvm.cpu_flag == 'vmx' else 'kvm_amd'}",
            severity="warning",
        )
    ]


async def names_dead(look: Look) -> list[Diagnosis]:
    lookup = await look(outside.lookup)
    if lookup is None or not lookup.problem:
        return []
    servers = ", ".join(await look(outside.resolvers)) or "none"
    return [
        Diagnosis(
            "Names are not resolved (DNS)",
            f"{lookup.name}: {lookup.problem}; name servers in /etc/resolv.conf: {servers}",
            "sensible-editor /etc/resolv.conf",
            severity=await _severity_outside(look),
        )
    ]


async def mirror_dead(look: Look) -> list[Diagnosis]:
    answer = await look(outside.mirror_answer)
    if answer is None or not answer.problem:
        return []
    return [
        Diagnosis(
            "The package mirror does not answer: images cannot be built",
            f"{answer.url}: {answer.problem}",
            "apt-get update",
            severity=await _severity_outside(look),
        )
    ]


async def _severity_outside(look: Look) -> Severity:
    """A finished cloud runs without the outside."""
    return "error" if await look.known(node.unfinished) else "warning"


async def address_changed(look: Look) -> list[Diagnosis]:
    wanted = (await look(node.settings)).address
    found = await look(network.interfaces)
    addresses = {str(each.ip) for interface in found.values() for each in interface.addresses}
    if wanted in addresses:
        return []
    name = await look.known(network.default_interface) or next(iter(found), "lo")
    now = [str(each) for each in found[name].addresses] if name in found else []
    return [
        Diagnosis(
            f"This machine has lost the address {wanted} that the cloud was made with",
            f"{name} has {', '.join(now) or 'none'}; {NodeSettings.file(look.paths)} says {wanted}",
            f"ip address add {wanted}/32 dev {name}",
        )
    ]


def _mib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 10 << 30 else f"{size >> 20} MiB"
