from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"name": "one"}', '{"name": "one", "address": "192.0.2.1", "pods": "ten"}']
)
def test_damaged_settings_show_what_they_should_look_like_and_stay(tmp_path: Path, text: str) -> None:
    paths = Paths(tmp_path)
    file = NodeSettings.file(paths)
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(SunbeamError) as refused:
        NodeSettings.read(paths)
    error = refused.value
    assert error.what == "The settings of this node cannot be read" and error.where == str(file)
    assert '"address": "ADDRESS"' in error.why and error.next_command == f"sensible-editor {file}"
    assert file.read_text() == text


def test_a_machine_that_is_no_node_is_told_how_to_become_one(tmp_path: Path) -> None:
    with pytest.raises(SunbeamError, match="not part of a cloud") as refused:
        NodeSettings.read(Paths(tmp_path))
    assert refused.value.next_command == "sunbeam cluster bootstrap"


def test_settings_of_before_a_port_was_one_get_its_default(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    file = NodeSettings.file(paths)
    file.parent.mkdir(parents=True)
    file.write_text('{"name": "one", "address": "192.0.2.1"}')
    assert NodeSettings.read(paths).etcd_port == 12379
