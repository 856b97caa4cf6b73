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
    assert migrated.text.endswith("schema: 1\n" + text) and not migrated.notes
    assert yaml.safe_load(migrated.text) == {"schema": 1, "region": "North"}


def test_a_file_that_is_as_it_should_be_stays(tmp_path: Path) -> None:
    text = f"{HEADER}x.json\nschema: 1\n"
    assert migrate(file(tmp_path, text)).text == text


@pytest.mark.parametrize(
    ("text", "why"), [("schema: 9\n", "schema 9 is newer than this version"), ("a: [\n", "this is no YAML")]
)
def test_what_cannot_be_migrated_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ManifestErrors) as refused:
        migrate(file(tmp_path, text))
    assert why in str(refused.value)
