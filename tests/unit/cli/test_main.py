from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam import __version__
from sunbeam.cli.main import COMMANDS, main

LOADED = """
import sys
from sunbeam.cli.main import main
try:
    main(["--help"])
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
HEAVY = {"rich", "pydantic", "asyncio", "sqlite3", "yaml", "juju", "aiohttp", "cryptography", "sunbeam.core"}


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    for name, (_, sentence) in COMMANDS.items():
        assert name in ended.stdout and sentence.split()[0] in ended.stdout
    loaded = {name.partition(".")[0] for name in ended.stderr.split()} | set(ended.stderr.split())
    assert not HEAVY & loaded


@pytest.mark.parametrize("command", [("version",), ("explain",)])
def test_output_that_cannot_be_written_is_no_full_disk_of_ours(command: tuple[str, ...]) -> None:
    argv = [sys.executable, "-m", "sunbeam", *command]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: Standard output cannot be written\n")
    assert "No space left on device" in ended.stderr and "explain output-not-written" in ended.stderr
    assert "disk is full" not in ended.stderr and "ignored" not in ended.stderr


def test_a_closed_output_is_told() -> None:
    argv = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "sunbeam", "manifest", "schema"]
    ended = subprocess.run(argv, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1 and ended.stderr.startswith("Error: Standard output cannot be written\n")
    assert "why: it is closed" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [("--version", __version__), ("-h", "Usage:"), ("cluster -h", "Usage:"), ("cluster status -h", "Usage:")],
)
def test_short_ways_to_what_every_program_tells(
    words: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 0 and shown in capsys.readouterr().out


def test_a_wrong_command_gets_the_right_one_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["clutser"])
    assert ended.value.code == 2 and "Did you mean 'cluster'?" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["changes", "--format", "xml"])
    assert ended.value.code == 2 and "'table', 'json', 'yaml'" in capsys.readouterr().err


def test_commands_and_their_options_are_completed() -> None:
    assert completed("sunbeam c") == {"cloud", "cluster", "configure", "cloud-config", "changes", "check"}
    assert completed("sunbeam --he") == {"--help"}
    assert completed("sunbeam tasks --l") == {"--log"}


def completed(line: str) -> set[str]:
    words = {"_SUNBEAM_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    program = [sys.executable, "-c", "from sunbeam.cli.main import main; main()"]
    code = program[-1].replace("main()", "import sys; sys.argv[0] = 'sunbeam'; main()")
    ended = subprocess.run([*program[:-1], code], env=os.environ | words, capture_output=True, text=True)
    return set(ended.stdout.split())
