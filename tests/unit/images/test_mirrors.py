from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.images.mirrors import apt_sources

DEBIANS_KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
THIRD_PARTIES = {
    "chrome": "deb [arch=amd64] https://dl.google.com/linux/chrome/deb/ stable main\n",
    "github-cli": "deb [signed-by=/etc/apt/keyrings/gh.gpg] https://cli.github.com/packages stable main\n",
    "hashicorp": "deb [signed-by=/usr/share/keyrings/h.gpg] https://apt.releases.hashicorp.com trixie main\n",
    "pgdg": "deb https://apt.postgresql.org/pub/repos/apt trixie-pgdg main\n",
    "tailscale": "deb https://pkgs.tailscale.com/stable/debian trixie main\n",
}


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_sources(root: Path, name: str, text: str) -> None:
    write(root, f"etc/apt/{name}", text)


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    write(tmp_path, "etc/os-release", 'NAME="Debian GNU/Linux"\nID=debian\n')
    return tmp_path


@pytest.fixture
def ubuntu(tmp_path: Path) -> Path:
    write(tmp_path, "etc/os-release", "ID=ubuntu\nID_LIKE=debian\n")
    write_sources(tmp_path, "sources.list", "deb http://mirror/ubuntu noble main\n")
    return tmp_path


def test_one_line_sources(debian: Path) -> None:
    write_sources(
        debian,
        "sources.list",
        "# deb http://commented/debian bookworm main\n"
        "deb [signed-by=/k.gpg] http://mirror/debian bookworm main contrib\n"
        "deb http://mirror/security bookworm-security main\n"
        "deb-src http://mirror/debian bookworm main\n",
    )
    assert lines(debian) == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
        "deb http://mirror/security trixie-security main",
    ]


def test_deb822_sources_without_what_is_disabled_or_no_debian(debian: Path) -> None:
    write_sources(
        debian,
        "sources.list.d/debian.sources",
        "Types: deb\n# a comment\nURIs: http://mirror/debian\nSuites: trixie trixie-updates\n"
        "Components: main\n"
        "\nTypes: deb\nEnabled: no\nURIs: http://off/debian\nSuites: trixie\nComponents: main\n",
    )
    write_sources(debian, "sources.list.d/tool.list", "deb https://vendor/apt tool-bookworm main\n")
    assert lines(debian) == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
    ]


@pytest.mark.parametrize("third", THIRD_PARTIES.values(), ids=THIRD_PARTIES.keys())
def test_images_are_not_built_from_a_third_party(debian: Path, third: str) -> None:
    write_sources(debian, "sources.list.d/debian.sources", stanza("http://mirror/debian"))
    write_sources(debian, "sources.list.d/a.list", third)
    assert lines(debian) == [
        "deb http://mirror/debian trixie main",
        "deb http://mirror/debian trixie-updates main",
    ]


@pytest.mark.parametrize("third", THIRD_PARTIES.values(), ids=THIRD_PARTIES.keys())
def test_on_ubuntu_neither(ubuntu: Path, third: str) -> None:
    write_sources(ubuntu, "sources.list.d/a.list", third)
    assert apt_sources(ubuntu) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [("Origin: Debian\n", 2), ("Origin: Tailscale\n", 0), ("Suite: trixie\n", 0)],
)
def test_what_an_archive_says_of_itself_counts(debian: Path, said: str, expected: int) -> None:
    """The name of the file is what apt makes of the URL."""
    write_sources(
        debian, "sources.list.d/near.list", "deb http://me:pw@mirror:80/our_own/debian/ trixie main\n"
    )
    name = "mirror:80_our%5fown_debian_dists_trixie_InRelease"
    write(debian, f"var/lib/apt/lists/{name}", f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{said}")
    assert len(apt_sources(debian)) == expected


def test_a_debian_whose_own_sources_call_themselves_otherwise_has_no_others(debian: Path) -> None:
    write_sources(debian, "sources.list", "deb http://copy/debian trixie main\n")
    write(debian, "var/lib/apt/lists/copy_debian_dists_trixie_InRelease", "Origin: Our copy\n")
    assert len(apt_sources(debian)) == 2
    write_sources(
        debian, "sources.list.d/near.list", f"deb [signed-by={DEBIANS_KEY}] http://near/ trixie main\n"
    )
    assert {each.uri for each in apt_sources(debian)} == {"http://near/"}


def test_a_mirror_in_another_file_is_known_once_apt_has_asked_it(debian: Path) -> None:
    write_sources(debian, "sources.list.d/near.list", "deb http://mirror/debian stable main\n")
    assert apt_sources(debian) == []
    write(debian, "var/lib/apt/lists/mirror_debian_dists_stable_Release", "Origin: Debian\n")
    assert len(apt_sources(debian)) == 2


def test_before_apt_asked_anybody_debians_key_tells_its_mirror(debian: Path) -> None:
    write_sources(
        debian,
        "sources.list.d/near.list",
        f"deb [signed-by={DEBIANS_KEY}] http://mirror/debian stable main\n",
    )
    assert len(apt_sources(debian)) == 2


def test_a_host_of_another_distribution_has_none(ubuntu: Path) -> None:
    assert apt_sources(ubuntu) == []


def test_there_a_disabled_source_names_the_mirror_and_its_key(ubuntu: Path) -> None:
    disabled = stanza("http://mirror/debian") + f"Enabled: no\nSigned-By: {DEBIANS_KEY}\n"
    write_sources(ubuntu, "sources.list.d/debian.sources", disabled)
    assert lines(ubuntu) == [
        f"deb [signed-by={DEBIANS_KEY}] http://mirror/debian trixie main",
        f"deb [signed-by={DEBIANS_KEY}] http://mirror/debian trixie-updates main",
    ]


def stanza(uri: str) -> str:
    return f"Types: deb\nURIs: {uri}\nSuites: trixie trixie-updates\nComponents: main\n"


def lines(root: Path) -> list[str]:
    return [archive.line for archive in apt_sources(root)]
