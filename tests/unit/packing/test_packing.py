import stat
import zipfile
from pathlib import Path

import pytest
import yaml

from sunbeam.core.errors import SunbeamError
from sunbeam.operators.packing import pack_charm
from tests.fakes.disk import watch_syncs

KUBERNETES = """
name: web
title: The Web
summary: Serves
description: Serves pages
type: charm
links: {documentation: https://docs.example.com, contact: a@example.com}
platforms:
  ubuntu@24.04:amd64:
  debian-13: {build-on: ubuntu@24.04:amd64, build-for: "debian@13:arm64"}
parts: {charm: {plugin: charm, source: .}}
assumes: [juju >= 3.6, k8s-api]
containers: {web: {resource: web-image}}
resources: {web-image: {type: oci-image}}
requires: {database: {interface: mysql_client, limit: 1}}
config: {options: {debug: {type: boolean, default: false}}}
actions: {restart: {description: Restart it}}
"""
MACHINE = """
name: agent
summary: Runs
description: Runs on machines
base: ubuntu@24.04
platforms: {amd64: , arm64: }
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "lib/shared"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("SHARED = 1\n")
    (folder / "__pycache__/x.pyc").write_bytes(b"x")
    return folder.parent


def charm(tmp_path: Path, charmcraft: str, requirements: str = "") -> Path:
    folder = tmp_path / "charm"
    (folder / "src/templates").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "tests/test_it.py").write_text("")
    (folder / "charmcraft.yaml").write_text(charmcraft)
    (folder / "src/charm.py").write_text("print('charm')\n")
    (folder / "src/templates/a.conf").write_text("a\n")
    if requirements:
        (folder / "requirements.txt").write_text(requirements)
    return folder


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as zipped:
        return zipped.namelist()


def read(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as zipped:
        return zipped.read(name).decode()


def test_a_kubernetes_charm_has_the_form_of_charmcraft(tmp_path: Path, library: Path) -> None:
    packed = pack_charm(charm(tmp_path, KUBERNETES, "ops\n"), library, tmp_path / "out/web.charm")
    assert names(packed) == [
        "actions.yaml",
        "config.yaml",
        "dispatch",
        "lib/shared/__init__.py",
        "manifest.yaml",
        "metadata.yaml",
        "src/charm.py",
        "src/templates/a.conf",
    ]
    metadata = yaml.safe_load(read(packed, "metadata.yaml"))
    assert metadata["display-name"] == "The Web"
    assert metadata["docs"] == "https://docs.example.com"
    assert metadata["maintainers"] == ["a@example.com"]
    assert metadata["requires"] == {"database": {"interface": "mysql_client", "limit": 1}}
    assert not {"parts", "platforms", "config", "actions", "type", "links"} & set(metadata)
    assert yaml.safe_load(read(packed, "config.yaml")) == {
        "options": {"debug": {"type": "boolean", "default": False}}
    }
    assert yaml.safe_load(read(packed, "actions.yaml")) == {"restart": {"description": "Restart it"}}
    assert yaml.safe_load(read(packed, "manifest.yaml"))["bases"] == [
        {"name": "ubuntu", "channel": "24.04", "architectures": ["amd64"]},
        {"name": "debian", "channel": "13", "architectures": ["arm64"]},
    ]


def test_dispatch_is_executable(tmp_path: Path, library: Path) -> None:
    packed = pack_charm(charm(tmp_path, KUBERNETES), library, tmp_path / "web.charm")
    with zipfile.ZipFile(packed) as zipped:
        mode = zipped.getinfo("dispatch").external_attr >> 16
    assert stat.S_IMODE(mode) == 0o755
    assert "PYTHONPATH=lib:venv" in read(packed, "dispatch")


def test_the_same_sources_give_the_same_bytes(tmp_path: Path, library: Path) -> None:
    folder = charm(tmp_path, MACHINE, "websocket-client\n")
    first = pack_charm(folder, library, tmp_path / "1.charm").read_bytes()
    (folder / "src/charm.py").touch()
    assert pack_charm(folder, library, tmp_path / "2.charm").read_bytes() == first


def test_a_machine_charm_brings_its_libraries_and_theirs(tmp_path: Path, library: Path) -> None:
    packed = pack_charm(
        charm(tmp_path, MACHINE, "ops>=3  # the framework\n"), library, tmp_path / "agent.charm"
    )
    vendored = {name.split("/")[1] for name in names(packed) if name.startswith("venv/")}
    assert {"ops", "yaml", "websocket", "opentelemetry"} <= vendored
    assert any(name.startswith("opentelemetry_api-") for name in vendored), "entry points need the metadata"
    assert not [name for name in names(packed) if name.endswith((".so", ".pyc"))]
    assert yaml.safe_load(read(packed, "manifest.yaml"))["bases"] == [
        {"name": "ubuntu", "channel": "24.04", "architectures": ["amd64", "arm64"]}
    ]


def test_a_charm_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = watch_syncs(monkeypatch)
    pack_charm(charm(tmp_path, KUBERNETES), library, tmp_path / "out/web.charm")
    file, folder = synced
    assert file.startswith(".web.charm.") and folder == "out"


@pytest.mark.parametrize(
    ("requirements", "why"),
    [
        ("no-such-distribution-anywhere", "is not installed"),
        ("ops<1", "is wanted"),
        ("cryptography", "compiled modules"),
        ("what is this", "Expected"),
    ],
)
def test_libraries_that_cannot_be_copied(tmp_path: Path, library: Path, requirements: str, why: str) -> None:
    with pytest.raises(SunbeamError) as caught:
        pack_charm(charm(tmp_path, MACHINE, requirements), library, tmp_path / "agent.charm")
    assert why in caught.value.why
    assert not (tmp_path / "agent.charm").exists()


@pytest.mark.parametrize(
    ("charmcraft", "why"),
    [
        ("name: x", "has no summary, description"),
        ("[", "expected"),
        ("", "has no name"),
        (MACHINE.replace("base:", "b:"), "base"),
    ],
)
def test_a_wrong_charm_says_what_is_wrong(tmp_path: Path, library: Path, charmcraft: str, why: str) -> None:
    with pytest.raises(SunbeamError) as caught:
        pack_charm(charm(tmp_path, charmcraft), library, tmp_path / "x.charm")
    assert why in caught.value.why
    assert str(tmp_path) in caught.value.where or "agent" in caught.value.where
