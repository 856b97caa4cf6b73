from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.rules import RESERVED_USERS
from sunbeam.core.shipped import shipped

TEN = """\
schema: 1
regoin: North
region: true
network:
  pods: 10.40.0.1/24
  external:
    range: 172.30.0.0/24
    gateway: 172.31.0.1
  dns: 192.0.2.1
software:
  charms:
    novaa: {}
    nova:
      config: {debug: maybe}
      units: 3
  images:
    keystone: two words
region: South
proxy: {https: "${env:SURELY_NOT_SET}"}
"""
FOUND = [
    "2:1: unknown key regoin; did you mean region?",
    "3:9: region must be text: write it in quotes",
    "5:9: network.pods must be an IPv4 range such as 192.0.2.0/24, not '10.40.0.1/24'",
    "8:14: 172.31.0.1 is not between 172.30.0.1 and 172.30.0.254 of 172.30.0.0/24",
    "9:8: network.dns must be a list",
    "12:12: there is no charm novaa; did you mean nova?",
    "14:23: debug of the charm nova must be true or false, not 'maybe'",
    "15:14: 3 units of nova cannot be: the embedded substrate runs one unit of each application on its one "
    "control machine",
    "17:15: software.images.keystone must be an image reference such as registry.example.org/keystone:1, "
    "not 'two words'",
    "18:1: the key region is there already, in line 3",
    "19:16: proxy.https: the environment variable SURELY_NOT_SET is not set",
]


MANY = """\
network:
  address: 10.300.1.1
  pods: 172.24.4.0/24
  external: {range: 192.0.2.0/24, gateway: 10.1.1.1, first: 192.0.3.5, last: nine, mtu: 99999}
proxy: {http: "http://joe:hunter2@proxy:1", https: "ftp://x", no_proxy: 5}
demo: {network: {range: 192.0.2.128/25}}
nodes: [{name: a}, {name: a}, {roles: [bad]}, {name: B_}]
"""
TOLD = [
    "2:12: network.address must be an IPv4 address such as 192.0.2.1, not '10.300.1.1'",
    "4:44: 10.1.1.1 is not between 192.0.2.1 and 192.0.2.254 of 192.0.2.0/24",
    "4:61: 192.0.3.5 is not between 192.0.2.1 and 192.0.2.254 of 192.0.2.0/24",
    "4:78: network.external.last must be an IPv4 address such as 192.0.2.1, not 'nine'",
    "4:89: network.external.mtu must be 9216 or less, not 99999",
    "5:15: a password belongs outside the manifest: write ${file:PATH} or ${env:NAME}",
    "5:52: this is no URL of a proxy such as http://proxy.example.org:3128",
    "5:73: proxy.no_proxy must be text: write it in quotes",
    "6:25: 192.0.2.128/25 of demo.network.range overlaps 192.0.2.0/24 of network.external.range",
    "7:27: there is a machine a already",
    "7:40: nodes[3].roles[1] must be 'control' or 'compute', not 'bad'",
    "7:54: nodes[4].name must be a host name of small letters, digits and dashes, not 'B_'",
]


