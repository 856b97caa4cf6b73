from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest

from sunbeam.core.detection.children import Child
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.answer_file import answer_file
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.tree import ANSWER, DEFAULT, DETECTED, Origin
from sunbeam.core.question import Question
from sunbeam.core.questions import DETECTED as DECIDED_HERE
from sunbeam.core.questions import FILE_ONLY, QUESTIONS
from sunbeam.substrates.embedded.network_facts import NetworkFacts, Range
from tests.functional.wizard.machines import PROXIED, RACK

INTERFACE = "network.external.interface"


def named(key: str) -> Question:
    return next(each for each in QUESTIONS if each.key == key)


def asked(interview: Interview) -> list[str]:
    return [each.key for each in interview.questions()]


def leaves(part: object, above: str = "") -> list[str]:
    """Dotted keys of the model that hold a value."""
    from pydantic import BaseModel

    assert isinstance(part, type) and issubclass(part, BaseModel)
    found = []
    for name, field in part.model_fields.items():
        key, kind = f"{above}{field.alias or name}", field.annotation
        inner = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        found += leaves(inner, f"{key}.") if inner and inner.model_fields else [key]
    return found


def test_every_key_of_the_manifest_is_a_question_or_said_to_be_none() -> None:
    assert sorted([*(each.key for each in QUESTIONS), *FILE_ONLY]) == sorted(leaves(Manifest))


def test_questions_of_a_group_come_together() -> None:
    groups = [each.group for each in QUESTIONS]
    assert len(dict.fromkeys(groups)) == 1 + sum(1 for a, b in pairwise(groups) if a != b)
    for question in QUESTIONS:
        assert "\n" not in question.why and question.title.endswith("?")


@pytest.mark.parametrize("detected, count", [(RACK, 3), (replace(RACK, proxy=PROXIED), 5)])
def test_a_default_cloud_takes_at_most_five_questions(detected: object, count: int) -> None:
    interview = Interview(detected)  # type: ignore[arg-type]
    assert len(asked(interview)) == count
    for question in interview.questions():
        value = interview.value(question)
        assert interview.problem(question, value) == ""
        interview.answer(question, value)
    assert interview.answers == {}
    made = interview.effective()
    assert made.manifest.name == "rack7"
    assert made.origins["network.address"] == DETECTED
    assert made.origins["network.pods"] == DEFAULT


def test_answers_count_as_such_and_can_be_taken_back() -> None:
    interview = Interview(RACK)
    interview.answer(named("name"), "edge ")
    assert interview.effective().origins["name"] == ANSWER
    interview.answer(named("name"), "rack7")
    assert interview.effective().origins["name"] == DETECTED


def test_an_empty_answer_overrides_what_was_detected() -> None:
    interview = Interview(replace(RACK, proxy=PROXIED))
    assert interview.effective().manifest.proxy.http == PROXIED.http
    interview.answer(named("proxy.http"), "")
    assert interview.effective().manifest.proxy.http == ""


@pytest.mark.parametrize(
    ("resolvers", "told", "origin"),
    [
        (("192.0.2.53", "fd00::53", "192.0.2.54"), ["192.0.2.53", "192.0.2.54"], DETECTED),
        (("127.0.0.1", "169.254.169.254", "0.0.0.0", "fe80::1%eth0"), [], DEFAULT),
        ((), [], DEFAULT),
    ],
)
def test_vms_are_told_the_resolvers_that_they_reach_too(
    resolvers: tuple[str, ...], told: list[str], origin: Origin
) -> None:
    made = Interview(replace(RACK, resolvers=resolvers)).effective()
    assert [str(each) for each in made.manifest.network.dns] == told
    assert made.origin("network.dns") == origin
    assert made.manifest.demo.network.dns == ()  # those of the cloud


def test_an_empty_answer_is_said_to_be_what_is_used_then() -> None:
    for question in Interview(replace(RACK, proxy=PROXIED), advanced=True).questions():
        interview = Interview(RACK, advanced=True)
        if not interview.problem(question, ""):
            interview.answer(question, "")
            row = {row.key: row for row in interview.rows(interview.effective())}.get(question.key)
            assert row is None or row.value == (interview.empty(question) or "none")


def test_an_empty_answer_where_one_is_needed_means_nothing() -> None:
    interview = Interview(RACK, options={INTERFACE: "eno2"})
    assert interview.empty(named("network.external.range")) == ""


def test_a_free_range_is_taken_where_the_usual_one_is_not() -> None:
    from ipaddress import IPv4Network

    from sunbeam.substrates.embedded.network_facts import Range

    ranges = (*RACK.network.ranges, Range(IPv4Network("10.20.0.0/16"), "eno1"))
    interview = Interview(replace(RACK, network=replace(RACK.network, ranges=ranges)), advanced=True)
    made = interview.effective()
    assert (str(made.manifest.network.pods), made.origins["network.pods"]) == ("10.77.0.0/24", DETECTED)
    problem = interview.problem(named("network.pods"), "10.20.30.0/24")
    assert problem == "10.20.30.0/24 is in use: 10.20.0.0/16 on eno1"


