import io
import os
import stat
from pathlib import Path

import pytest
from ops import pebble


@pytest.mark.parametrize("content", ["", "hello\n", "ä\r\n--not a boundary\r\n", "x" * 100_000])
def test_what_is_pushed_is_pulled(client: pebble.Client, tmp_path: Path, content: str) -> None:
    path = tmp_path / 'a "quoted" name'
    client.push(path, content)
    assert client.pull(path).read() == content
    assert path.read_bytes() == content.encode()


def test_push_of_binary_streams(client: pebble.Client, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    client.push(tmp_path / "blob", io.BytesIO(data))
    assert (tmp_path / "blob").read_bytes() == data
    client.push(tmp_path / "small", data[:200_000])
    assert client.pull(tmp_path / "small", encoding=None).read() == data[:200_000]


def test_push_sets_mode_and_owner_and_makes_folders(client: pebble.Client, tmp_path: Path) -> None:
    path = tmp_path / "a/b/file"
    client.push(path, "x", make_dirs=True, permissions=0o640, user="daemon", group="daemon")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (path.owner(), path.group()) == ("daemon", "daemon")
    assert (tmp_path / "a").owner() == "daemon"
    client.push(path, "y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in path.parent.iterdir()] == ["file"], "no temporary file stays"


def test_push_through_a_symbolic_link_keeps_the_link(client: pebble.Client, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    client.push(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize(
    ("path", "options", "kind"),
    [
        ("relative", {}, "generic-file-error"),
        ("/nonexistent/file", {}, "not-found"),
        ("/tmp/x", {"user": "nobody-of-that-name"}, "generic-file-error"),
        ("/tmp/x", {"user": "root", "user_id": 12}, "generic-file-error"),
        ("/dev/null/x", {"make_dirs": True}, "generic-file-error"),
    ],
)
def test_push_fails_with_a_kind(client: pebble.Client, path: str, options: dict[str, str], kind: str) -> None:
    with pytest.raises(pebble.PathError) as caught:
        client.push(path, "x" * 30_000, **options)  # type: ignore[arg-type]
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/nonexistent", "not-found"), ("/tmp", "generic-file-error"), ("x", "generic-file-error")],
)
def test_pull_fails_with_a_kind(client: pebble.Client, path: str, kind: str) -> None:
    with pytest.raises(pebble.PathError) as caught:
        client.pull(path)
    assert caught.value.kind == kind


def test_list_files(client: pebble.Client, tmp_path: Path) -> None:
    folder = tmp_path / "listed"
    folder.mkdir(mode=0o750)
    (folder / "a.txt").write_text("abc")
    (folder / "b.log").symlink_to("a.txt")
    os.mkfifo(folder / "pipe")
    listed = {info.name: info for info in client.list_files(folder)}
    assert set(listed) == {"a.txt", "b.log", "pipe"}
    assert (listed["a.txt"].type, listed["a.txt"].size) == (pebble.FileType.FILE, 3)
    assert listed["b.log"].type == pebble.FileType.SYMLINK
    assert listed["pipe"].type == pebble.FileType.NAMED_PIPE
    assert listed["a.txt"].path == f"{folder}/a.txt"
    assert listed["a.txt"].user == "root"
    assert abs(listed["a.txt"].last_modified.timestamp() - (folder / "a.txt").stat().st_mtime) < 1
    assert [info.name for info in client.list_files(folder, pattern="*.txt")] == ["a.txt"]
    (itself,) = client.list_files(folder, itself=True)
    assert (itself.name, itself.type, itself.permissions) == ("listed", pebble.FileType.DIRECTORY, 0o750)
    (single,) = client.list_files(folder / "a.txt")
    assert single.path == f"{folder}/a.txt"
    (root,) = client.list_files("/", itself=True)
    assert (root.path, root.name) == ("/", "/")


def test_list_files_of_nothing_is_an_api_error(client: pebble.Client) -> None:
    with pytest.raises(pebble.APIError) as caught:
        client.list_files("/nonexistent")
    assert caught.value.code == 404
    assert caught.value.body["result"]["kind"] == "not-found"


def test_make_dir(client: pebble.Client, tmp_path: Path) -> None:
    client.make_dir(tmp_path / "one", permissions=0o700, user="daemon")
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
    assert (tmp_path / "one").owner() == "daemon"
    client.make_dir(tmp_path / "x/y/z", make_parents=True)
    client.make_dir(tmp_path / "x/y/z", make_parents=True)
    with pytest.raises(pebble.PathError):
        client.make_dir(tmp_path / "one")
    with pytest.raises(pebble.PathError) as caught:
        client.make_dir(tmp_path / "p/q")
    assert caught.value.kind == "not-found"


def test_remove_path(client: pebble.Client, tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/file").write_text("x")
    with pytest.raises(pebble.PathError) as caught:
        client.remove_path(tmp_path / "d")
    assert caught.value.kind == "generic-file-error"
    client.remove_path(tmp_path / "d", recursive=True)
    assert not (tmp_path / "d").exists()
    client.remove_path(tmp_path / "d", recursive=True)
    with pytest.raises(pebble.PathError) as caught:
        client.remove_path(tmp_path / "d")
    assert caught.value.kind == "not-found"