def findings(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    try:
        effective([file])
    except ManifestErrors as error:
        return [str(each).removeprefix(f"{file}:") for each in error.findings]
    return []


def test_all_mistakes_are_in_one_report(tmp_path: Path) -> None:
    assert findings(tmp_path, TEN) == FOUND


@pytest.mark.parametrize("command", ["cluster bootstrap --accept-defaults", "cloud", "manifest show"])
def test_a_command_with_mistakes_in_its_manifest_changes_nothing(tmp_path: Path, command: str) -> None:
    if os.geteuid() and "manifest" not in command:
        pytest.skip("only root is asked for more than being root")
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (tmp_path / "mine.yaml").write_text(TEN)
    before = snapshot(root)
    done = subprocess.run(
        [sys.executable, "-m", "sunbeam", *command.split(), "-m", "mine.yaml"],
        cwd=tmp_path,
        env={**os.environ, "SUNBEAM_ROOT": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    head, *told, last = done.stderr.splitlines()
    found = FOUND[:-1] if command == "manifest show" else FOUND  # who only looks needs no secret
    assert head == f"Error: {len(found)} mistakes in the manifest; nothing was changed"
    assert told == [f"  mine.yaml:{each}" for each in found]
    assert last == "  next: sunbeam manifest lint mine.yaml"
    assert done.stdout == "" and snapshot(root) == before


def test_a_wrong_option_is_named(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root is asked for more than being root")
    done = subprocess.run(
        [sys.executable, "-m", "sunbeam", "cluster", "bootstrap", "--dry-run", "--pod-range", "foo"],
        env={**os.environ, "SUNBEAM_ROOT": str(tmp_path / "root")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stderr.splitlines()[1:] == [
        "  option --pod-range: network.pods must be an IPv4 range such as 192.0.2.0/24, not 'foo'",
        "  next: sunbeam cluster bootstrap --help",
    ]


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every path with its mode, time of change and content."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pods: 10.0.0.0/24\n", "1:1: unknown key pods; did you mean network.pods?"),
        ("networks: {}\n", "1:1: unknown key networks; did you mean network?"),
        ("xyzzy: 1\n", "1:1: unknown key xyzzy"),
        ("demo: {quota: {core: 1}}\n", "1:16: unknown key demo.quota.core; did you mean cores?"),
        ("schema: 2\n", "1:9: schema must be 1, not 2"),
        ("substrate: microk8s\n", "1:12: substrate must be 'embedded', not 'microk8s'"),
        ("network: [1]\n", "1:10: network must be a mapping of keys to values"),
        ("network: {external: {gateway: 5}}\n",
         "1:31: network.external.gateway must be text: write it in quotes"),
        ("network: {dns: [192.0.2.1, x]}\n",
         "1:28: network.dns[2] must be an IPv4 address such as 192.0.2.1, not 'x'"),
        ("network: {pods: 10.0.0.0/27}\n",
         "1:17: 10.0.0.0/27 is too small: pods need 64 addresses or more (/26)"),
        ("network: {pods: 172.24.0.0/16}\n",
         "1:17: 172.24.4.0/24 of network.external.range overlaps 172.24.0.0/16 of network.pods"),
        ("network: {address: 10.20.30.9}\n", "1:20: 10.20.30.9 is inside the range of pods, 10.20.30.0/24"),
        ("network: {external: {range: 10.0.0.0/28}}\n",
         "1:29: 10.0.0.0/28 is smaller than 64 addresses (/26): then say first and last too"),
        ("network: {external: {range: 10.0.0.0/31}}\n", "1:29: 10.0.0.0/31 has no addresses for VMs"),
        ("network: {external: {first: 172.24.4.9, last: 172.24.4.8}}\n",
         "1:47: the last address 172.24.4.8 is before the first one, 172.24.4.9"),
        ("network: {external: {gateway: 172.24.4.99}}\n",
         "1:31: the gateway 172.24.4.99 is among the addresses of VMs (172.24.4.16 to 172.24.4.254)"),
        ("network: {external: {first: 172.24.4.1}}\n",
         "1:29: the gateway 172.24.4.1 is among the addresses of VMs (172.24.4.1 to 172.24.4.254)"),
        ("network: {external: {interface: a b}}\n",
         "1:33: network.external.interface must be the name of a network interface, not 'a b'"),
        ("demo: {quota: {cores: true}}\n", "1:23: demo.quota.cores must be a whole number"),
        ("demo: {quota: {cores: 2.0}}\n", "1:23: demo.quota.cores must be a whole number"),
        ('network: {external: {mtu: "1500"}}\n', "1:27: network.external.mtu must be a whole number"),
        ("network: {external: {mtu: 1500.0}}\n", "1:27: network.external.mtu must be a whole number"),
        ("network: {external: {lose_addresses: yes}}\n",
         "1:38: network.external.lose_addresses must be true or false"),
        ("network: {external: {lose_addresses: 1}}\n",
         "1:38: network.external.lose_addresses must be true or false"),
        ('software: {charms: {nova: {units: "1"}}}\n',
         "1:35: software.charms.nova.units must be a whole number"),
        ("demo: {flavors: {m1.tiny: {ram: '1'}}}\n", "1:33: demo.flavors.m1.tiny.ram must be a whole number"),
        ("schema: true\n", "1:9: schema must be a whole number"),
        ("schema: 1.0\n", "1:9: schema must be a whole number"),
        ('name: "a\\eb"\n', "1:7: name must be one line without control characters, not 'a\\x1bb'"),
        ('name: "a\\0"\n', "1:7: name must be one line without control characters, not 'a\\x00'"),
        ('name: "a\\nb"\n', "1:7: name must be one line without control characters, not 'a\\nb'"),
        ("name: ${env:HOME}\n",
         "1:7: name cannot hold a reference; proxy, demo.password and options of charms can"),
        ("software: {images: {nova: '${env:HOME}/x'}}\n",
         "1:27: software.images.nova cannot hold a reference; "
         "proxy, demo.password and options of charms can"),
        *((f"network: {{address: {address}}}\n", f"1:20: {address} is no address of a machine")
          for address in ("0.0.0.0", "255.255.255.255", "224.0.0.1")),
        ("network: {address: 127.0.0.1}\n",
         "1:20: 127.0.0.1 is no address of a machine: each takes it for itself"),
        *((f"network: {{pods: {range_}}}\n", f"1:17: no machine can have an address of {range_}")
          for range_ in ("224.0.0.0/24", "0.0.0.0/8", "127.0.0.0/8")),
        ("network: {external: {range: 240.0.0.0/24}}\n",
         "1:29: no machine can have an address of 240.0.0.0/24"),
        *((f"network: {{dns: [192.0.2.53, {address}]}}\n",
           f"1:29: network.dns[2] must be the address of a machine, not '{address}'")
          for address in ("0.0.0.0", "255.255.255.255", "224.0.0.1")),
        ("demo: {quota: {cores: -2}}\n", "1:23: demo.quota.cores must be -1 or more, not -2"),
        ("demo: {flavors: {'': {ram: 1, vcpus: 1, disk: 1}}}\n", "1:22: a flavor needs a name"),
        ("demo: {flavors: {'': {ram: 1, vcpus: 1}}}\n", "1:18: demo.flavors.'' needs the key disk"),
        ("demo: {project: service}\n", "1:17: service is a project of the cloud itself"),
        ("demo: {user: admin}\n", "1:14: admin is an account of the cloud itself"),
        ("proxy: {http: proxy.example.org}\n",
         "1:15: this is no URL of a proxy such as http://proxy.example.org:3128"),
        ('proxy: {http: "http://proxy.example.org:99999"}\n',
         "1:15: this is no URL of a proxy such as http://proxy.example.org:3128"),
        ("software: {charms: {keystone: {config: {region: A}}}}\n",
         "1:49: this is decided by the key region: write it there"),
        ("software: {charms: {keystone: {config: {token-expiration: 1.5}}}}\n",
         "1:59: token-expiration of the charm keystone must be a whole number, not 1.5"),
        ("software: {charms: {horizon: {config: {help-url: 5}}}}\n",
         "1:50: help-url of the charm horizon must be text: write 5 in quotes"),
        ("software: {charms: {horizon: {config: {debug: [1]}}}}\n",
         "1:47: software.charms.horizon.config.debug must be text, a number, true or false"),
        ("software: {charms: {keystone: {config: {debgu: true}}}}\n",
         "1:48: the charm keystone has no option debgu; did you mean debug?"),
        ("software: {charms: {nova: {storage: {data: 5G}}}}\n",
         "1:44: the charm nova has no storage data; there is none"),
        ("software: {charms: {mariadb: {storage: {database: 5}}}}\n",
         "1:51: software.charms.mariadb.storage.database must be text: write it in quotes"),
        ("software: {images: {openstack: x}}\n",
         "1:32: there is no image openstack; there are glance, guest, haproxy, horizon, hypervisor, "
         "keystone, mariadb, memcached, neutron, nova, ovn, placement, rabbitmq"),
        ("features: {dns: {}}\n", "1:12: unknown key features.dns; did you mean network.dns?"),
        ("nodes: [{name: a}, {roles: [compute]}]\n",
         "1:20: this is one machine too many: this version makes a cloud of one"),
        ("nodes: [{name: a}, {name: b}]\n",
         "1:20: b is one machine too many: this version makes a cloud of one"),
        ("nodes: [{name: a}, {name: a, roles: [control]}]\n", "1:27: there is a machine a already"),
        ("nodes: [{name: a, roles: [compute]}]\n",
         "1:26: a is the first machine: it needs the role control"),
        ("nodes: [{name: a, roles: [controll]}]\n",
         "1:27: nodes[1].roles[1] must be 'control' or 'compute', not 'controll'"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_in_a_persons_words(tmp_path: Path, text: str, found: str) -> None:
    assert findings(tmp_path, text) == [found]


def test_a_small_external_range_needs_its_pool(tmp_path: Path) -> None:
    text = "network: {external: {range: 192.0.2.0/28, first: 192.0.2.8, last: 192.0.2.12}}\n"
    assert findings(tmp_path, text) == []


def test_several_mistakes_in_one_place_are_all_told(tmp_path: Path) -> None:
    text = "nodes: [{roles: [control]}, {nam: b}]\ndemo: {flavors: {a: {ram: 1}, b: {ram: x}}}\nregion: 5\n"
    assert findings(tmp_path, text) == [
        "1:29: this is one machine too many: this version makes a cloud of one",
        "1:30: unknown key nodes[2].nam; did you mean name?",
        "2:18: demo.flavors.a needs the key vcpus",
        "2:18: demo.flavors.a needs the key disk",
        "2:31: demo.flavors.b needs the key vcpus",
        "2:31: demo.flavors.b needs the key disk",
        "2:40: demo.flavors.b.ram must be a whole number",
        "3:9: region must be text: write it in quotes",
    ]


def test_no_mistake_hides_another_and_none_is_told_twice(tmp_path: Path) -> None:
    found = findings(tmp_path, MANY)
    assert [each for each in found if "too many" not in each] == TOLD
    assert sum("too many" in each for each in found) == 2


def test_no_account_of_the_cloud_itself_is_a_persons() -> None:
    user = re.search(
        r'^USER = "(.*)"$', (shipped("charms") / "hypervisor/src/relations.py").read_text(), re.M
    )
    assert user is not None and {"admin", user[1]} == RESERVED_USERS
    for name in ("nova", "keystone", user[1]):
        with pytest.raises(ManifestErrors, match=f"{name} is an account of the cloud itself"):
            effective(answers={"demo.user": name})