@pytest.mark.parametrize(("carried", "told"), [(1400, 1400), (9000, 1500), (576, 1280)])
def test_vms_are_told_what_the_way_outside_carries(carried: int, told: int) -> None:
    made = Interview(replace(RACK, network=replace(RACK.network, mtu=carried))).effective()
    assert made.manifest.network.external.mtu == told
    assert made.origins["network.external.mtu"] == (DEFAULT if told == 1500 else DETECTED)


def test_an_interface_makes_its_network_a_question_without_a_default() -> None:
    interview = Interview(RACK)
    interview.answer(named(INTERFACE), "eno2")
    assert asked(interview)[2:] == [
        INTERFACE, "network.external.range", "network.external.first", "network.external.last",
        "network.external.gateway",
    ]  # fmt: skip
    assert [each.key for each in interview.missing()] == ["network.external.range"]
    assert interview.problem(named("network.external.range"), "") == "an answer is needed"
    interview.answer(named("network.external.range"), "203.0.113.0/24")
    assert interview.missing() == []


def test_an_interface_with_addresses_is_refused_until_they_may_be_lost() -> None:
    said = {INTERFACE: "eno3", "network.external.range": "198.51.100.0/24"}
    interview = Interview(RACK, options=said)
    assert "network.external.lose_addresses" in [each.key for each in interview.missing()]
    refused = Interview(RACK, options={**said, "network.external.lose_addresses": "false"})
    assert [text for _, text in refused.wrong()] == [
        "eno3 has 198.51.100.7/24: say true, or choose another interface"
    ]
    agreed = Interview(RACK, options={**said, "network.external.lose_addresses": "true"})
    assert (agreed.missing(), agreed.wrong()) == ([], [])
    assert agreed.effective().manifest.network.external.lose_addresses


def test_an_interface_does_not_lose_the_address_of_the_cloud() -> None:
    said = {INTERFACE: "eno1", "network.external.range": "192.0.2.0/24"}
    lose = named("network.external.lose_addresses")
    told = "eno1 has 192.0.2.7, the cloud's address: choose another interface or address"
    assert Interview(RACK, options=said).problem(lose, "true") == told
    elsewhere = {**said, "network.address": "198.51.100.7"}
    assert Interview(RACK, options=elsewhere).problem(lose, "true") == ""


def test_an_interface_that_a_child_needs_is_refused_and_not_proposed() -> None:
    eno2 = replace(RACK.interfaces[1], children=(Child("m0", "macvlan"),))
    interview = Interview(replace(RACK, interfaces=(RACK.interfaces[0], eno2)))
    asked = named(INTERFACE)
    assert [each.value for each in asked.choices(interview.detected)] == ["", "eno1"]
    told = "eno2 cannot be a port of a bridge: m0 (macvlan) is on it"
    assert interview.problem(asked, "eno2") == told


