from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.snap_openstack import CONFIG, PLACES, REASONS, Left, import_manifest
from sunbeam.core.manifest.text import manifest_text

THEIRS = """\
core:
  config:
    proxy:
      proxy_required: true
      http_proxy: http://squid.example.org:3128
      https_proxy: http://squid.example.org:3128
      no_proxy: 10.0.0.0/8,.example.org
    bootstrap: {management_cidr: 10.1.0.0/16}
    database: multi
    region: RegionTwo
    k8s-addons: {loadbalancer: 10.1.1.1-10.1.1.9}
    endpoints:
      ingress-public: {ip: 10.1.1.5, hostname: cloud.example.org}
    user:
      run_demo_setup: true
      username: alice
      password: secret
      cidr: 192.168.122.0/24
      nameservers: [192.0.2.1, 192.0.2.2]
      security_group_rules: true
      remote_access_location: remote
    external-networks:
      physnet1:
        nics: {host1: enp2s0, host2: enp3s0}
        cidr: 172.16.2.0/24
        gateway: 172.16.2.1
        range: 172.16.2.100-172.16.2.200
        network_type: flat
      physnet2: {cidr: 10.3.0.0/24}
    microceph_config: {host1: {osd_devices: [/dev/sdb, /dev/sdc]}}
  software:
    juju: {bootstrap_args: [--debug]}
    charms:
      keystone-k8s:
        channel: 2025.1/stable
        config: {debug: true, enable-x: 1, region: X}
      mysql-k8s: {revision: 5, storage: {database: 20G}}
      microceph: {channel: squid/stable}
      nova-k8s: {config: {debug: maybe}}
    terraform: {openstack-plan: {source: /x}}
features:
  dns: {config: {nameservers: ns1.example.org.}}
storage:
  purestorage: {one: {config: {san-ip: 192.0.2.9}}}
"""
OURS = {
    "schema": 1,
    "region": "RegionTwo",
    "proxy": {
        "http": "http://squid.example.org:3128",
        "https": "http://squid.example.org:3128",
        "no_proxy": "10.0.0.0/8,.example.org",
    },
    "network": {
        "address": "10.1.1.5",
        "external": {
            "interface": "enp2s0",
            "range": "172.16.2.0/24",
            "gateway": "172.16.2.1",
            "first": "172.16.2.100",
            "last": "172.16.2.200",
        },
    },
    "demo": {
        "user": "alice",
        "network": {"range": "192.168.122.0/24", "dns": ["192.0.2.1", "192.0.2.2"]},
    },
    "software": {
        "charms": {
            "keystone": {"config": {"debug": True}},
            "mariadb": {"storage": {"database": "20G"}},
            "nova": {"config": {}},
        }
    },
}
LEFT = [
    "core.config.bootstrap.management_cidr",
    "core.config.database",
    "core.config.k8s-addons.loadbalancer",
    "core.config.endpoints.ingress-public.hostname",
    "core.config.user.password",
    "core.config.user.remote_access_location",
    "core.config.external-networks.physnet1.nics.host2",
    "core.config.external-networks.physnet2.cidr",
    "core.config.microceph_config.host1.osd_devices[1]",
    "core.config.microceph_config.host1.osd_devices[2]",
    "core.software.juju.bootstrap_args[1]",
    "core.software.charms.keystone-k8s.channel",
    "core.software.charms.keystone-k8s.config.enable-x",
    "core.software.charms.keystone-k8s.config.region",
    "core.software.charms.mysql-k8s.revision",
    "core.software.charms.microceph.channel",
    "core.software.charms.nova-k8s.config.debug",
    "core.software.terraform.openstack-plan.source",
    "features.dns.config.nameservers",
    "storage.purestorage.one.config.san-ip",
]


def imported(folder: Path, text: str) -> tuple[dict[str, Any], list[Left]]:
    file = folder / "theirs.yaml"
    file.write_text(text)
    return import_manifest(file)


def test_what_has_a_place_is_carried_over_and_the_rest_is_told(tmp_path: Path) -> None:
    ours, left = imported(tmp_path, THEIRS)
    assert ours == OURS
    assert [each.key for each in left] == LEFT
    lines = THEIRS.splitlines()
    assert all(each.key.split(".")[-1].partition("[")[0] in lines[each.line - 1] for each in left)
    assert all(each.why for each in left)


def test_the_result_has_no_mistake(tmp_path: Path) -> None:
    ours, _ = imported(tmp_path, THEIRS)
    file = tmp_path / "ours.yaml"
    file.write_text(manifest_text(ours))
    assert effective([file]).manifest.region == "RegionTwo"


def test_deprecated_keys_of_the_external_network_are_read(tmp_path: Path) -> None:
    text = "core: {config: {external_network: {nic: eth1, cidr: 172.16.2.0/24, segmentation_id: 5}}}"
    ours, left = imported(tmp_path, text)
    assert ours["network"]["external"] == {"interface": "eth1", "range": "172.16.2.0/24"}
    assert [each.key for each in left] == ["core.config.external_network.segmentation_id"]


