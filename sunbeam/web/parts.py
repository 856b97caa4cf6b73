"""What the view is made of; one object that every request finds in the application."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.web.access import Access, Patience
from sunbeam.web.change_feed import ChangeFeed
from sunbeam.web.cloud_feed import CloudFeed
from sunbeam.web.commands import Commands

BASE = "/sunbeam"
"""Everything is below this path, and so is the cookie: the dashboard on the same host never gets it."""

COOKIE = "__Secure-sunbeam"


@dataclass(frozen=True)
class View:
    """``host_name`` is what the machine is called as long as it is no node."""

    paths: Paths
    host_name: str
    access: Access
    changes: ChangeFeed
    cloud: CloudFeed
    commands: Commands
    patience: Patience = field(default_factory=Patience)

    @property
    def name(self) -> str:
        """What the page calls this machine."""
        try:
            return NodeSettings.read(self.paths).name
        except SunbeamError:
            return self.host_name or "this machine"


VIEW: web.AppKey[View] = web.AppKey("view", View)
