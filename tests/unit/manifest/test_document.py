from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from sunbeam.core.manifest.document import parse, read_document
from sunbeam.core.manifest.findings import Findings
from sunbeam.core.manifest.reading import LARGEST
from sunbeam.core.manifest.tree import Origin, Tree


def told(text: str) -> list[str]:
    findings = Findings()
    parse(text, "f", findings)
    return [str(finding) for finding in findings]


def value(text: str) -> Any:
    findings = Findings()
    tree = parse(f"key: {text}\n", "f", findings)
    assert not findings
    return tree.plain()["key"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("010", "010"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2025-04-01", "2025-04-01"),
        ("-7", -7),
        ("1.5", 1.5),
        (".inf", ".inf"),
        ("~", None),
        ("", None),
        ('"true"', "true"),
        ("'7'", "7"),
        ("|\n  a\n  b", "a\nb\n"),
        ("[a, 1, {b: c}]", ["a", 1, {"b": "c"}]),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, meant: object) -> None:
    found = value(text)
    assert found == meant and type(found) is type(meant)


def test_every_value_and_key_knows_its_place() -> None:
    tree = parse("a:\n  b: 1\n  c:\n    - x\n    -   y\n", "f.yaml", Findings())
    _, there = tree.deepest(("a", "c", 1))
    assert there.origin == Origin("f.yaml", 5, 9)
    _, mapping = tree.deepest(("a", "b"))
    assert (mapping.key, mapping.origin) == (Origin("f.yaml", 2, 3), Origin("f.yaml", 2, 6))


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3:1: the key a is there already, in line 1"),
        ("a: {b: 1, b: 2}\n", "f:1:11: the key b is there already, in line 1"),
        ("a: [1\n", "f:2:1: this is no YAML: expected ',' or ']', but got '<stream end>'"),
        ("a:\n\tb: 1\n", "f:2:1: this is no YAML: found character '\\t' that cannot start any token"),
        (
            "a: 1\n---\nb: 2\n",
            "f:2:1: this is no YAML: expected a single document in the stream but found another document",
        ),
        ("a: \x07\n", "f:1:4: this is no YAML: special characters are not allowed"),
        ("- a\n", "f:1:1: a manifest is a mapping of keys to values"),
        ("a: &x 10.40.0.0/24\n", "f:1:4: anchors and aliases are not supported"),
        ("a: *x\n", "f:1:4: anchors and aliases are not supported"),
        ("&x a: 1\n", "f:1:1: anchors and aliases are not supported"),
        ("a: !!python/name:os.system x\n", "f:1:4: the tag !!python/name:os.system is not supported"),
        ("a: !!str 5\n", "f:1:4: the tag !!str is not supported"),
        ("a: !x y\n", "f:1:4: the tag !x is not supported"),
        ("a: ! y\n", "f:1:4: the tag ! is not supported"),
        ("a: " + "7" * 5000, "f:1:4: a number of 5000 digits is too long"),
        ("? [a]\n: b\n", "f:1:3: a key is a word"),
    ],
)
def test_what_is_no_manifest_is_told_with_its_place(text: str, finding: str) -> None:
    assert told(text) == [finding]


@pytest.mark.parametrize("text", ["a: &x {b: 1}\nc: *x\n", "a: &x [*x]\n", "a: &x 1\nb: &x 2\n"])
def test_each_anchor_and_alias_is_a_finding(text: str) -> None:
    assert len(told(text)) == 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    findings = Findings()
    assert parse(text, "f", findings).plain() == {} and not findings


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (None, "1:1: the file cannot be read: No such file or directory"),
        (b"a: 1\n\xc3\xa4: \xff\n", "2:4: the file cannot be read: it is not UTF-8"),
        (b"# " + b"x" * (1 << 20), "1:1: the file cannot be read: it is larger than 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path, content: bytes | None, finding: str) -> None:
    file = tmp_path / "f.yaml"
    if content is not None:
        file.write_bytes(content)
    findings = Findings()
    assert isinstance(read_document(file, findings), Tree)
    assert [str(each) for each in findings] == [f"{file}:{finding}"]


@pytest.mark.parametrize(("name", "why"), [("/dev/zero", "it is no regular file"), ("/", "it is a folder")])
def test_neither_devices_nor_folders_are_read(name: str, why: str) -> None:
    findings = Findings()
    read_document(Path(name), findings)
    assert [finding.text for finding in findings] == [f"the file cannot be read: {why}"]


@pytest.mark.parametrize("content", [b"a: 1\n", b"# " + b"x" * (2 << 20)])
def test_a_pipe_is_read_once_up_to_the_limit_and_known_again(content: bytes) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        writer = threading.Thread(target=_feed, args=(process.stdin, content))
        writer.start()
        file, (first, second) = Path(f"/dev/fd/{process.stdout.fileno()}"), (Findings(), Findings())
        assert read_document(file, first) == read_document(file, second)
        assert [each.text for each in first] == [each.text for each in second]
        assert len(first) == (1 if len(content) > LARGEST else 0)
        process.kill()
        writer.join()


def _feed(pipe: IO[bytes], content: bytes) -> None:
    with suppress(BrokenPipeError), pipe:
        pipe.write(content)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: [1\n")
    findings = Findings()
    read_document(file, findings)
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    tree = read_document(file, findings).below("a")
    assert tree and tree.key == Origin(str(file), 1, 1)


def test_what_is_nested_without_end_is_a_finding() -> None:
    assert told("[" * 100_000) == ["f:1:1: this is nested too deeply"]
