from dataclasses import replace
from ipaddress import IPv4Network

from sunbeam.core.process import Completed
from sunbeam.substrates.embedded.firewall import Iptables, Rules, iptables_script, nft_script
from tests.fakes.processes import FakeProcesses

RULES = Rules(
    "sunbeam0",
    IPv4Network("10.20.30.0/24"),
    "sunbeam-ext",
    IPv4Network("172.24.4.0/24"),
    {443: "10.20.30.15", 80: "10.20.30.15"},
)


def chain(script: str, name: str) -> list[str]:
    body = script.partition(f"chain {name} {{")[2].partition("\n }")[0]
    return [line.strip() for line in body.splitlines() if line.strip()]


def test_the_table_is_replaced_in_one_transaction() -> None:
    lines = nft_script("sunbeam", RULES).splitlines()
    assert lines[:3] == ["table ip sunbeam", "delete table ip sunbeam", "table ip sunbeam {"]


def test_exposed_ports_of_the_host_lead_to_the_pod() -> None:
    rule = "fib daddr type local tcp dport 443 dnat to 10.20.30.15:443"
    script = nft_script("sunbeam", RULES)
    assert rule in chain(script, "prerouting")
    assert f"ip daddr != 127.0.0.0/8 {rule}" in chain(script, "output")


def test_what_is_not_exposed_is_dropped_last() -> None:
    forward = chain(nft_script("sunbeam", RULES), "forward")
    assert forward[-1] == "drop"
    assert 'oifname != "sunbeam0" accept' in forward
    assert "ct status dnat accept" in forward


def test_both_networks_reach_the_outside() -> None:
    rules = chain(nft_script("sunbeam", RULES), "postrouting")
    assert 'ip saddr 10.20.30.0/24 oifname != "sunbeam0" masquerade' in rules
    assert 'ip saddr 172.24.4.0/24 oifname != "sunbeam-ext" oifname != "sunbeam0" masquerade' in rules


def test_addresses_of_a_network_that_is_there_already_are_not_translated() -> None:
    rules = replace(RULES, translated=False)
    assert "172.24.4.0/24" not in nft_script("sunbeam", rules)
    assert "172.24.4.0/24" not in iptables_script("SUNBEAM", rules)
    assert 'ip saddr 10.20.30.0/24 oifname != "sunbeam0" masquerade' in nft_script("sunbeam", rules)


def test_iptables_fills_chains_of_its_own() -> None:
    lines = iptables_script("SUNBEAM", RULES).splitlines()
    added = [line for line in lines if line.startswith("-A")]
    assert added
    assert all(line.startswith("-A SUNBEAM-") for line in added)
    declared = {line.split()[0].removeprefix(":") for line in lines if line.startswith(":")}
    assert {line.split()[1] for line in added} == declared


async def test_iptables_jumps_once_to_each_chain() -> None:
    processes = FakeProcesses()
    processes.expect("iptables-restore", "--noflush", "--wait")
    nat = ("iptables", "--wait", "--table", "nat")
    forward = ("iptables", "--wait", "--table", "filter")
    processes.expect(*nat, "-C")
    processes.expect(*forward, "-C", answer=Completed((), 1))
    processes.expect(*forward, "-I", "FORWARD", "-j", "SUNBEAM-FORWARD")
    await Iptables(processes).apply(RULES)
    assert processes.unused == []
    assert not any("-I" in call for call in processes.calls if call[:4] == nat)
