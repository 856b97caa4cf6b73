"""What a manifest says survives being written, read, merged and explained."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import Phase, given, settings

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.text import annotated_text, manifest_text
from tests.unit.docs.manifest_reference import key_rows
from tests.unit.manifest.manifests import keys_said, manifests


def read(text: str) -> Manifest:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.yaml"
        file.write_text(text)
        return effective([file]).manifest


def test_every_key_of_the_model_is_made() -> None:
    made: set[str] = set()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(manifests)
    def look(manifest: Manifest) -> None:
        made.update(keys_said(manifest))

    look()
    assert made == {key.strip("`") for key, *_ in key_rows()}


@settings(max_examples=50, deadline=None)
@given(manifests)
def test_what_is_written_is_read_again(manifest: Manifest) -> None:
    assert effective(cloud=manifest.dump()).manifest == manifest
    assert Manifest.model_validate(yaml.safe_load(manifest_text(manifest.dump()))) == manifest


@settings(max_examples=40, deadline=None)
@given(manifests)
def test_an_explained_file_comes_to_the_same(manifest: Manifest) -> None:
    assert read(annotated_text(manifest, effective().manifest)) == manifest


@settings(max_examples=40, deadline=None)
@given(manifests)
def test_every_value_has_an_origin(manifest: Manifest) -> None:
    found = effective(answers=dict(manifest.dump()))
    assert set(found.values) == set(found.origins)
    assert {str(origin).partition(":")[0] for origin in found.origins.values()}


def test_what_is_left_to_the_machine_is_a_comment_however_long() -> None:
    manifest = Manifest.model_validate({"proxy": {"no_proxy": ", ".join(["192.0.2.1"] * 40)}})
    left = {f"proxy.{key}": "  # detected" for key in ("http", "https", "no_proxy")}
    text = annotated_text(manifest, effective().manifest, left)
    document = yaml.safe_load(text)
    assert "proxy" not in document and document["network"]["external"]["mtu"] == 1500
    assert text.count("# detected\n") == 3
