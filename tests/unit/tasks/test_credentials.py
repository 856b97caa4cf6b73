from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sunbeam.cluster.openstack import DEMO, cloud_entry, demo_password
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context
from sunbeam.tasks.credentials import FetchCredentials, clouds_yaml, openrc, set_damaged_aside
from tests.unit.core.bench import Workbench

ACCOUNT = {
    "public-endpoint": "https://192.0.2.9/openstack-keystone/v3",
    "username": "admin",
    "password": "it's secret",
    "project-name": "admin",
    "project-domain-name": "Default",
    "user-domain-name": "Default",
    "region": "RegionOne",
    "api-version": "3",
}


def test_other_clouds_stay_in_clouds_yaml(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    (paths.etc / "clouds.yaml").write_text("clouds:\n  demo: {region_name: x}\n  sunbeam: {auth: old}\n")
    clouds = yaml.safe_load(clouds_yaml(ACCOUNT, paths))["clouds"]
    assert clouds["demo"] == {"region_name": "x"}
    assert clouds["sunbeam"]["auth"]["password"] == "it's secret"
    assert clouds["sunbeam"]["cacert"] == str(paths.etc / "ca.crt")


def test_openrc_quotes_what_a_shell_would_split(tmp_path: Path) -> None:
    import subprocess

    script = openrc(ACCOUNT, Paths(tmp_path)) + 'printf %s "$OS_PASSWORD"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "it's secret"


@pytest.mark.parametrize(
    "text", ["", "clouds:", "- clouds", "clouds: {sunbeam: {auth: old}}", "password: 'it is secret", "\xff"]
)
async def test_a_damaged_clouds_yaml_is_told_kept_and_written_again(tmp_path: Path, text: str) -> None:
    bench = Workbench(tmp_path)
    file = bench.paths.etc / "clouds.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SunbeamError) as damaged:
        cloud_entry(bench.paths)
    assert (damaged.value.id, damaged.value.where) == ("credentials-damaged", str(file))
    assert "secret" not in str(damaged.value)
    assert demo_password(bench.paths, "demo")

    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    foreseen = await FetchCredentials(NodeSettings("one", "192.0.2.9")).foresee(context, {})
    set_damaged_aside(context)
    moved = [(each.verb, each.target) for each in bench.host.performed]
    assert [(each.verb, each.name) for each in foreseen.touches if each.verb == "set aside"] == moved
    assert not moved or ("write", str(file)) in [(each.verb, each.name) for each in foreseen.touches]
    file.write_text(clouds_yaml(ACCOUNT, bench.paths))
    assert cloud_entry(bench.paths)["auth"]["password"] == "it's secret"
    aside = file.with_name("clouds.yaml.damaged")
    assert not aside.exists() or aside.read_bytes() == text.encode("latin-1")
    with pytest.raises(SunbeamError, match="There are no credentials for demo"):
        cloud_entry(bench.paths, DEMO)
