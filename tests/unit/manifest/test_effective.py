from __future__ import annotations

import platform
from pathlib import Path

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.plans import shipped_plans


def file(tmp_path: Path, text: str, name: str = "mine.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_each_value_says_where_it_came_from(tmp_path: Path) -> None:
    first = file(tmp_path, "region: North\nnetwork:\n  dns: [192.0.2.1]\n")
    second = file(tmp_path, "region: South\n", "other.yaml")
    found = effective(
        [first, second],
        {"network.pods": "10.3.0.0/24"},
        detected={"network.address": "192.0.2.7", "region": "Nowhere"},
    )
    origins = {key: str(origin) for key, origin in found.origins.items()}
    assert found.values["region"] == "South" and origins["region"] == f"{second}:1:9"
    assert origins["network.dns[1]"] == f"{first}:3:9"
    assert origins["network.pods"] == "answer" and origins["network.address"] == "detected"
    assert origins["demo.user"] == "default"
    assert origins["software.charms.mariadb.config.durable"].startswith(f"{shipped_plans()['laptop']}:")


def test_a_plan_is_named_in_place_of_a_file(tmp_path: Path) -> None:
    durable = "software.charms.mariadb.config.durable"
    assert effective().values[durable] is False
    assert effective([Path("edge")]).values[durable] is True
    mine = file(tmp_path, "software: {charms: {mariadb: {config: {durable: false}}}}")
    assert effective([mine, Path("edge")]).values[durable] is False
    assert effective([Path("datacenter")]).values["software.charms.nova.config.host-subset-size"] == 3


def test_a_file_wins_over_a_plan_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file(tmp_path, "region: Mine\n", "edge")
    monkeypatch.chdir(tmp_path)
    assert effective([Path("edge")]).manifest.region == "Mine"


def test_a_folder_of_its_name_is_no_plan_of_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edge").mkdir()
    monkeypatch.chdir(tmp_path)
    assert effective([Path("edge")]).values["software.charms.mariadb.config.durable"] is True


def test_a_plan_that_was_probably_meant_is_proposed(tmp_path: Path) -> None:
    mine = file(tmp_path, "region: North\n")
    with pytest.raises(ManifestErrors) as refused:
        effective([Path("laptpo"), mine])
    (found,) = refused.value.findings
    assert found.text == "there is no such file; did you mean the plan laptop?"
    assert refused.value.next_command == f"sunbeam manifest lint laptop {mine}"


def test_the_next_command_can_be_typed(tmp_path: Path) -> None:
    (tmp_path / "my cloud.yaml").write_text("regoin: North\n")
    with pytest.raises(ManifestErrors) as refused:
        effective([tmp_path / "my cloud.yaml"])
    assert refused.value.next_command == f"sunbeam manifest lint '{tmp_path}/my cloud.yaml'"


def test_a_file_that_is_not_there_has_to_be_found(tmp_path: Path) -> None:
    with pytest.raises(ManifestErrors, match="1 mistake") as refused:
        effective([tmp_path / "cluod.yaml"])
    assert refused.value.next_command == f"ls {tmp_path}"


@pytest.mark.parametrize(
    ("key", "answer", "value"),
    [
        ("network.dns", "192.0.2.1, 192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("demo.quota.cores", "5", 5),
        ("network.external.gateway", "172.24.4.9", "172.24.4.9"),
        ("network.external.lose_addresses", "true", True),
        ("proxy.no_proxy", "a,b", "a,b"),
        ("name", "  My cloud ", "  My cloud "),
    ],
)
def test_answers_are_text(key: str, answer: str, value: object) -> None:
    dumped = effective(answers={key: answer}).manifest.dump()
    for step in key.split("."):
        dumped = dumped[step]
    assert dumped == value


@pytest.mark.parametrize("key", ["network.address", "network.dns", "network.external.first"])
def test_an_empty_answer_is_none(key: str) -> None:
    assert effective(answers={key: ""}).manifest == effective().manifest


def test_null_brings_the_default_back(tmp_path: Path) -> None:
    first = file(tmp_path, "region: North\ndemo: {flavors: {big: {ram: 1, vcpus: 1, disk: 1}, m1.tiny: }}\n")
    second = file(tmp_path, "region:\n", "other.yaml")
    found = effective([first, second])
    assert found.manifest.region == "RegionOne" and str(found.origins["region"]) == "default"
    assert set(found.manifest.demo.flavors) == {"big", "m1.small", "m1.medium"}


def test_a_part_of_a_flavor_may_be_in_another_file(tmp_path: Path) -> None:
    changed = effective([file(tmp_path, "demo: {flavors: {m1.tiny: {ram: 512}}}")]).manifest.demo.flavors
    assert (changed["m1.tiny"].ram, changed["m1.tiny"].vcpus) == (512, 1)
    with pytest.raises(ManifestErrors) as refused:
        effective([file(tmp_path, "demo: {flavors: {big: {ram: 512}}}")])
    assert [each.text for each in refused.value.findings] == [
        "demo.flavors.big needs the key vcpus",
        "demo.flavors.big needs the key disk",
    ]


def test_a_wrong_value_is_told_without_its_consequences(tmp_path: Path) -> None:
    with pytest.raises(ManifestErrors) as refused:
        effective([file(tmp_path, "demo: {flavors: {m1.tiny: {ram: x}}}")])
    assert [each.text for each in refused.value.findings] == [
        "demo.flavors.m1.tiny.ram must be a whole number"
    ]


def test_the_first_machine_needs_no_name(tmp_path: Path) -> None:
    manifest = effective([file(tmp_path, "nodes: [{roles: [control]}]\n")]).manifest
    settings = NodeSettings.of(manifest)
    assert settings.name == platform.node() and settings.roles == ("control",)
    named = effective(
        [file(tmp_path, "nodes: [{name: one}]"), file(tmp_path, "nodes: [{roles: [control]}]", "b")]
    )
    assert NodeSettings.of(named.manifest).name == "one"


def test_two_machines_of_one_name_are_not_merged(tmp_path: Path) -> None:
    first = file(tmp_path, "nodes: [{name: a}]\n")
    with pytest.raises(ManifestErrors, match="1 mistake"):
        effective([first, file(tmp_path, "nodes: [{name: a}, {name: a}]\n", "other.yaml")])


def test_a_mistake_counts_also_where_a_later_file_overrides_it(tmp_path: Path) -> None:
    wrong = file(tmp_path, "region: [1]\nunknown:\n")
    with pytest.raises(ManifestErrors) as refused:
        effective([wrong, file(tmp_path, "region: South\n", "other.yaml")])
    assert [str(each) for each in refused.value.findings] == [
        f"{wrong}:1:9: region must be text",
        f"{wrong}:2:1: unknown key unknown",
    ]


def test_without_files_a_cloud_keeps_its_whole_manifest() -> None:
    cloud = effective([Path("datacenter")], {"region": "North"}).manifest
    assert effective(cloud=cloud.dump()).manifest == cloud
