"""Machine containers: namespaces that hooks enter, a disk that lasts, nothing of the host in reach."""

from __future__ import annotations

from pathlib import Path

from sunbeam.operators.runtime import MachineSpec

from .conftest import MODEL, Start, Substrate

MACHINE = f"machine-0-{MODEL[:8]}"


async def boot(substrate: Substrate, start: Start) -> MachineSpec:
    spec = substrate.machine("0")
    await (await start()).ensure_machine(spec)
    await substrate.sight.until(lambda: bool(substrate.sight.boot_id("0")))
    return spec


async def test_hooks_enter_by_pid_and_see_shared_folders(substrate: Substrate, start: Start) -> None:
    spec = await boot(substrate, start)
    (spec.folders[0] / "told").write_text("by the host\n")
    pid = substrate.sight.machine("0").pid
    entered = ["nsenter", f"--target={pid}", "--all", "sh", "-c"]
    script = f"hostname; cat {spec.folders[0]}/told; ls /sys/class/net"
    seen = await substrate.processes.run([*entered, script])
    words = seen.stdout.split()
    assert words[:4] == ["machines-0", "by", "the", "host"]
    assert {"mgmt0", "ext0"} <= set(words)


async def test_it_can_make_networks_but_not_touch_the_host(substrate: Substrate, start: Start) -> None:
    await boot(substrate, start)
    await substrate.inside(MACHINE, "ip", "netns", "add", "ovnmeta")
    await substrate.inside(MACHINE, "ip", "tuntap", "add", "tap0", "mode", "tap")
    await substrate.inside(MACHINE, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    devices = set((await substrate.inside(MACHINE, "ls", "/dev")).split())
    disks = {path.name for path in Path("/sys/class/block").iterdir()}
    assert not devices & disks
    mounts = (await substrate.inside(MACHINE, "cat", "/proc/mounts")).splitlines()
    cgroups = [line.split() for line in mounts if line.split()[2] in ("cgroup", "cgroup2")]
    assert all("ro" in words[3].split(",") for words in cgroups)


async def test_its_disk_outlives_a_stop_and_a_new_container(substrate: Substrate, start: Start) -> None:
    spec = await boot(substrate, start)
    await substrate.inside(MACHINE, "sh", "-c", "echo 1 > /etc/kept; echo 2 > /var/lib/nova/kept")
    runtime = await start()
    await runtime.ensure_machine(spec)
    await runtime.stop_all()
    states = [each["State"] for each in await substrate.podman.containers()]
    assert states == ["exited"]

    await boot(substrate, start)
    assert await substrate.inside(MACHINE, "cat", "/etc/kept", "/var/lib/nova/kept") == "1\n2"


async def test_a_removed_machine_leaves_no_disk(substrate: Substrate, start: Start) -> None:
    await boot(substrate, start)
    runtime = await start()
    await runtime.remove_machine(MODEL, "0")
    volumes = await substrate.podman.call(["volume", "ls", "--quiet"])
    assert volumes.stdout == ""
    assert await substrate.podman.containers() == []
