"""Doctor and the support bundle where next to nothing is there, and where programs stall."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths

SECONDS = 20
"""Ten for doctor, and the start of Python on a machine that is busy with other tests."""


def sunbeam(root: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = {**os.environ, "SUNBEAM_ROOT": str(root)}
    if path:
        environment = {**environment, "PATH": path}
    argv = [sys.executable, "-m", "sunbeam", *words]
    return subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=200)


def doctor(root: Path, path: str = "") -> dict[str, Any]:
    began = time.monotonic()
    done = sunbeam(root, "doctor", "--format", "json", path=path)
    assert time.monotonic() - began < SECONDS
    assert done.returncode == 1, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def half_done(tmp_path: Path) -> Path:
    """Settings and certificates are there, and a journal that is none."""
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("one", "192.0.2.1").dump())
    ClusterCertificates(paths.certificates).ensure("etcd")
    paths.journal.write_text("this is no journal, but long enough to be looked at as one\n" * 4)
    return tmp_path


def ids(report: Mapping[str, Any]) -> set[str]:
    def below(findings: list[dict[str, Any]]) -> set[str]:
        return {found["id"] for found in findings} | {
            id for found in findings for id in below(found["consequences"])
        }

    return below(report["findings"])


def test_a_machine_without_cloud(tmp_path: Path) -> None:
    (only,) = doctor(tmp_path)["findings"]
    assert (only["id"], only["remedy"]) == ("no-cloud", "sunbeam cluster bootstrap")


def test_a_half_made_cloud(half_done: Path) -> None:
    report = doctor(half_done)
    assert {"journal-damaged", "etcd-down", "sunbeamd-down", "address-changed"} <= ids(report)


def test_programs_that_stall_keep_nothing_from_being_told(half_done: Path) -> None:
    programs = half_done / "programs"
    programs.mkdir()
    for name in ("ip", "nft", "iptables", "getent", "ss", "dmesg", "podman", "apt-config"):
        (programs / name).write_text("#!/bin/sh\nexec sleep 60\n")
        (programs / name).chmod(0o755)
    report = doctor(half_done, f"{programs}:/usr/bin:/bin")
    assert {"journal-damaged", "etcd-down"} <= ids(report)
    assert report["unanswered"]["address-changed"] == "no answer within 5 s"


def test_a_bundle_of_a_half_made_cloud(half_done: Path, tmp_path: Path) -> None:
    target = tmp_path / "bundle.tar.gz"
    done = sunbeam(half_done, "support-bundle", str(target))
    assert done.returncode == 0, done.stderr
    with tarfile.open(target) as archive:
        index = json.load(archive.extractfile("bundle/index.json") or sys.stdin)
        report = json.load(archive.extractfile("bundle/doctor/doctor.json") or sys.stdin)
    assert "etcd-down" in ids(report)
    problems = {each["name"]: each["problem"] for each in index["collectors"]}
    assert problems["changes"].startswith("The journal cannot be read")
    assert problems["juju"] and problems["openstack"]
    assert problems["config"] == ""