@pytest.mark.parametrize(
    ("networks", "ours", "left"),
    [
        (
            "physnet1: {gateway: 10.2.0.1, nics: {h1: eth1}}, physnet2: {cidr: 10.2.0.0/24}",
            {"range": "10.2.0.0/24"},
            ["physnet1.gateway", "physnet1.nics.h1"],
        ),
        (
            "physnet1: {nics: {h1: eth1}, cidr: 10.3.0.0/24}, physnet2: {cidr: 10.2.0.0/24}",
            {"range": "10.3.0.0/24", "interface": "eth1"},
            ["physnet2.cidr"],
        ),
        ("physnet1: {nics: {h1: eth1}}, physnet2: {nics: {h1: eth2}}", {"interface": "eth1"},
         ["physnet2.nics.h1"]),
    ],
)  # fmt: skip
def test_one_whole_external_network_is_carried_over(
    tmp_path: Path, networks: str, ours: dict[str, str], left: list[str]
) -> None:
    made, told = imported(tmp_path, f"core: {{config: {{external-networks: {{{networks}}}}}}}")
    assert made["network"]["external"] == ours
    assert [each.key.removeprefix("core.config.external-networks.") for each in told] == left


def test_a_password_that_is_a_reference_is_carried_over(tmp_path: Path) -> None:
    ours, left = imported(tmp_path, "core: {config: {user: {password: '${file:/x}'}}}")
    assert ours["demo"] == {"password": "${file:/x}"} and not left


@pytest.mark.parametrize("switch", ["false", "no", "maybe"])
@pytest.mark.parametrize("proxy", ["{switch}, {urls}", "{urls}, {switch}"])
def test_a_proxy_that_is_switched_off_stays_behind(tmp_path: Path, switch: str, proxy: str) -> None:
    urls = "http_proxy: http://old:3128, https_proxy: http://old:3128, no_proxy: .example.org"
    said = proxy.format(switch=f"proxy_required: {switch}", urls=urls)
    ours, left = imported(tmp_path, f"core: {{config: {{proxy: {{{said}}}}}}}")
    assert ours == {"schema": 1}
    keys = [f"core.config.proxy.{key}" for key in ("http_proxy", "https_proxy", "no_proxy")]
    assert [each.key for each in left if not each.key.endswith("proxy_required")] == keys
    assert {each.why for each in left} == {
        "no proxy is used where proxy_required is not true; set proxy.http or proxy.https"
    }
    assert any(each.key.endswith("proxy_required") for each in left) == (switch != "false")


@pytest.mark.parametrize("switch", ["proxy_required: true, ", "proxy_required: null, ", ""])
def test_a_proxy_that_is_used_is_carried_over(tmp_path: Path, switch: str) -> None:
    text = f"core: {{config: {{proxy: {{{switch}http_proxy: http://old:3128}}}}}}"
    assert imported(tmp_path, text) == ({"schema": 1, "proxy": {"http": "http://old:3128"}}, [])


def test_what_cannot_be_here_is_told_with_the_reason(tmp_path: Path) -> None:
    text = "core: {config: {region: 'no way', user: {username: admin}}}\nx: 1\n"
    ours, left = imported(tmp_path, text)
    assert ours == {"schema": 1, "demo": {}}
    assert [str(each) for each in left] == [
        "line 1: core.config.region: region must be a name of letters, digits, dots, dashes and underscores, "
        "not 'no way'",
        "line 1: core.config.user.username: admin is an account of the cloud itself",
        "line 2: x: this is no key of that snap's manifests",
    ]


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ("user: {nameservers: [x, 192.0.2.1]}", "user.nameservers[2]: demo.network.dns[1] must be an IPv4"),
        (
            "endpoints: {ingress-public: {ip: 127.0.0.1}}",
            "endpoints.ingress-public.ip: 127.0.0.1 is no address",
        ),
    ],
)
def test_nothing_is_dropped_silently_or_carried_over_as_a_mistake(
    tmp_path: Path, config: str, left: str
) -> None:
    ours, (told,) = imported(tmp_path, f"core: {{config: {{{config}}}}}")
    assert str(told).startswith(f"line 1: core.config.{left}")
    assert "127.0.0.1" not in str(ours) and "x" not in str(ours)


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestErrors):
        imported(tmp_path, "core: [")


def test_every_published_key_has_a_place_or_a_reason() -> None:
    published = ["proxy", "bootstrap", "database", "region", "k8s-addons", "addons", "endpoints", "user",
                 "external-networks", "microceph_config", "pci", "dpdk", "identity", "horizon"]  # fmt: skip
    known = {*PLACES, *REASONS}
    assert all(any(key.startswith(CONFIG + part) for key in known) for part in published)
