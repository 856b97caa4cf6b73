"""What podman is told to run: pure translations of the engine's specs into arguments of ``podman run``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sunbeam.operators.runtime import ContainerSpec, MachineSpec, PodSpec

PEBBLE = "/charm/bin/pebble"
PEBBLE_ARGUMENTS = ("run", "--create-dirs", "--hold", "--verbose")
POD_SOCKET_FOLDER = "/charm/container"
MACHINE_SOCKET_FOLDER = "/run"
MACHINE_DATA = ("/var/lib/nova", "/var/lib/openvswitch", "/var/lib/ovn", "/var/lib/libvirt")
KEY_LABEL = "sunbeam.key"
SPEC_LABEL = "sunbeam.spec"

POD_STOP_SECONDS = 30
MACHINE_STOP_SECONDS = 120


@dataclass(frozen=True)
class HostView:
    """What every container sees of the host: the hosts file and the folder of Pebble."""

    hosts_file: Path
    bin: Path
    logs: Path
    pids: Path


@dataclass(frozen=True)
class Container:
    """One container to keep running; ``argv`` follows ``podman run``.

    ``is_machine``: its disk is kept when it stops.  ``socket_folder`` is where the host finds Pebble's
    socket; None if it must be looked up in the namespace of the container's process.
    """

    name: str
    key: str
    image: str
    arguments: tuple[str, ...]
    pids: Path
    stop_seconds: int
    socket_folder: Path | None = None
    is_machine: bool = False

    @property
    def spec(self) -> str:
        """Changes when the container must be made anew."""
        return hashlib.sha256("\0".join((self.image, *self.arguments)).encode()).hexdigest()[:16]

    @property
    def pid_file(self) -> Path:
        return self.pids / f"{self.name}.pid"

    @property
    def conmon_file(self) -> Path:
        return conmon_file(self.pids, self.name)

    def argv(self) -> list[str]:
        """Words for podman; a container of the same name that is in the way goes."""
        return [
            "run", "--detach", "--replace", "--pull=never",
            f"--name={self.name}", f"--label={KEY_LABEL}={self.key}", f"--label={SPEC_LABEL}={self.spec}",
            f"--pidfile={self.pid_file}", f"--conmon-pidfile={self.conmon_file}",
            *self.arguments,
            f"--entrypoint={PEBBLE}", self.image, *PEBBLE_ARGUMENTS,
        ]  # fmt: skip


def conmon_file(pids: Path, name: str) -> Path:
    """Where podman notes the conmon of the container ``name``."""
    return pids / f"{name}.conmon"


def unit_key(model_uuid: str, unit: str) -> str:
    return f"{unit.replace('/', '-')}-{model_uuid[:8]}"


def machine_key(model_uuid: str, number: str) -> str:
    return f"machine-{number.replace('/', '-')}-{model_uuid[:8]}"


def is_machine_key(key: str) -> bool:
    return key.startswith("machine-")


def machine_volumes(key: str) -> dict[str, str]:
    """Podman volumes by the folder of a machine that outlives its container; they start as the image's."""
    return {f"{key}{path.replace('/', '-')}": path for path in MACHINE_DATA}


def image_name(image_id: str) -> str:
    """The image behind the constraint ``image-id``, by default the hypervisor's."""
    return f"localhost/sunbeam/{image_id or 'hypervisor'}:latest"


def pod_containers(spec: PodSpec, namespace: Path, host: HostView) -> list[Container]:
    key = unit_key(spec.model_uuid, spec.unit)
    return [_workload(spec, container, key, namespace, host) for container in spec.containers]


def _workload(
    spec: PodSpec, container: ContainerSpec, key: str, namespace: Path, host: HostView
) -> Container:
    name = f"{key}.{container.name}"
    volumes = [_volume(container.socket_folder, POD_SOCKET_FOLDER)]
    volumes += [_volume(mount.source, mount.target, mount.read_only) for mount in container.mounts]
    return Container(
        name=name,
        key=key,
        image=container.image,
        arguments=(
            *_common(name, spec.unit.replace("/", "-"), namespace, host),
            *volumes,
            f"--env=PEBBLE_SOCKET={POD_SOCKET_FOLDER}/pebble.socket",
            f"--stop-timeout={POD_STOP_SECONDS}",
        ),
        pids=host.pids,
        stop_seconds=POD_STOP_SECONDS,
        socket_folder=container.socket_folder,
    )


def machine_container(spec: MachineSpec, namespace: Path, host: HostView, *, kvm: bool) -> Container:
    """Every capability but only the devices it needs, so that the host's disks stay out of reach.

    It gets a cgroup tree of its own: with the host's, programs inside could change the host's mounts.
    """
    name = machine_key(spec.model_uuid, spec.number)
    devices = ["/dev/net/tun", *(("/dev/kvm",) if kvm else ())]
    modules = Path("/lib/modules")
    return Container(
        name=name,
        key=name,
        image=image_name(spec.image),
        arguments=(
            *_common(name, spec.hostname, namespace, host),
            *(_volume(folder, str(folder)) for folder in spec.folders),
            *(f"--volume={volume}:{path}" for volume, path in machine_volumes(name).items()),
            *((_volume(modules, str(modules), True),) if modules.is_dir() else ()),
            "--cap-add=ALL",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--security-opt=label=disable",
            "--security-opt=unmask=ALL",
            "--cgroupns=private",
            "--pids-limit=-1",
            "--tmpfs=/run:rw,exec,mode=755",
            "--tmpfs=/tmp:rw,exec,mode=1777",
            *(f"--device={device}" for device in devices),
            f"--env=PEBBLE_SOCKET={MACHINE_SOCKET_FOLDER}/pebble.socket",
            f"--stop-timeout={MACHINE_STOP_SECONDS}",
        ),
        pids=host.pids,
        stop_seconds=MACHINE_STOP_SECONDS,
        is_machine=True,
    )


def _common(name: str, hostname: str, namespace: Path, host: HostView) -> tuple[str, ...]:
    return (
        f"--hostname={hostname}",
        f"--network=ns:{namespace}",
        _volume(host.hosts_file, "/etc/hosts", True),
        _volume(host.bin, "/charm/bin", True),
        f"--log-opt=path={host.logs / name}.log",
        "--user=0:0",
        "--workdir=/",
    )


def _volume(source: Path, target: str, read_only: bool = False) -> str:
    return f"--volume={source}:{target}{':ro' if read_only else ''}"
