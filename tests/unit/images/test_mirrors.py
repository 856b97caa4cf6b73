from __future__ import annotations

from pathlib import Path

from sunbeam.images.mirrors import apt_sources


def write(root: Path, name: str, text: str) -> None:
    path = root / "etc/apt" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_one_line_sources(tmp_path: Path) -> None:
    write(
        tmp_path,
        "sources.list",
        "# deb http://commented/debian bookworm main\n"
        "deb [signed-by=/k.gpg] http://mirror/debian bookworm main contrib\n"
        "deb http://mirror/security bookworm-security main\n"
        "deb-src http://mirror/debian bookworm main\n",
    )
    assert apt_sources(tmp_path) == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
        "deb http://mirror/security trixie-security main",
    ]


def test_deb822_sources_without_what_is_disabled_or_no_debian(tmp_path: Path) -> None:
    write(
        tmp_path,
        "sources.list.d/debian.sources",
        "Types: deb\n# a comment\nURIs: http://mirror/debian\nSuites: trixie trixie-updates\n"
        "Components: main\n"
        "\nTypes: deb\nEnabled: no\nURIs: http://off/debian\nSuites: trixie\nComponents: main\n",
    )
    write(tmp_path, "sources.list.d/tool.list", "deb https://vendor/apt tool-bookworm main\n")
    assert apt_sources(tmp_path) == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
    ]


def test_a_host_of_another_distribution_has_none(tmp_path: Path) -> None:
    write(tmp_path, "sources.list", "deb http://mirror/ubuntu noble main\n")
    assert apt_sources(tmp_path) == []


def test_there_a_disabled_source_names_the_mirror_and_its_key(tmp_path: Path) -> None:
    write(tmp_path, "sources.list", "deb http://mirror/ubuntu noble main\n")
    write(
        tmp_path,
        "sources.list.d/debian.sources",
        "Types: deb\nEnabled: no\nURIs: http://mirror/debian\nSuites: trixie trixie-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    )
    signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    assert apt_sources(tmp_path) == [
        f"deb {signed} http://mirror/debian trixie main",
        f"deb {signed} http://mirror/debian trixie-updates main",
    ]
