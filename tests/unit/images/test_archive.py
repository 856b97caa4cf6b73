"""What an archive of images holds, before podman is asked to load it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.images.archive import images_in

OURS = [
    {"Config": "a.json", "RepoTags": ["localhost/sunbeam/nova:5f75", "localhost/sunbeam/nova:latest"]},
    {"Config": "b.json", "RepoTags": ["localhost/sunbeam/base:11aa"]},
    {"Config": "c.json", "RepoTags": None},
    {"Config": "d.json", "RepoTags": ["registry.example.org/other:1"]},
]


def archive(folder: Path, index: object, name: str = "manifest.json") -> Path:
    file = folder / "images.tar"
    with tarfile.open(file, "w") as tar:
        content = json.dumps(index).encode()
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return file


def test_our_images_are_told_by_name_and_recipe(tmp_path: Path) -> None:
    assert images_in(archive(tmp_path, OURS)) == {"nova": "5f75", "base": "11aa"}


@pytest.mark.parametrize(
    ("index", "name", "why"),
    [
        (OURS[2:], "manifest.json", "no image of Sunbeam"),
        (OURS, "index.json", "no archive of images"),
        ({"images": 1}, "manifest.json", "no archive of images"),
        ([{"Config": "a.json"}], "manifest.json", "no archive of images"),
    ],
)
def test_what_is_no_archive_of_ours_is_refused(tmp_path: Path, index: object, name: str, why: str) -> None:
    with pytest.raises(SunbeamError, match=why):
        images_in(archive(tmp_path, index, name))


def test_a_file_that_is_none_or_no_tar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SunbeamError, match="There is no file"):
        images_in(tmp_path / "images.tar")
    (tmp_path / "images.tar").write_text("mine")
    with pytest.raises(SunbeamError, match="no archive of images"):
        images_in(tmp_path / "images.tar")
