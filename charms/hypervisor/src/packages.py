"""The Debian packages this charm needs; a machine container's image already has them."""

from process import ProcessError, Run

WANTED = (
    "haproxy",
    "libvirt-clients",
    "libvirt-daemon-system",
    "neutron-ovn-metadata-agent",
    "nova-compute-kvm",
    "openssl",
    "openvswitch-switch",
    "ovn-host",
    "qemu-system-x86",
)


def install_missing(run: Run) -> None:
    """Install what is missing; needs the network only then."""
    missing = [name for name in WANTED if not _installed(run, name)]
    if not missing:
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "--quiet"], environment=quiet, timeout=7200)
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing]
    run(install, environment=quiet, timeout=7200)


def _installed(run: Run, name: str) -> bool:
    try:
        return run(["dpkg-query", "--show", "--showformat", "${db:Status-Status}", name]) == "installed"
    except ProcessError:
        return False
