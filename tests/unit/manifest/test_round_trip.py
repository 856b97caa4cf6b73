"""What a manifest says survives being written, read, merged and explained."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sunbeam.core.manifest import software
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.text import annotated_text, manifest_text

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="$", exclude_categories=["Cs", "Cc"]), max_size=30
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "int": st.integers(-(10**6), 10**6),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "string": texts | st.sampled_from(["no", "010", "1.5", "~", "- a", "a: b", "#", "null", "${env:HOME}"]),
}


def option(charm: str, name: str, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return VALUES[kind].map(lambda value: {charm: {"config": {name: value}}})


charms = st.one_of(
    *(
        option(charm, name, what["type"])
        for charm, facts in software.charms().items()
        for name, what in facts.options.items()
        if (charm, name) not in software.DECIDED
    )
)
manifests = st.fixed_dictionaries(
    {},
    optional={
        "name": texts.map(lambda text: text[:60]),
        "region": names,
        "network": st.fixed_dictionaries(
            {},
            optional={
                "pods": st.integers(0, 255).map(lambda third: f"10.77.{third}.0/24"),
                "dns": st.lists(st.ip_addresses(network="192.0.2.0/24").map(str), max_size=3),
            },
        ),
        "software": st.fixed_dictionaries(
            {},
            optional={
                "charms": charms,
                "images": st.dictionaries(
                    st.sampled_from(sorted(software.images())),
                    st.from_regex(r"[a-z./:@-]{1,30}", fullmatch=True),
                ),
            },
        ),
        "demo": st.fixed_dictionaries(
            {},
            optional={
                "user": names.filter(lambda name: name != "admin"),
                "quota": st.fixed_dictionaries({"cores": st.integers(-1, 10**6)}),
                "flavors": st.dictionaries(
                    names,
                    st.fixed_dictionaries({key: st.integers(1, 10**6) for key in ("ram", "vcpus", "disk")}),
                    max_size=3,
                ),
            },
        ),
    },
).map(Manifest.model_validate)


def read(text: str) -> Manifest:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.yaml"
        file.write_text(text)
        return effective([file]).manifest


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
