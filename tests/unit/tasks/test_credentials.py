from __future__ import annotations

from pathlib import Path

import yaml

from sunbeam.core.paths import Paths
from sunbeam.tasks.credentials import clouds_yaml, openrc

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
