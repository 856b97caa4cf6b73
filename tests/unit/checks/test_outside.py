"""Names, time, archives, proxies, packages and leftovers."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sunbeam.checks import clock, leftovers, mirrors, names, packages
from sunbeam.checks.check import CheckContext
from sunbeam.checks.clock import Clock
from sunbeam.checks.leftovers import OTHERS, Leftovers
from sunbeam.checks.mirrors import Fetched, ProxyAnswer, Registry
from sunbeam.checks.names import Dns, OwnNames, Resolved
from sunbeam.checks.packages import PackageState, lock_holder
from sunbeam.checks.sources import Apt, Source, proxy_in, sources_in
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.web import proxy_for
from sunbeam.core.detection.time_state import TimeState
from sunbeam.core.paths import Paths
from sunbeam.core.proxy import Proxy
from tests.fakes.processes import FakeProcesses
from tests.unit.checks.seen import GOOD, INSTALLED, WANTED, ids

NOW = 1_800_000_000.0
KEPT = TimeState(True, 0.01, "chronyd")
DEBIAN = Source("http://deb.example.org/debian/dists/trixie/")
IMAGES = Source("http://deb.example.org/debian/dists/trixie/", "images")
VENDOR = Source("https://apt.example.com/dists/stable/", "other")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vm", []),
        ("node-1.example.org", []),
        ("Cloud7", []),
        ("localhost", ["host-name-missing"]),
        ("localhost.localdomain", ["host-name-missing"]),
        ("(none)", ["host-name-missing"]),
        ("my_node", ["host-name-invalid"]),
        ("-node", ["host-name-invalid"]),
        ("a" * 64, ["host-name-invalid"]),
        ("node..org", ["host-name-invalid"]),
    ],
)
def test_host_name(name: str, expected: list[str]) -> None:
    assert ids(names.valid_host_name, name) == expected


@pytest.mark.parametrize(
    ("own", "localhost", "expected"),
    [
        (("127.0.1.1",), ("::1", "127.0.0.1"), []),
        ((), ("127.0.0.1",), ["own-name-unresolved"]),
        (None, ("127.0.0.1",), ["own-name-unresolved"]),
        (("192.0.2.7",), (), ["localhost-unresolved"]),
        (("192.0.2.7",), ("192.0.2.7",), ["localhost-unresolved"]),
        (("192.0.2.7",), ("::1",), ["localhost-unresolved"]),
    ],
)
def test_own_names(
    own: tuple[str, ...] | None, localhost: tuple[str, ...] | None, expected: list[str]
) -> None:
    assert ids(names.own_name, OwnNames("vm", own, localhost)) == expected


def test_a_wrong_localhost_is_not_fixed_by_adding_a_line() -> None:
    (wrong,) = names.own_name(OwnNames("vm", ("::1",), ("192.0.2.7",)), WANTED)
    (missing,) = names.own_name(OwnNames("vm", ("::1",), ()), WANTED)
    (ipv6,) = names.own_name(OwnNames("vm", ("::1",), ("::1",)), WANTED)
    assert (wrong.fix, missing.fix, ipv6.fix) == ("", "localhost", "localhost")
    assert ipv6.evidence == "getent ahosts localhost: ::1"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Resolved("deb.example.org", 2, 0.1), []),
        (Resolved("deb.example.org", 0, 0.1), ["dns-unknown-name"]),
        (Resolved("deb.example.org", None, 6.0), ["dns-dead"]),
        (Resolved("deb.example.org", 1, 5.0), ["dns-slow"]),
    ],
)
def test_dns(answer: Resolved, expected: list[str]) -> None:
    seen = Dns(("192.0.2.53",), (answer,))
    assert ids(names.resolver, seen) == expected
    assert all("192.0.2.53" in problem.evidence for problem in names.resolver(seen, WANTED))


@pytest.mark.parametrize(
    ("seen", "expected", "severity"),
    [
        (Clock(NOW, NOW - 100, KEPT), [], ""),
        (Clock(NOW, NOW - 100, TimeState(False, 16.0, "chronyd")), [], ""),
        (Clock(NOW, NOW - 100, TimeState()), ["clock-not-kept"], "warning"),
        (Clock(NOW, NOW + 90_000, KEPT, 7200.0, "http://m"), [], ""),
        (Clock(NOW, NOW - 100, KEPT, 4.0, "http://m"), [], ""),
        (Clock(NOW, NOW - 100, KEPT, -60.0, "http://m"), ["clock-wrong"], "warning"),
        (Clock(NOW, NOW - 100, KEPT, 7200.0, "http://m"), ["clock-wrong"], "error"),
    ],
)
def test_clock(seen: Clock, expected: list[str], severity: str) -> None:
    assert ids(clock.right_time, seen) == expected
    assert all(problem.severity == severity for problem in clock.right_time(seen, WANTED))


def test_a_clock_in_the_past_is_told_without_an_archive() -> None:
    assert ids(clock.right_date, Clock(NOW, NOW - 100, KEPT)) == []
    assert ids(clock.right_date, Clock(NOW, NOW + 80_000, KEPT)) == []
    assert ids(clock.right_date, Clock(NOW, NOW + 90_000, KEPT), INSTALLED) == ["clock-before-build"]


async def test_a_cloud_is_not_older_than_its_certificates(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    looking = CheckContext(FakeProcesses(), paths, INSTALLED, root=tmp_path, system=GOOD.system)
    assert not (await clock.own_clock(looking)).is_past
    authority = paths.certificates / "ca.crt"
    authority.parent.mkdir(parents=True)
    authority.touch()
    later = time.time() + 30 * 86_400
    os.utime(authority, (later, later))
    assert (await clock.own_clock(looking)).is_past


def test_what_a_build_needs_of_the_outside_stops_it_on_a_machine_with_a_cloud_too() -> None:
    builds = replace(INSTALLED, builds=True)
    wrong = Clock(NOW, NOW - 100, KEPT, 7200.0, "http://m")
    dead = (ProxyAnswer("http://proxy:3128", "refused"),)
    for wanted, severity in ((INSTALLED, "warning"), (builds, "error")):
        told = [*clock.right_time(wrong, wanted), *mirrors.proxy(dead, wanted)]
        assert [problem.severity for problem in told] == [severity, severity]


def test_the_clock_is_told_in_words_and_set_right_only_where_it_is_ours() -> None:
    seen = Clock(NOW, NOW - 100, TimeState(), 7200.0, "http://m", systemd=True)
    (problem,) = clock.right_time(seen, WANTED)
    assert problem.what == "the clock is 2 hours fast" and problem.fix == "time-sync"
    inside = Clock(NOW, NOW - 100, TimeState(), systemd=True, container=True)
    assert [problem.fix for problem in clock.right_time(inside, WANTED)] == [""]


@pytest.mark.parametrize(
    ("time", "fix", "remedy"),
    [
        (TimeState(), "time-sync", "timedatectl set-ntp true"),
        (TimeState(daemon="systemd-timesyncd"), "", "timedatectl timesync-status"),
        (TimeState(True, 0.01, "chronyd", "chrony"), "", "chronyc tracking"),
        (TimeState(service="openntpd"), "", "systemctl enable --now openntpd"),
    ],
)
def test_another_time_service_is_left_to_its_person(time: TimeState, fix: str, remedy: str) -> None:
    """Ours would change nothing beside one that runs, and apt removes one that is installed."""
    (wrong,) = clock.right_time(Clock(NOW, NOW - 100, time, 7200.0, "http://m", systemd=True), WANTED)
    (past,) = clock.right_date(Clock(NOW, NOW + 90_000, time, systemd=True), WANTED)
    for problem in (wrong, past):
        assert (problem.fix, problem.next_command) == (fix, remedy)


@pytest.mark.parametrize(
    ("fetched", "wanted", "expected", "severity"),
    [
        ((Fetched(DEBIAN), Fetched(IMAGES), Fetched(VENDOR)), WANTED, [], ""),
        ((Fetched(DEBIAN, "E: refused"),), WANTED, ["mirror-unreachable"], "error"),
        ((Fetched(DEBIAN, "E: refused", needed=False),), WANTED, ["mirror-unreachable"], "warning"),
        ((Fetched(IMAGES, "E: 404"),), WANTED, ["mirror-unreachable"], "error"),
        ((Fetched(VENDOR, "E: 404"),), WANTED, ["other-archive-unreachable"], "warning"),
    ],
)
def test_archives(fetched: tuple[Fetched, ...], wanted: Wanted, expected: list[str], severity: str) -> None:
    assert ids(mirrors.mirrors, fetched, wanted) == expected
    assert all(problem.severity == severity for problem in mirrors.mirrors(fetched, wanted))


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        (Registry(), []),
        (Registry("npm", "package@1"), []),
        (Registry("npm", "package@1", "npm error code E404"), ["registry-unreachable"]),
    ],
)
def test_registries(registry: Registry, expected: list[str]) -> None:
    assert ids(mirrors.registries, registry) == expected


def test_proxies() -> None:
    assert ids(mirrors.proxy, (ProxyAnswer("http://proxy:3128"),)) == []
    assert ids(mirrors.proxy, (ProxyAnswer("http://proxy:3128", "refused"),)) == ["proxy-unreachable"]
    ignored = ProxyAnswer("http://proxy:0", "no URL", "http_proxy")
    (told,) = mirrors.proxy((ignored,), WANTED)
    assert (told.id, told.severity) == ("proxy-ignored", "warning")
    assert told.evidence == "http_proxy=http://proxy:0"


async def test_a_proxy_without_a_host_is_found_without_trying() -> None:
    assert (await mirrors._connect("http://")).error == "it names no host"
    assert "out of range" in (await mirrors._connect("http://proxy:99999")).error
    assert (await mirrors._connect("http://me:secret@proxy:99999")).url == "********@proxy:99999"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PackageState(), []),
        (PackageState(("vim",)), ["packages-half-configured"]),
        (PackageState(interrupted=True), ["packages-half-configured"]),
        (PackageState(("vim",), holder="apt-get (process 7) has /lock"), ["packages-locked"]),
    ],
)
def test_packages(state: PackageState, expected: list[str]) -> None:
    assert ids(packages.packages, state) == expected


def test_the_holder_of_a_lock_is_found_by_its_inode() -> None:
    locks = "1: FLOCK  ADVISORY  WRITE 77 08:02:9 0 EOF\n2: POSIX  ADVISORY  WRITE 812 08:02:44 0 EOF\n"
    assert lock_holder(locks, {"08:02:44": "var/lib/dpkg/lock"}) == (812, "var/lib/dpkg/lock")
    assert lock_holder(locks, {"08:02:45": "var/lib/dpkg/lock"}) == (0, "")


@pytest.mark.parametrize(
    ("seen", "wanted", "expected"),
    [
        (Leftovers(), WANTED, []),
        (Leftovers(("interface sunbeam0",)), WANTED, ["own-leftovers"]),
        (Leftovers(("interface sunbeam0",)), INSTALLED, []),
        (Leftovers(others=OTHERS[:2]), WANTED, ["other-cloud", "other-cloud"]),
    ],
)
def test_leftovers(seen: Leftovers, wanted: Wanted, expected: list[str]) -> None:
    assert ids(leftovers.clean, seen, wanted) == expected


def test_what_may_hold_data_is_not_removed_as_a_safe_fix() -> None:
    (husk,) = leftovers.clean(Leftovers(("interface sunbeam0",)), WANTED)
    (cloud,) = leftovers.clean(Leftovers(("interface sunbeam0",), data=True), WANTED)
    assert (husk.fix, cloud.fix) == ("own-leftovers", "")
    assert cloud.next_command == "sunbeam cluster destroy"


def test_what_a_running_cloud_may_use_is_not_removed_as_a_safe_fix() -> None:
    own = ("interface sunbeam0",)
    beside = Leftovers(own, running={Path("/srv/test"): ["etcd", "sunbeamd"]})
    (problem,) = leftovers.clean(beside, WANTED)
    assert (problem.id, problem.fix) == ("leftovers-in-use", "")
    assert problem.next_command == "SUNBEAM_ROOT=/srv/test sunbeam cluster status"
    (lost,) = leftovers.clean(Leftovers(own, running={Path("/"): ["etcd"]}), WANTED)
    assert (lost.fix, lost.next_command) == ("", "sunbeam cluster destroy")


async def test_what_belongs_to_another_root_is_not_ours(tmp_path: Path) -> None:
    """Neither what the machine has nor the data of its cloud is left by a root of its own."""
    machine, own = tmp_path / "machine", tmp_path / "own"
    (machine / "sys/class/net/sunbeam0").mkdir(parents=True)
    (machine / "var/lib/sunbeam/engine/storage").mkdir(parents=True)
    looking = CheckContext(FakeProcesses(), Paths(own), WANTED, root=machine, system=GOOD.system)
    assert await leftovers.leftovers(looking) == Leftovers(root=own)


def test_folders_of_other_clouds_are_absolute(tmp_path: Path) -> None:
    assert all(each.folder.startswith("/") and each.remove for each in OTHERS)


class TestSources:
    @pytest.mark.parametrize(
        ("origin", "purpose"),
        [
            ("Debian", "packages"),
            ("Docker", "other"),
            ("Debian Backports", "other"),
            ("$(ORIGIN)", "other"),
            ("", "other"),
        ],
    )
    def test_their_purpose_is_told_by_their_origin(self, origin: str, purpose: str) -> None:
        url = "https://m/dists/trixie/"
        assert sources_in(f"{url} {origin}\n", "debian") == {url: purpose}

    @pytest.mark.parametrize(("url", "named"), [("http://m/x/", True), ("http://192.0.2.1/x/", False)])
    def test_an_address_needs_no_resolver(self, url: str, named: bool) -> None:
        assert Source(url).has_name is named

    def test_apts_own_proxy_goes_before_the_environment(self) -> None:
        environment = Proxy(http="http://env:1", https="http://env:2")
        settings = 'Acquire::http::Proxy "http://apt:3";\nAcquire::Retries "3";\n'
        assert proxy_in(settings, environment) == Proxy("http://apt:3", "http://apt:3")
        assert proxy_in("", environment) == environment
        assert proxy_in('Acquire::http::Proxy "DIRECT";\n', environment).http == ""

    def test_what_a_proxy_fetches_is_not_resolved_here(self) -> None:
        secure = Source("https://deb.example.org/debian/dists/trixie/")
        proxied = Apt((DEBIAN, secure), Proxy(http="http://proxy:3128"))
        assert proxied.without_proxy == [secure]

    def test_names_of_third_parties_need_not_be_known(self) -> None:
        assert Apt((DEBIAN, VENDOR)).without_proxy == [DEBIAN]

    @pytest.mark.parametrize(
        ("pattern", "bypassed"),
        [
            ("*", True),
            ("example.org", True),
            (".example.org", True),
            ("deb.example.org,other", True),
            ("example.com", False),
            ("", False),
        ],
    )
    def test_no_proxy(self, pattern: str, bypassed: bool) -> None:
        settings = Proxy(http="http://proxy:3128", no_proxy=pattern)
        assert proxy_for(DEBIAN.url, settings) == ("" if bypassed else "http://proxy:3128")

    def test_no_proxy_takes_ranges(self) -> None:
        settings = Proxy(http="http://proxy:3128", no_proxy="10.0.0.0/8")
        assert proxy_for("http://10.1.2.3/debian", settings) == ""
        assert proxy_for("http://192.0.2.3/debian", settings) == "http://proxy:3128"
