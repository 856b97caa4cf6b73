from dataclasses import replace
from pathlib import Path

from sunbeam.operators.runtime import ContainerSpec, MachineSpec, Mount, PodSpec
from sunbeam.substrates.embedded.container import (
    HostView,
    image_name,
    machine_container,
    machine_volumes,
    pod_containers,
)

MODEL = "0f4b2c1e-5a6b-4222-8333-444455556666"
HOST = HostView(Path("/s/hosts"), Path("/s/bin"), Path("/s/log"), Path("/r/pids"))
NAMESPACE = Path("/run/netns/web-0-0f4b2c1e")
POD = PodSpec(
    MODEL,
    "openstack",
    "web",
    "web/0",
    (
        ContainerSpec("web", "localhost/sunbeam/web:latest", Path("/u/web"), (Mount(Path("/d"), "/srv"),)),
        ContainerSpec("side", "localhost/sunbeam/side:latest", Path("/u/side")),
    ),
)
MACHINE = MachineSpec(MODEL, "machines", "0", "machines-0", "", (Path("/s/agent"),))


def test_a_workload_container() -> None:
    web, side = pod_containers(POD, NAMESPACE, HOST)
    assert (web.name, side.name) == ("web-0-0f4b2c1e.web", "web-0-0f4b2c1e.side")
    words = web.argv()
    for word in (
        "--network=ns:/run/netns/web-0-0f4b2c1e",
        "--hostname=web-0",
        "--volume=/s/hosts:/etc/hosts:ro",
        "--volume=/s/bin:/charm/bin:ro",
        "--volume=/u/web:/charm/container",
        "--volume=/d:/srv",
        "--pull=never",
    ):
        assert word in words
    assert words[-6:] == [
        "--entrypoint=/charm/bin/pebble",
        "localhost/sunbeam/web:latest",
        "run",
        "--create-dirs",
        "--hold",
        "--verbose",
    ]
    assert not any(word.startswith(("--cap-add", "--privileged", "--device")) for word in words)


def test_ports_and_exposure_do_not_make_it_another_container() -> None:
    again = replace(POD, ports=("443/tcp",), exposed=True)
    assert [each.spec for each in pod_containers(again, NAMESPACE, HOST)] == [
        each.spec for each in pod_containers(POD, NAMESPACE, HOST)
    ]


def test_another_image_or_mount_makes_it_another_container() -> None:
    web, _ = pod_containers(POD, NAMESPACE, HOST)
    for changed in ({"image": "other:1"}, {"mounts": ()}):
        container = replace(POD.containers[0], **changed)
        (other,) = pod_containers(replace(POD, containers=(container,)), NAMESPACE, HOST)
        assert other.spec != web.spec


def test_a_machine_sees_kvm_only_if_it_works() -> None:
    assert "--device=/dev/kvm" in machine_container(MACHINE, NAMESPACE, HOST, kvm=True).argv()
    without = machine_container(MACHINE, NAMESPACE, HOST, kvm=False).argv()
    assert "--device=/dev/net/tun" in without
    assert "--device=/dev/kvm" not in without


def test_a_machine_has_all_capabilities_but_no_cgroups_of_the_host() -> None:
    words = machine_container(MACHINE, NAMESPACE, HOST, kvm=False).argv()
    assert "--cap-add=ALL" in words
    assert "--cgroupns=private" in words
    assert "--privileged" not in words
    assert not any("/sys/fs/cgroup" in word for word in words)


def test_a_machine_keeps_its_data_and_shares_folders() -> None:
    machine = machine_container(MACHINE, NAMESPACE, HOST, kvm=False)
    assert machine.is_machine
    assert "--volume=/s/agent:/s/agent" in machine.argv()
    for volume, path in machine_volumes(machine.name).items():
        assert f"--volume={volume}:{path}" in machine.argv()
    assert "/var/lib/nova" in machine_volumes(machine.name).values()


def test_the_image_of_a_machine() -> None:
    assert image_name("") == "localhost/sunbeam/hypervisor:latest"
    assert image_name("base") == "localhost/sunbeam/base:latest"
