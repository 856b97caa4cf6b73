"""What the view is made of; one object that every request finds in the application."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from sunbeam.core.paths import Paths
from sunbeam.web.access import Access, Patience
from sunbeam.web.change_feed import ChangeFeed
from sunbeam.web.cloud_feed import CloudFeed
from sunbeam.web.starting import Starter

BASE = "/sunbeam"
"""Everything is below this path, and so is the cookie: the dashboard on the same host never gets it."""

COOKIE = "__Secure-sunbeam"


@dataclass(frozen=True)
class View:
    """``name`` is what the node is called on the page."""

    paths: Paths
    name: str
    access: Access
    changes: ChangeFeed
    cloud: CloudFeed
    starter: Starter
    patience: Patience = field(default_factory=Patience)


VIEW: web.AppKey[View] = web.AppKey("view", View)
