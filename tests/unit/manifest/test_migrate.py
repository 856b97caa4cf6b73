from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.migrate import migrate
from sunbeam.core.manifest.text import HEADER


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "old.yaml"
    path.write_text(text)
    return path


def test_settings_from_before_manifests_become_one(tmp_path: Path) -> None:
    settings = NodeSettings("one", "192.0.2.1", pods="10.9.0.0/24", external="10.8.0.0/24")
    migrated = migrate(file(tmp_path, settings.dump()))
    assert migrated.text.startswith(HEADER)
    manifest = effective([file(tmp_path, migrated.text)]).manifest
    assert NodeSettings.of(manifest) == settings
    assert "etcd_port: stays in the settings of the node" in migrated.notes


def test_comments_of_a_file_of_today_stay(tmp_path: Path) -> None:
    text = "# mine\nregion: North  # or south\n"
    migrated = migrate(file(tmp_path, text))
    assert migrated.text.endswith("# mine\nschema: 1\nregion: North  # or south\n") and not migrated.notes
    assert yaml.safe_load(migrated.text) == {"schema": 1, "region": "North"}


def test_a_file_that_is_as_it_should_be_stays(tmp_path: Path) -> None:
    text = f"{HEADER}x.json\nschema: 1\n"
    assert migrate(file(tmp_path, text)).text == text


@pytest.mark.parametrize(
    ("text", "migrated"),
    [
        ("---\nname: North\n", "---\nschema: 1\nname: North\n"),
        ("%YAML 1.2\n---\n# mine\n  name: a\n  region: b\n",
         "%YAML 1.2\n---\n# mine\n  schema: 1\n  name: a\n  region: b\n"),
        ("{name: North}\n", "{schema: 1, name: North}\n"),
        ("--- {name: North} # mine\n", "--- {schema: 1, name: North} # mine\n"),
        ("\ufeffname: North\n", "schema: 1\nname: North\n"),
        ("name: a\n...\n", "schema: 1\nname: a\n...\n"),
        ("# mine", "# mine\nschema: 1\n"),
        ("---\nnull\n", "schema: 1\n"),
        ("{}\n", "schema: 1\n"),
        ("", "schema: 1\n"),
    ],
)  # fmt: skip
def test_the_schema_is_said_in_front_of_the_other_keys(tmp_path: Path, text: str, migrated: str) -> None:
    found = migrate(file(tmp_path, text)).text
    header, rest = found.split("\n", 1)
    assert header.startswith(HEADER) and rest == migrated
    document = yaml.safe_load(text) or {}
    assert yaml.safe_load(found) == {"schema": 1, **document}
    assert effective([file(tmp_path, found)]).manifest == effective([file(tmp_path, text)]).manifest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("schema: 9\n", "schema 9 is newer than this version"),
        ("schema: 0\n", "schema must be 1, not 0"),
        ("schema: -1\nexternal: 10.0.0.0/24\n", "schema must be 1, not -1"),
        ("schema: old\n", "schema must be 1, not 'old'"),
        ("schema: true\n", "schema must be 1, not true"),
        ("a: [\n", "this is no YAML"),
    ],
)
def test_what_cannot_be_migrated_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ManifestErrors) as refused:
        migrate(file(tmp_path, text))
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "regoin: North\nnetwork: {pods: here}\n",
            [":1:1: unknown key regoin", ":2:17: network.pods must be"],
        ),
        ("proxy: {http: '${what:X}'}\n", [":1:15: proxy.http: ${what:X} is no reference"]),
        (
            "external: 10.8.0.0/24\npods: 10.8.0.0/24\naddress: here\n",
            [" network.address: network.address must", " network.external.range: 10.8.0.0/24 of"],
        ),
    ],
)
def test_what_would_be_no_manifest_is_refused(tmp_path: Path, text: str, told: list[str]) -> None:
    with pytest.raises(ManifestErrors) as refused:
        migrate(file(tmp_path, text))
    assert all(f"{tmp_path}/old.yaml{each}" in str(refused.value) for each in told)
    assert len(refused.value.findings) == len(told)


def test_references_need_not_be_there_to_migrate(tmp_path: Path) -> None:
    text = "proxy: {http: '${env:SURELY_NOT_SET}'}\ndemo: {password: '${file:no}'}\n"
    assert text in migrate(file(tmp_path, text)).text


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_bytes(b"name: \xff\n")
    with pytest.raises(ManifestErrors, match="1 mistake") as refused:
        migrate(path)
    assert f"{path}:1:7: the file cannot be read: it is not UTF-8" in str(refused.value)
