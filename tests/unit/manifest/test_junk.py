"""Whatever a file holds, the answer is a manifest or a report of its mistakes, each with a line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.migrate import migrate
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.snap_openstack import CONFIG, PLACES, REASONS, import_manifest

KEYS = """
schema name region network pods external range first gateway dns proxy http software charms nova config debug
storage units images demo quota flavors m1.tiny ram nodes roles features
"""
WORDS = "10.0.0.0/24 172.24.4.0/24 192.0.2.1 ${env:X} ${ 20G control admin"
keys = st.sampled_from(KEYS.split()) | st.text(max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=12)
    | st.sampled_from(WORDS.split(" "))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
)
documents = st.dictionaries(keys, values, max_size=5)
theirs = st.sampled_from([*PLACES, *REASONS, CONFIG + "external-networks.p.range"])


def judged(text: str) -> Manifest | None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "f.yaml"
        file.write_text(text, errors="surrogatepass")
        try:
            return effective([file]).manifest
        except ManifestErrors as error:
            assert error.findings and all(each.origin.line for each in error.findings)
            return None


@settings(max_examples=60, deadline=None)
@given(documents)
def test_a_document_of_known_words_in_any_order(document: dict[str, Any]) -> None:
    manifest = judged(yaml.safe_dump(document))
    assert manifest is None or Manifest.model_validate(manifest.dump()) == manifest


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    judged(text)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(theirs, scalars.filter(lambda value: "$" not in str(value)))))
def test_any_manifest_of_the_snap(pairs: list[tuple[str, Any]]) -> None:
    document: dict[str, Any] = {}
    for key, value in pairs:
        part = document
        *above, last = key.split(".")
        for step in above:
            part = part.setdefault(step, {}) if isinstance(part.get(step, {}), dict) else {}
        part[last] = value
    with TemporaryDirectory() as folder:
        file = Path(folder) / "f.yaml"
        file.write_text(yaml.safe_dump(document))
        ours, _ = import_manifest(file)
    assert judged(yaml.safe_dump(ours)) is not None


def test_settings_of_any_kind_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    for text in ('{"external": "x"}', '{"external": "x", "address": 5, "name": null}', "external: {}"):
        file.write_text(text)
        with pytest.raises(ManifestErrors, match="mistake"):
            migrate(file)
