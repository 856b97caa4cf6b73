"""Connections to the cloud's own APIs with openstacksdk (imported late: it is slow to load)."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.proxy import reach_directly

if TYPE_CHECKING:
    from openstack.connection import Connection

CLOUD = "sunbeam"
DEMO = "demo"
ENTRY_KEYS = {"auth", "region_name", "cacert"}
AUTH_KEYS = {"auth_url", "username", "password", "project_name"}


def connect(paths: Paths, cloud: str = CLOUD) -> Connection:
    """A connection as administrator (``sunbeam``) or as the demo user (``demo``).  Raises SunbeamError."""
    entry = cloud_entry(paths, cloud)
    import openstack

    reach_directly(urlsplit(entry["auth"]["auth_url"]).hostname or "")
    return openstack.connection.Connection(
        auth=entry["auth"],
        region_name=entry["region_name"],
        cacert=entry["cacert"],
        interface="public",
        identity_api_version="3",
        app_name="sunbeam",
    )


def logs_in(paths: Paths, cloud: str) -> bool:
    """Whether Keystone takes the credentials of that entry."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        with connect(paths, cloud) as connection:
            connection.authorize()
    except (SDKException, ClientException):
        return False
    return True


def add_demo_entry(text: str, project: str, user: str, password: str) -> str:
    """clouds.yaml ``text`` with an entry ``demo`` for the demo user beside the administrator's."""
    document: dict[str, Any] = yaml.safe_load(text)
    admin = document["clouds"][CLOUD]
    auth = {**admin["auth"], "username": user, "project_name": project, "password": password}
    document["clouds"][DEMO] = {**admin, "auth": auth}
    return str(yaml.safe_dump(document, sort_keys=False))


def remove_demo_entry(text: str) -> str:
    """clouds.yaml ``text`` without the demo user's entry."""
    document: dict[str, Any] = yaml.safe_load(text)
    document["clouds"].pop(DEMO, None)
    return str(yaml.safe_dump(document, sort_keys=False))


def demo_password(paths: Paths, user: str) -> str:
    """The demo user's password, from clouds.yaml; a new one if there is none."""
    with suppress(SunbeamError):
        auth = cloud_entry(paths, DEMO)["auth"]
        if auth["username"] == user:
            return str(auth["password"])
    return secrets.token_urlsafe(18)


def cloud_entry(paths: Paths, cloud: str = CLOUD) -> dict[str, Any]:
    """The entry of clouds.yaml.  Raises SunbeamError if there is none, or it is damaged."""
    file = paths.etc / "clouds.yaml"
    try:
        entry = read_clouds(file)["clouds"][cloud]
    except (FileNotFoundError, KeyError):
        missing_demo = cloud == DEMO and file.exists()
        raise SunbeamError(
            f"There are no credentials for {cloud}",
            where=str(file),
            next_command="sunbeam configure" if missing_demo else "sunbeam cluster bootstrap",
            id="credentials-missing",
        ) from None
    if not (_has(entry, ENTRY_KEYS) and _has(entry["auth"], AUTH_KEYS)):
        raise _damaged(file, f"the entry {cloud} is not complete")
    return dict(entry)


def read_clouds(file: Path) -> dict[str, Any]:
    """clouds.yaml with its ``clouds``.  Raises SunbeamError if it has none, and FileNotFoundError."""
    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):  # what they say may quote a password
        raise _damaged(file, "it is not YAML") from None
    if not (_has(document, {"clouds"}) and isinstance(document["clouds"], dict)):
        raise _damaged(file, "it has no mapping of clouds")
    return dict(document)


def _has(found: object, keys: set[str]) -> bool:
    return isinstance(found, dict) and keys <= found.keys()


def _damaged(file: Path, why: str) -> SunbeamError:
    return SunbeamError(
        "The credentials of this cloud cannot be read",
        where=str(file),
        why=why,
        next_command="sunbeam cluster bootstrap --accept-defaults",
        id="credentials-damaged",
    )
