from __future__ import annotations

from pathlib import Path

from sunbeam.substrates.embedded.container_log import TAIL_BYTES, last_lines


def test_records_of_podman_come_without_its_head_and_without_colours(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "2026-11-22T01:43:08.877254321+00:00 stdout F \x1b[38;5;214m[warning] memory alarm\x1b[0m set\n"
        "not a record\n"
        "2026-11-22T01:43:09.1+00:00 stderr P half\n"
    )
    lines = last_lines(log)
    assert [line.text for line in lines] == ["[warning] memory alarm set", "half"]
    assert lines[0].time.isoformat() == "2026-11-22T01:43:08.877254+00:00"


def test_of_a_long_log_only_whole_lines_of_its_end_come(tmp_path: Path) -> None:
    log = tmp_path / "log"
    record = f"2026-11-22T01:43:09.1+00:00 stdout F {'x' * 99}\n"
    log.write_text(record * (TAIL_BYTES // len(record) * 2))
    lines = last_lines(log)
    assert {line.text for line in lines} == {"x" * 99}
    assert len(lines) == TAIL_BYTES // len(record)
