"""Notices, warnings and identities over the API."""

from __future__ import annotations

import re

from .api import Reply, route
from .daemon import Daemon
from .errors import ApiError
from .http import Request
from .notices import Notice
from .times import parse_duration, parse_time

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+(/[a-z0-9]+(-[a-z0-9]+)*)+")
_LONGEST_KEY = 256
_MOST_DATA = 4096


@route("GET", "notices", "read")
async def get_notices(daemon: Daemon, request: Request) -> Reply:
    kinds, keys = request.arguments("types"), request.arguments("keys")
    after = parse_time(request.argument("after")) if request.argument("after") else 0
    users = _users(daemon, request)

    def matches(notice: Notice) -> bool:
        return (
            (not kinds or notice.kind in kinds)
            and (not keys or notice.key in keys)
            and notice.repeated > after
            and (users is None or notice.user is None or notice.user in users)
        )

    timeout = request.argument("timeout")
    found = await daemon.notices.wait(matches, parse_duration(timeout) if timeout else 0.0)
    return Reply([notice.to_json() for notice in found])


def _users(daemon: Daemon, request: Request) -> set[int] | None:
    """Whose notices are asked for, beside the public ones; None for everyone's."""
    everyone, user = request.argument("users"), request.argument("user-id")
    if (everyone or user) and not daemon.identities.is_admin(request.user):
        raise ApiError(403, 'only admins may use the "users" and "user-id" filters')
    if everyone and user:
        raise ApiError(400, 'cannot use both "users" and "user-id" parameters')
    if everyone not in ("", "all"):
        raise ApiError(400, 'invalid "users" filter: must be "all"')
    return None if everyone else {int(user)} if user else {request.user}


@route("GET", "notices/{}", "read")
async def get_notice(daemon: Daemon, request: Request, number: str) -> Reply:
    found = daemon.notices.select(lambda notice: notice.id == number)
    if not found:
        raise ApiError(404, f'cannot find notice with ID "{number}"', "not-found")
    visible = (None, request.user)
    if found[0].user not in visible and not daemon.identities.is_admin(request.user):
        raise ApiError(403, "not allowed to access notice with ID " + number)
    return Reply(found[0].to_json())


@route("POST", "notices", "read")
async def post_notices(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    key, data = wanted.get("key") or "", wanted.get("data") or {}
    if wanted.get("action") != "add":
        raise ApiError(400, f'invalid action "{wanted.get("action")}"')
    if wanted.get("type") != "custom":
        raise ApiError(400, f'invalid type "{wanted.get("type")}" (can only add "custom" notices)')
    if not _KEY.fullmatch(key):
        raise ApiError(400, f'invalid key "{key}" (must be in "example.com/path" format)')
    if len(key) > _LONGEST_KEY:
        raise ApiError(400, f"key must be {_LONGEST_KEY} bytes or less")
    if not all(isinstance(value, str) for value in data.values()):
        raise ApiError(400, "cannot decode notice data: values must be strings")
    if sum(len(name) + len(value) for name, value in data.items()) > _MOST_DATA:
        raise ApiError(400, f"total size of data must be {_MOST_DATA} bytes or less")
    repeat_after = wanted.get("repeat-after")
    notice = daemon.notices.add(
        "custom", key, data, parse_duration(repeat_after) if repeat_after else 0.0, request.user
    )
    return Reply({"id": notice.id})


@route("GET", "warnings", "read")
async def get_warnings(daemon: Daemon, request: Request) -> Reply:
    """There never are any: what goes wrong is an error, or in the log."""
    if request.argument("select", "pending") not in ("all", "pending"):
        raise ApiError(400, 'select should be one of: "all", "pending"')
    return Reply([])


@route("POST", "warnings", "admin")
async def post_warnings(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    if wanted.get("action") != "okay":
        raise ApiError(400, f'unknown warning action "{wanted.get("action")}"')
    parse_time(wanted["timestamp"])
    return Reply(0)


@route("GET", "identities", "read")
async def get_identities(daemon: Daemon, request: Request) -> Reply:
    return Reply(daemon.identities.to_json())


@route("POST", "identities", "admin")
async def post_identities(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    daemon.identities.act(wanted.get("action", ""), wanted["identities"])
    return Reply(None)
