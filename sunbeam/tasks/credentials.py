"""The administrator's credentials in files that OpenStack clients read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from sunbeam.cluster.openstack import CLOUD, read_clouds
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight, Touch
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task
from sunbeam.juju.actions import run_action
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials


class FetchCredentials(Task):
    """Ask the operators, write ``/etc/sunbeam``: ``ca.crt``, ``openrc`` and ``clouds.yaml`` (both 0600)."""

    id = "credentials"
    title = "Write the administrator's credentials"
    phase = "Check"
    typical_seconds = 1.0

    def __init__(self, settings: NodeSettings, *needs: str) -> None:
        self.needs = needs
        self._settings = settings

    @staticmethod
    def were_written(paths: Paths) -> bool:
        """Whether the APIs of this cloud have been up once."""
        return (paths.etc / "clouds.yaml").exists()

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        async with Controller(Credentials.from_juju_data(context.paths.juju_data)) as controller:
            model = await controller.model("openstack")
            account = await run_action(model, "keystone/0", "get-admin-account")
            authority = await run_action(model, "certificates/0", "get-ca-certificate")
        context.host.remember_secret(account["password"])
        etc = context.paths.etc
        set_damaged_aside(context)
        context.host.write_file(etc / "ca.crt", authority["ca-certificate"].strip() + "\n")
        context.host.write_file(etc / "openrc", openrc(account, context.paths), 0o600)
        context.host.write_file(etc / "clouds.yaml", clouds_yaml(account, context.paths), 0o600)

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        files = [context.paths.etc / name for name in ("ca.crt", "openrc", "clouds.yaml")]
        aside = [file for file in files[2:] if _is_damaged(file)]
        touches = (
            *(Touch("file", "set aside", str(file)) for file in aside),
            *(Touch("file", "write", str(file)) for file in files if file in aside or not file.exists()),
        )
        note = "" if touches else "written again only if the administrator's account is another by then"
        return Foresight(changes=bool(touches), touches=touches, note=note)


def _is_damaged(clouds: Path) -> bool:
    try:
        read_clouds(clouds)
    except FileNotFoundError:
        return False
    except SunbeamError:
        return True
    return False


def set_damaged_aside(context: Context) -> None:
    """Keep a clouds.yaml that cannot be read under another name, for the other clouds in it."""
    file = context.paths.etc / "clouds.yaml"
    if _is_damaged(file):
        aside = file.with_name("clouds.yaml.damaged")
        context.host.act("set aside", str(file), partial(file.replace, aside))
        context.report(f"{file} could not be read and is now {aside.name}")


def openrc(account: Mapping[str, Any], paths: Paths) -> str:
    """Shell variables for the openstack client."""
    variables = {
        "OS_AUTH_URL": account["public-endpoint"],
        "OS_USERNAME": account["username"],
        "OS_PASSWORD": account["password"],
        "OS_PROJECT_NAME": account["project-name"],
        "OS_PROJECT_DOMAIN_NAME": account["project-domain-name"],
        "OS_USER_DOMAIN_NAME": account["user-domain-name"],
        "OS_REGION_NAME": account["region"],
        "OS_IDENTITY_API_VERSION": account["api-version"],
        "OS_CACERT": str(paths.etc / "ca.crt"),
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def clouds_yaml(account: Mapping[str, Any], paths: Paths) -> str:
    """clouds.yaml with the administrator as cloud ``sunbeam``; other clouds in it stay.

    Raises SunbeamError if it is damaged.
    """
    file = paths.etc / "clouds.yaml"
    document = read_clouds(file) if file.exists() else {"clouds": {}}
    entry = {
        "auth": {
            "auth_url": account["public-endpoint"],
            "username": account["username"],
            "password": account["password"],
            "project_name": account["project-name"],
            "project_domain_name": account["project-domain-name"],
            "user_domain_name": account["user-domain-name"],
        },
        "region_name": account["region"],
        "identity_api_version": 3,
        "interface": "public",
        "cacert": str(paths.etc / "ca.crt"),
    }
    document["clouds"][CLOUD] = entry
    return str(yaml.safe_dump(document, sort_keys=False))