def test_the_router_of_this_machine_is_that_of_vms_on_its_network(tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    gateway = named("network.external.gateway")
    for range_, router in (("192.0.2.0/24", "192.0.2.1"), ("203.0.113.0/24", "")):
        file.write_text(f"network: {{external: {{interface: eno2, range: {range_}}}}}\n")
        interview = Interview(RACK, files=[file])
        assert interview.default(gateway) == router
        made = interview.effective()
        assert str(made.manifest.network.external.gateway or "") == router
        assert made.origins.get("network.external.gateway", DEFAULT) == (DETECTED if router else DEFAULT)


def test_vms_get_no_address_that_is_taken() -> None:
    said = {
        INTERFACE: "eno2",
        "network.external.range": "192.0.2.0/24",
        "network.external.first": "192.0.2.5",
    }
    interview, last = Interview(RACK, options=said), named("network.external.last")
    assert interview.problem(last, "192.0.2.6") == ""
    told = "VMs would get 192.0.2.7, which is an address of this machine"
    for value, end in (("192.0.2.9", "192.0.2.9"), ("", "192.0.2.254")):
        assert f"from 192.0.2.5 to {end} {told}" in interview.problem(last, value)


@pytest.mark.parametrize(
    "key, value, problem",
    [
        (INTERFACE, "eno9", "there is no interface eno9; there are eno1, eno2, eno3"),
        ("network.address", "0.0.0.0", "0.0.0.0 is no address of a machine"),
        (
            "network.address", "127.0.0.1",
            "127.0.0.1 is no address of a machine: each takes it for itself",
        ),
        ("name", "a\x1b", "must be one line without control characters, not 'a\\x1b'"),
        ("network.address", "rack7", "must be an IPv4 address such as 192.0.2.1, not 'rack7'"),
        ("network.address", "10.20.30.5", "10.20.30.5 is inside the range of pods, 10.20.30.0/24"),
        ("network.pods", "10.20.30.0/28", "10.20.30.0/28 is too small: pods need 64 addresses or more (/26)"),
        (
            "network.external.range", "10.20.30.0/25",
            "10.20.30.0/25 of network.external.range overlaps 10.20.30.0/24 of network.pods",
        ),
        ("network.external.mtu", "70000", "must be 9216 or less, not 70000"),
        ("network.dns", "192.0.2.1, x", "must be an IPv4 address such as 192.0.2.1, not 'x'"),
        ("demo.password", "secret", "a password belongs outside the manifest: write ${file:PATH} or"
" ${env:NAME}"),
        ("demo.quota.cores", "many", "must be a whole number"),
        ("demo.quota.cores", "-1", ""),
        ("network.dns", "192.0.2.1, 192.0.2.2", ""),
    ],
)  # fmt: skip
def test_problems_are_told_for_the_answer_that_has_them(key: str, value: str, problem: str) -> None:
    assert Interview(RACK, advanced=True).problem(named(key), value) == problem


def test_what_a_file_or_an_option_says_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("name: edge\nnetwork:\n  dns: [192.0.2.1, 192.0.2.2]\n")
    interview = Interview(RACK, files=[file], options={"network.address": "192.0.2.9"}, advanced=True)
    assert not {"name", "network.address", "network.dns"} & set(asked(interview))
    rows = {row.key: row for row in interview.rows(interview.effective())}
    assert (rows["name"].value, rows["name"].origin) == ("edge", f"{file}:1:7")
    assert (rows["network.address"].value, rows["network.address"].number) == ("192.0.2.9", 0)
    assert interview.rows(interview.effective())[0].number == 1


def test_before_the_questions_only_what_no_answer_can_put_right_is_wrong() -> None:
    said = {"network.pods": "198.51.100.0/24", "network.external.range": "192.0.2.0/24"}
    interview = Interview(RACK, options=said)
    assert [problem.what for problem in interview.problems()] == [
        "network.pods: 198.51.100.0/24 is in use: 198.51.100.0/24 on eno3",
        "network.external.range: 192.0.2.0/24 is in use: 192.0.2.0/24 on eno1",
    ]
    assert [problem.what for problem in interview.settled_problems()] == [interview.problems()[0].what]
    interview.answer(named("network.address"), "198.51.100.7")
    interview.answer(named(INTERFACE), "eno1")
    interview.answer(named("network.external.lose_addresses"), "true")
    assert interview.problems() == interview.settled_problems()


def test_a_file_may_be_wrong_at_once(tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("nane: edge\n")
    with pytest.raises(ManifestErrors, match="1 mistake"):
        Interview(RACK, files=[file])


def test_a_cloud_that_exists_is_settled() -> None:
    cloud = Manifest.model_validate({"name": "old", "network": {"address": "192.0.2.3"}}).dump()
    interview = Interview(RACK, cloud=cloud, advanced=True)
    assert (asked(interview), interview.missing()) == ([], [])
    assert interview.effective().manifest.name == "old"


@pytest.mark.parametrize("known", [[], ["192.0.2.99"]])
def test_a_cloud_keeps_its_resolvers_whatever_this_machine_asks_now(known: list[str]) -> None:
    """None are those of a cloud from before resolvers were detected."""
    cloud = Manifest.model_validate({"network": {"dns": known}}).dump()
    made = Interview(RACK, cloud=cloud).effective()
    assert [str(each) for each in made.manifest.network.dns] == known


def test_an_answer_to_one_question_may_break_another() -> None:
    interview = Interview(RACK, advanced=True)
    interview.answer(named("network.external.first"), "172.24.4.100")
    interview.answer(named("network.external.range"), "203.0.113.0/24")
    with pytest.raises(ManifestErrors) as wrong:
        interview.effective()
    assert "172.24.4.100 is not between 203.0.113.1 and 203.0.113.254" in str(wrong.value)
    rows = interview.rows(None)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert next(row.origin for row in rows if row.key == "network.external.first") == "answer"


def test_where_no_address_is_detected_loopback_stands_for_it_and_is_not_said() -> None:
    interview = Interview(replace(RACK, network=NetworkFacts()))
    address = named("network.address")
    assert interview.problem(address, interview.default(address)) == ""
    made = interview.effective()
    assert str(made.manifest.network.address) == "127.0.0.1"
    assert "address" not in answer_file(made).get("network", {})


def test_keys_that_are_detected_are_those_whose_default_differs_between_machines() -> None:
    taken = NetworkFacts(
        address="192.0.2.9", mtu=1400,
        ranges=(Range(IPv4Network("10.20.30.0/24"), "a"), Range(IPv4Network("172.24.0.0/16"), "b")),
    )  # fmt: skip
    other = replace(RACK, host_name="other", network=taken, proxy=PROXIED, resolvers=("192.0.2.53",))
    physical = {INTERFACE: "eno2", "network.external.range": "192.0.2.0/24"}
    differing = {
        each.key
        for each in QUESTIONS
        for said in ({}, physical)
        if each.default(said, RACK) != each.default(said, other)
    }
    assert differing == set(DECIDED_HERE)
