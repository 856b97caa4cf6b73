"""What checks look with: proxies and their secrets, and everything that files tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.checks import names, packages, storage
from sunbeam.checks.check import CheckContext
from sunbeam.checks.sources import Source, apt, needs
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.core.proxy import Proxy, proxy_file
from tests.fakes.processes import FakeProcesses
from tests.unit.checks.seen import GOOD, WANTED

SETTINGS = NodeSettings("vm", "192.0.2.7", api_port=27070, roles=("control",))


@pytest.fixture
def processes() -> FakeProcesses:
    return FakeProcesses()


def context(
    root: Path, processes: FakeProcesses, wanted: Wanted = WANTED, secrets: list[str] | None = None
) -> CheckContext:
    environ = {"http_proxy": "http://user:fr0mshell@proxy:1"}
    remember = (secrets if secrets is not None else []).append
    return CheckContext(
        processes, Paths(root), wanted, root=root, system=GOOD.system, environ=environ, remember=remember
    )


def test_the_proxy_of_the_manifest_goes_before_that_of_the_shell(
    tmp_path: Path, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", "s3cret")
    secrets: list[str] = []
    wanted = Wanted(proxy={"http": "http://me:${env:PROXY_PASSWORD}@proxy:2", "https": "", "no_proxy": ""})
    assert context(tmp_path, processes, wanted, secrets).proxy.http == "http://me:s3cret@proxy:2"
    assert "s3cret" in secrets
    assert context(tmp_path, processes, secrets=secrets).proxy.http == "http://user:fr0mshell@proxy:1"
    assert "fr0mshell" in secrets


def test_what_a_reference_stood_for_still_counts_in_another_shell(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    said = {"http": "${env:PROXY_OF_LONG_AGO}", "https": "", "no_proxy": ""}
    file = proxy_file(Paths(tmp_path))
    file.parent.mkdir(parents=True)
    file.write_text(Proxy("http://me:k3pt@proxy:2", said=said).dump())
    secrets: list[str] = []
    assert context(tmp_path, processes, Wanted(proxy=said), secrets).proxy.http == "http://me:k3pt@proxy:2"
    assert "k3pt" in secrets
    other = {**said, "https": "${env:PROXY_OF_LONG_AGO}"}
    with pytest.raises(SunbeamError, match="cannot be resolved"):
        _ = context(tmp_path, processes, Wanted(proxy=other)).proxy


def test_what_a_manifest_wants_of_the_machine() -> None:
    manifest = Manifest.model_validate(
        {
            "network": {"pods": "10.9.0.0/24", "external": {"interface": "eth1", "mtu": 1400}},
            "demo": {"network": {"range": "10.8.0.0/24"}},
        }
    )
    wanted = Wanted.of(manifest, SETTINGS, installed=True)
    assert (wanted.mtu, wanted.interface, str(wanted.demo)) == (1400, "eth1", "10.8.0.0/24")
    option = {"charms": {"neutron": {"config": {"global-physnet-mtu": 1300}}}}
    said = Manifest.model_validate({**manifest.dump(), "software": option})
    assert Wanted.of(said, SETTINGS, installed=True).mtu == 1300
    assert wanted.ports[27070] == "the Juju API" and {80, 443} < wanted.ports.keys()
    assert wanted.roles == ("control",) and wanted.installed
    assert Wanted.of_node(SETTINGS).ports == wanted.ports


async def test_archives_are_asked_of_apt_once(tmp_path: Path, processes: FakeProcesses) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    targets = "http://m/debian/dists/bookworm/ Debian\nfile:/media/dists/bookworm/ Debian\n"
    processes.expect("apt-get", "indextargets", answer=targets)
    processes.expect("apt-config", answer='Acquire::http::Proxy "http://apt:3142";\n')
    looking = context(tmp_path, processes)
    found = await apt(looking)
    packages = [source.url for source in found.sources if source.purpose == "packages"]
    assert packages == ["http://m/debian/dists/bookworm/"]
    assert found.proxy.http == "http://apt:3142" and await apt(looking) is found
    assert len(processes.calls) == 2


async def test_images_are_built_from_another_release_of_the_same_archive(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    (tmp_path / "etc/apt").mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    (tmp_path / "etc/apt/sources.list").write_text("deb http://m/debian bookworm main\n")
    processes.expect("apt-get", answer="http://m/debian/dists/bookworm/ Debian\n")
    processes.expect("apt-config")
    found = await apt(context(tmp_path, processes))
    assert [source.url for source in found.sources if source.purpose == "images"] == [
        "http://m/debian/dists/trixie/",
        "http://m/debian/dists/trixie-updates/",
    ]


async def test_an_archive_of_packages_may_be_the_one_of_images_too(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    (tmp_path / "etc/apt").mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    (tmp_path / "etc/apt/sources.list").write_text("deb http://m/debian trixie main\n")
    url = "http://m/debian/dists/trixie/"
    processes.expect("apt-get", answer=f"{url} Debian\nhttp://m/vendor/dists/stable/ Vendor\n")
    processes.expect("apt-config")
    own, vendor = (await apt(context(tmp_path, processes))).sources[:2]
    assert own == Source(url, "packages", builds=True) and not vendor.builds


DISABLED = (
    "Types: deb\nURIs: http://m/debian\nSuites: trixie\nComponents: main\nEnabled: no\n"
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"etc/apt/sources.list.d/debian.sources": DISABLED}, ["http://m/debian/dists/trixie/"]),
        ({}, []),
    ],
    ids=["the disabled source", "none is told"],
)
async def test_on_ubuntu_the_archive_of_images_is_asked_too(
    tmp_path: Path, processes: FakeProcesses, there: dict[str, str], expected: list[str]
) -> None:
    for name, text in there.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    processes.expect("apt-get", answer="http://u/ubuntu/dists/noble/ Ubuntu\n")
    processes.expect("apt-config")
    found = await apt(context(tmp_path, processes))
    asked = [source.url for source in found.sources if source.purpose == "images"]
    assert asked[:1] == expected


@pytest.mark.parametrize(
    ("there", "wanted", "expected"),
    [
        ([], WANTED, True),
        (["var/lib/sunbeam/containers/storage/overlay-images/images.json"], WANTED, False),
        ([], Wanted(installed=True), False),
        (["var/lib/sunbeam/containers/storage/overlay-images/images.json"], Wanted(builds=True), True),
        ([], Wanted(installed=True, builds=True), True),
    ],
)
def test_an_imported_bundle_needs_no_archive_of_images(
    tmp_path: Path, processes: FakeProcesses, there: list[str], wanted: Wanted, expected: bool
) -> None:
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    needed = needs(context(tmp_path, processes, wanted))
    assert needed.of(Source("http://m/debian/dists/trixie/", "images", builds=True)) is expected


def test_a_build_needs_the_archive_of_images_whatever_else_that_holds(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    needed = needs(context(tmp_path, processes, Wanted(builds=True)))
    assert needed.of(Source("http://m/debian/dists/trixie/", "packages", builds=True))
    assert not needed.of(Source("http://m/ubuntu/dists/noble/", "packages"))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("192.0.2.9 STREAM deb\n192.0.2.9 DGRAM\n", 1),
        (Completed((), 2, ""), 0),
        (TimeoutError(), None),
    ],
)
async def test_a_resolver_answers_or_hangs(
    tmp_path: Path, processes: FakeProcesses, answer: str | Completed | TimeoutError, found: int | None
) -> None:
    (tmp_path / "etc/apt").mkdir(parents=True)
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.53\n")
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    (tmp_path / "etc/apt/sources.list").write_text("deb https://deb.example.org/debian trixie main\n")
    processes.expect("apt-get")
    processes.expect("apt-config")
    processes.expect("getent", "ahosts", "deb.example.org", answer=answer)
    seen = await names.dns(context(tmp_path, processes))
    assert seen.servers == ("192.0.2.53",)
    assert [(each.host, each.found) for each in seen.answers] == [("deb.example.org", found)]


async def test_volumes_are_those_of_the_nearest_folder_that_exists(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/mounts").write_text(f"tmpfs {tmp_path} tmpfs rw,noexec 0 0\nroot / ext4 rw 0 0\n")
    state, *others = await storage.volumes(context(tmp_path, processes))
    assert (state.folder, state.point, state.kind) == (f"{tmp_path}/var/lib/sunbeam", str(tmp_path), "tmpfs")
    assert "noexec" in state.options and state.free > 0
    assert {each.device for each in others} == {state.device}


async def test_the_speed_of_a_disk_is_measured_and_nothing_stays(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    answer = '{"count": 100, "p99": 3.5, "median": 1.0}'
    processes.expect(answer=answer)
    speed = await storage.write_speed(context(tmp_path, processes))
    assert (speed.folder, speed.count, speed.p99) == (str(tmp_path), 100, 3.5)
    assert processes.calls[0][-1] == str(tmp_path) and list(tmp_path.iterdir()) == []


async def test_packages_that_dpkg_is_not_done_with(tmp_path: Path, processes: FakeProcesses) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/locks").write_text("")
    (tmp_path / "var/lib/dpkg/updates").mkdir(parents=True)
    listing = "base-files installed\nvim half-configured\nold config-files\nnano unpacked\n"
    processes.expect("dpkg-query", answer=listing)
    state = await packages.package_state(context(tmp_path, processes))
    assert state == packages.PackageState(("vim", "nano"))
