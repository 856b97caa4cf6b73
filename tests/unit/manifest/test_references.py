from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import ManifestErrors
from sunbeam.core.manifest.references import reference_problems, resolve, separated


def test_what_is_stored_is_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "correct-horse")
    (tmp_path / "proxy").write_text("battery-staple\n")
    file = tmp_path / "mine.yaml"
    file.write_text(
        "demo: {password: '${env:DEMO_PASSWORD}'}\nproxy: {https: 'http://me:${file:proxy}@example.org:1'}\n"
    )
    manifest = effective([file]).manifest
    assert manifest.demo.password == "${env:DEMO_PASSWORD}"
    assert manifest.proxy.https == f"http://me:${{file:{tmp_path}/proxy}}@example.org:1"
    remembered: list[str] = []
    assert resolve(manifest.proxy.https, remembered.append) == "http://me:battery-staple@example.org:1"
    assert resolve(manifest.dump(), remembered.append)["demo"]["password"] == "correct-horse"
    assert set(remembered) == {"battery-staple", "correct-horse"}


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("plain", "plain"),
        ("${env:A}${env:B}", "12"),
        ("$${env:A}", "${env:A}"),
        ("$A $ {env:A}", "$A $ {env:A}"),
        (7, 7),
        (["${env:A}", True], ["1", True]),
    ],
)
def test_references_are_replaced_and_nothing_else(text: object, resolved: object) -> None:
    assert resolve(text, lambda secret: None, {"A": "1", "B": "2"}) == resolved


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${env:SURELY_NOT_SET}", "the environment variable SURELY_NOT_SET is not set"),
        ("${file:/surely/not/there}", "the file /surely/not/there cannot be read: No such file or directory"),
        ("${file:/dev/zero}", "the file /dev/zero cannot be read: it is no regular file"),
        ("${enf:A}", "${enf:A} is no reference: write ${env:NAME}, ${file:PATH}, or $${ for ${"),
        ("${env:}", "${env:} is no reference: write ${env:NAME}, ${file:PATH}, or $${ for ${"),
        ("${open", "${ is no reference: write ${env:NAME}, ${file:PATH}, or $${ for ${"),
    ],
)
def test_one_that_cannot_be_resolved_is_a_finding_and_later_an_error(
    tmp_path: Path, text: str, why: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"software:\n  charms:\n    horizon:\n      config:\n        help-url: '{text}'\n")
    with pytest.raises(ManifestErrors) as refused:
        effective([file])
    key = "software.charms.horizon.config.help-url"
    assert [str(each) for each in refused.value.findings] == [f"{file}:5:19: {key}: {why}"]
    with pytest.raises(SunbeamError, match="cannot be resolved"):
        resolve(text, lambda secret: None)


@pytest.mark.parametrize(
    "answers", [{"demo.password": "hunter2"}, {"proxy.http": "http://me:hunter2@example.org:1"}]
)
def test_a_password_in_a_manifest_is_refused_and_not_repeated(answers: dict[str, str]) -> None:
    with pytest.raises(ManifestErrors) as refused:
        effective(answers=answers)
    assert "a password belongs outside the manifest" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_cloud_can_be_looked_at_without_its_secrets() -> None:
    cloud = {"demo": {"password": "${env:SURELY_NOT_SET}"}}
    manifest = effective(cloud=cloud).manifest
    assert manifest.demo.password == "${env:SURELY_NOT_SET}"
    assert reference_problems(manifest.dump(), ["software"]) == []
    (problem,) = reference_problems(manifest.dump(), ["demo"])
    assert problem.what == "the environment variable SURELY_NOT_SET is not set"
    assert problem.where == "demo.password of the manifest"


def test_variables_that_refer_to_secrets_are_separated() -> None:
    variables = {"region": "North", "config": {"horizon": {"help-url": "${env:HOME}/x"}}, "units": {}}
    secrets: list[str] = []
    plain, referring, resolved = separated(variables, secrets.append)
    assert plain == {"region": "North", "units": {}} and set(referring) == {"config"}
    assert resolved["config"]["horizon"]["help-url"] == f"{secrets[0]}/x"
