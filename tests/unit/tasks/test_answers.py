from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.answers import made_with, manifest_file, manifest_here, settings_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import ExitCode
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.text import manifest_text
from sunbeam.core.paths import Paths


def existing(tmp_path: Path, **manifest: Any) -> Paths:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("n", "192.0.2.1", pods="10.9.0.0/24", api_port=7).dump())
    if manifest:
        manifest_file(paths).write_text(manifest_text(Manifest.model_validate(manifest).dump()))
    return paths


CLOUD = {
    "region": "Here",
    "network": {"address": "192.0.2.1", "pods": "10.9.0.0/24", "dns": ["192.0.2.9"]},
    "software": {
        "charms": {"nova": {"config": {"debug": True}}, "mariadb": {"storage": {"database": "20G"}}}
    },
}


def test_defaults_fill_what_is_not_answered(tmp_path: Path) -> None:
    answers = {"network.pods": "10.1.0.0/24", "network.address": "192.0.2.7"}
    wanted = manifest_here(Paths(tmp_path), [], answers)
    settings = settings_of(Paths(tmp_path), wanted.manifest)
    assert (settings.address, settings.pods, settings.external) == (
        "192.0.2.7",
        "10.1.0.0/24",
        "172.24.4.0/24",
    )


def test_every_wrong_answer_is_named_in_one_report(tmp_path: Path) -> None:
    answers = {
        "network.address": "foo",
        "network.pods": "1.2.3.4/33",
        "network.external.range": "10.0.0.0/30",
    }
    with pytest.raises(ManifestErrors) as refused:
        manifest_here(Paths(tmp_path), [], answers)
    assert refused.value.exit_code is ExitCode.PREFLIGHT
    assert [finding.place for finding in refused.value.findings] == [f"answer {key}" for key in answers]


def test_a_cloud_keeps_the_ranges_it_was_made_with(tmp_path: Path) -> None:
    paths = existing(tmp_path, **CLOUD)
    kept = manifest_here(paths, [], {"network.pods": "10.9.0.0/24"}).manifest
    assert kept == Manifest.model_validate(CLOUD)
    answers = {"network.pods": "10.8.0.0/24", "network.address": "192.0.2.2", "region": "There"}
    with pytest.raises(ManifestErrors) as refused:
        manifest_here(paths, [], answers)
    text = str(refused.value)
    assert "this cloud was made with 10.9.0.0/24, and every pod has an address of it" in text
    assert [finding.path[-1] for finding in refused.value.findings] == ["region", "address", "pods"]


def test_a_gateway_may_be_said_that_is_there_anyway(tmp_path: Path) -> None:
    paths = existing(tmp_path, **CLOUD)
    manifest_here(paths, [], {"network.external.gateway": "172.24.4.1"})
    with pytest.raises(ManifestErrors, match="1 mistake"):
        manifest_here(paths, [], {"network.external.gateway": "172.24.4.2"})


def test_disks_keep_their_size(tmp_path: Path) -> None:
    file = tmp_path / "larger.yaml"
    file.write_text("software: {charms: {mariadb: {storage: {database: 30G}}}}\n")
    with pytest.raises(ManifestErrors, match="1 mistake") as refused:
        manifest_here(existing(tmp_path, **CLOUD), [file], {})
    assert "30G cannot be: this cloud was made with 20G" in str(refused.value)
    assert f"{file}:1:{file.read_text().index('30G') + 1}: " in str(refused.value)


def test_files_replace_software_and_keep_the_machine(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "software: {charms: {mariadb: {storage: {database: 20G}}, nova: {config: {debug: false}}}}\n"
    )
    wanted = manifest_here(existing(tmp_path, **CLOUD), [file], {})
    assert str(wanted.manifest.region) == "Here" and str(wanted.origins["network.dns[1]"]) == "cloud"
    assert wanted.manifest.software.charms["nova"].config == {"debug": False}


def test_what_no_file_says_any_more_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("software: {charms: {mariadb: {storage: {database: 20G}}}}\n")
    assert "nova" not in manifest_here(existing(tmp_path, **CLOUD), [file], {}).manifest.software.charms


def test_a_cloud_from_before_manifests_has_that_of_its_settings(tmp_path: Path) -> None:
    paths = existing(tmp_path)
    made = made_with(paths)
    assert made is not None and made["network"]["pods"] == "10.9.0.0/24"
    settings = settings_of(paths, manifest_here(paths, [], {}).manifest)
    assert settings == NodeSettings.read(paths)


def test_its_name_and_ports_stay(tmp_path: Path) -> None:
    paths = existing(tmp_path, **CLOUD)
    settings = settings_of(paths, Manifest.model_validate(CLOUD))
    assert (settings.name, settings.api_port) == ("n", 7)
    with pytest.raises(ManifestErrors, match="1 mistake") as refused:
        manifest_here(paths, [], {"nodes": [{"name": "other"}]})
    assert "other cannot be: this cloud was made with n" in str(refused.value)


def test_a_role_is_added_but_not_taken_away(tmp_path: Path) -> None:
    one = {"nodes": [{"name": "n", "roles": ["control"]}]}
    both = {"nodes": [{"name": "n", "roles": ["control", "compute"]}]}
    with pytest.raises(ManifestErrors) as refused:
        manifest_here(existing(tmp_path / "both", **CLOUD), [], one)
    assert "cannot be taken away while VMs may run here" in str(refused.value)
    more = manifest_here(existing(tmp_path / "one", **CLOUD, **one), [], both)
    assert more.manifest.nodes[0].roles == ("control", "compute")
