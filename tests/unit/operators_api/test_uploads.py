"""Uploaded zip files never write outside of their folder, nor more than is allowed."""

from __future__ import annotations

import stat
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sunbeam.operators.api import uploads
from sunbeam.operators.api.uploads import sweep, unpack_charm
from sunbeam.operators.operations.errors import BadRequest
from sunbeam.operators.operations.resources import image_name
from tests.fakes.disk import watch_syncs

SHA = "a" * 64


def entry(name: str, mode: int = 0o644, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | mode) << 16
    return info


def pack(path: Path, *entries: tuple[zipfile.ZipInfo, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for info, text in entries:
            archive.writestr(info, text)
    return path


def unpack(tmp_path: Path, *entries: tuple[zipfile.ZipInfo, str]) -> Path:
    charms = tmp_path / "charms"
    charms.mkdir(exist_ok=True)
    return unpack_charm(pack(tmp_path / "charm.zip", *entries), charms, SHA)


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, str]:
    return entry(name, 0o777, stat.S_IFLNK), target


def test_files_modes_and_inner_links_are_kept(tmp_path: Path) -> None:
    folder = unpack(
        tmp_path,
        (entry("dispatch", 0o6755), "#!/bin/sh"),
        (entry("src/charm.py"), "code"),
        link("hooks/i", "../dispatch"),
    )
    assert folder == tmp_path / "charms" / SHA
    assert (folder / "dispatch").stat().st_mode & 0o7777 == 0o755
    assert (folder / "hooks/i").read_text() == "#!/bin/sh"
    assert unpack(tmp_path, (entry("other"), "")) == folder


def test_the_same_charm_uploaded_twice_at_once(tmp_path: Path) -> None:
    archive = pack(tmp_path / "charm.zip", *((entry(f"f{number}"), "text") for number in range(50)))
    charms = tmp_path / "charms"
    charms.mkdir()
    together = threading.Barrier(4)

    def unpack_with_others(_: int) -> Path:
        together.wait(timeout=10)
        return unpack_charm(archive, charms, SHA)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(unpack_with_others, range(4))) == {charms / SHA}
    assert list(charms.iterdir()) == [charms / SHA]
    assert len(list((charms / SHA).iterdir())) == 50


def test_a_charm_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = watch_syncs(monkeypatch)
    folder = unpack(tmp_path, (entry("src/charm.py"), "code"))
    *before, last = synced
    assert {"charm.py", "src"} < set(before) and folder.name not in before
    assert last == "charms"


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a\\..\\evil", "."])
def test_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="outside"):
        unpack(tmp_path, (entry(name), "evil"))
    assert list((tmp_path / "charms").iterdir()) == []


@pytest.mark.parametrize(
    "links",
    [
        [link("l", "/etc/passwd")],
        [link("l", "../../etc")],
        [link("a/b/l", "../.."), link("m", "a/b/l/..")],
        [link("a", "b"), link("b", "a")],
    ],
    ids=["absolute", "relative", "through another", "circle"],
)
def test_links_that_lead_outside(tmp_path: Path, links: list[tuple[zipfile.ZipInfo, str]]) -> None:
    with pytest.raises(BadRequest, match="link"):
        unpack(tmp_path, *links)
    assert list((tmp_path / "charms").iterdir()) == []


def test_a_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        unpack(tmp_path, link("l", "src"), (entry("l"), "evil"))


def test_devices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="neither file, folder nor link"):
        unpack(tmp_path, (entry("null", 0o666, stat.S_IFCHR), ""))


def test_what_is_no_zip_file(tmp_path: Path) -> None:
    (tmp_path / "charms").mkdir()
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(BadRequest, match="not a readable zip"):
        unpack_charm(garbage, tmp_path / "charms", SHA)


def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNPACKED_BYTES", 10)
    with pytest.raises(BadRequest, match="larger than"):
        unpack(tmp_path, (entry("big"), "x" * 11))
    monkeypatch.setattr(uploads, "MAX_ENTRIES", 1)
    with pytest.raises(BadRequest, match="more than 1 files"):
        unpack(tmp_path, (entry("a"), ""), (entry("b"), ""))


def test_sweeping_keeps_what_is_used(tmp_path: Path) -> None:
    folder = unpack(tmp_path, (entry("dispatch"), ""))
    charms, resources = folder.parent, tmp_path / "resources"
    (charms / ".unpacking-x").mkdir()
    (charms / ("b" * 64)).mkdir()
    resources.mkdir()
    for name in (".upload-x", "used", "unused"):
        (resources / name).write_text("")
    sweep(charms, resources, {str(folder)}, {str(resources / "used")})
    assert list(charms.iterdir()) == [folder]
    assert list(resources.iterdir()) == [resources / "used"]


parts = st.sampled_from(["a", "b", "..", ".", "", "c"])
names = st.lists(parts, min_size=1, max_size=5).map("/".join)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(st.tuples(names, st.one_of(st.none(), names)), max_size=6))
def test_nothing_ever_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, items: list[tuple[str, str | None]]
) -> None:
    root = tmp_path_factory.mktemp("zip")
    entries = [
        link(name, target) if target is not None else (entry(name), "text")
        for name, target in items
        if name.strip("/")
    ]
    try:
        folder = unpack(root, *entries)
    except (BadRequest, OSError):
        assert sorted(path.name for path in root.rglob("*")) == ["charm.zip", "charms"]
        return
    assert sorted(path.name for path in root.iterdir()) == ["charm.zip", "charms"]
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder)


@pytest.mark.parametrize(
    "body",
    ["registrypath: localhost/a:1\n", '{"ImageName": "localhost/a:1", "username": ""}', "localhost/a:1\n"],
)
def test_images_are_named_in_yaml_json_or_plainly(body: str) -> None:
    assert image_name(body.encode()) == "localhost/a:1"


@pytest.mark.parametrize("body", [b"", b"a: 1", b"[1]", b"\xff", b"{", b"two words"])
def test_what_names_no_image(body: bytes) -> None:
    with pytest.raises(BadRequest):
        image_name(body)
