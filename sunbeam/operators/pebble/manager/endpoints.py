"""Services, plan, checks, changes, commands and files over the API."""

from __future__ import annotations

import signal

from .api import Reply, route, send_text
from .daemon import Daemon
from .errors import ApiError
from .http import Request, head
from .loop import TimedOut
from .times import format_time, parse_duration


@route("GET", "system-info", "open")
async def get_system_info(daemon: Daemon, request: Request) -> Reply:
    return Reply(daemon.describe())


@route("GET", "health", "open")
async def get_health(daemon: Daemon, request: Request) -> Reply:
    level = _level(request)
    checks = daemon.checks.select(level, request.arguments("names"), ready_includes_alive=True)
    healthy = all(check.status != "down" for check in checks)
    return Reply({"healthy": healthy}, status=200 if healthy else 502)


def _level(request: Request) -> str:
    level = request.argument("level")
    if level not in ("", "alive", "ready"):
        raise ApiError(400, 'level must be "alive" or "ready"')
    return level


@route("GET", "services", "read")
async def get_services(daemon: Daemon, request: Request) -> Reply:
    return Reply(daemon.services.describe(request.arguments("names")))


@route("POST", "services", "admin")
async def post_services(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    change = daemon.services.act(wanted.get("action", ""), wanted.get("services") or [])
    if wanted["action"] == "replan":
        daemon.checks.replan()
    return Reply(None, change.id)


@route("POST", "signals", "admin")
async def post_signals(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    if wanted.get("signal") not in signal.Signals.__members__:
        raise ApiError(400, f'invalid signal name "{wanted.get("signal")}"')
    if not wanted.get("services"):
        raise ApiError(400, "must specify one or more services")
    daemon.services.send_signal(signal.Signals[wanted["signal"]], wanted["services"])
    return Reply(True)


@route("GET", "plan", "read")
async def get_plan(daemon: Daemon, request: Request) -> Reply:
    if request.argument("format") != "yaml":
        raise ApiError(400, f'invalid format "{request.argument("format")}"')
    return Reply(daemon.plan.to_yaml())


@route("POST", "layers", "admin")
async def post_layers(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    if wanted.get("action") != "add":
        raise ApiError(400, f'invalid action "{wanted.get("action")}"')
    if wanted.get("format") != "yaml":
        raise ApiError(400, f'invalid format "{wanted.get("format")}"')
    if not wanted.get("label"):
        raise ApiError(400, "label must be set")
    daemon.plan.add(wanted["label"], wanted.get("layer") or "", bool(wanted.get("combine")))
    daemon.checks.follow_plan()
    return Reply(True)


@route("GET", "checks", "read")
async def get_checks(daemon: Daemon, request: Request) -> Reply:
    checks = daemon.checks.select(_level(request), request.arguments("names"))
    return Reply([check.to_json() for check in checks])


@route("POST", "checks", "admin")
async def post_checks(daemon: Daemon, request: Request) -> Reply:
    wanted = await request.json()
    return Reply({"changed": daemon.checks.act(wanted.get("action", ""), wanted.get("checks") or [])})


@route("POST", "checks/refresh", "admin")
async def refresh_check(daemon: Daemon, request: Request) -> Reply:
    check, problem = await daemon.checks.refresh((await request.json()).get("name", ""))
    return Reply({"info": check.to_json(), "error": problem})


@route("GET", "changes", "read")
async def get_changes(daemon: Daemon, request: Request) -> Reply:
    select, service = request.argument("select", "in-progress"), request.argument("for")
    if select not in ("all", "in-progress", "ready"):
        raise ApiError(400, 'select should be one of: "all", "in-progress", "ready"')
    return Reply(
        [
            change.to_json()
            for change in daemon.changes.known.values()
            if select in ("all", "ready" if change.ready else "in-progress")
            and (not service or service in change.data.get("service-names", ()))
        ]
    )


@route("GET", "changes/{}", "read")
async def get_change(daemon: Daemon, request: Request, number: str) -> Reply:
    return Reply(daemon.changes.get(number).to_json())


@route("GET", "changes/{}/wait", "read")
async def wait_for_change(daemon: Daemon, request: Request, number: str) -> Reply:
    change = daemon.changes.get(number)
    timeout = request.argument("timeout")
    try:
        await daemon.loop.wait(change.finished, parse_duration(timeout) if timeout else None)
    except TimedOut:
        raise ApiError(504, f"timed out waiting for change after {timeout}") from None
    return Reply(change.to_json())


@route("POST", "changes/{}", "admin")
async def abort_change(daemon: Daemon, request: Request, number: str) -> Reply:
    change = daemon.changes.get(number)
    action = (await request.json()).get("action")
    if action != "abort":
        raise ApiError(400, f'change action "{action}" is unsupported')
    if change.ready:
        raise ApiError(400, f"cannot abort change {change.id} with nothing pending")
    if change.abort is not None:
        change.abort()
    return Reply(change.to_json())


@route("GET", "files", "admin")
async def get_files(daemon: Daemon, request: Request) -> Reply | None:
    from . import files

    action = request.argument("action")
    if action == "read":
        await files.read_files(request)
        return None
    if action != "list":
        raise ApiError(400, f'invalid action "{action}"')
    if not request.argument("path"):
        raise ApiError(400, "must specify path")
    itself = request.argument("itself") == "true"
    return Reply(files.list_files(request.argument("path"), request.argument("pattern"), itself))


@route("POST", "files", "admin")
async def post_files(daemon: Daemon, request: Request) -> Reply:
    from . import files, uploads

    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Reply(await uploads.write_files(request))
    wanted = await request.json()
    if wanted.get("action") == "make-dirs":
        return Reply(files.make_folders(wanted["dirs"]))
    if wanted.get("action") == "remove":
        return Reply(files.remove_paths(wanted["paths"]))
    raise ApiError(400, f'invalid action "{wanted.get("action")}"')


@route("POST", "exec", "admin")
async def post_exec(daemon: Daemon, request: Request) -> Reply:
    change, result = daemon.executions.begin(await request.json())
    return Reply(result, change)


@route("GET", "tasks/{}/websocket/{}", "admin")
async def connect_websocket(daemon: Daemon, request: Request, task: str, name: str) -> None:
    await daemon.executions.connect(task, name, request)


@route("GET", "logs", "read")
async def get_logs(daemon: Daemon, request: Request) -> None:
    import json

    services, follow = request.arguments("services"), request.argument("follow") == "true"
    count = int(request.argument("n", "0" if follow else "30"))
    await request.stream.write(head(200, {"Content-Type": "application/x-ndjson", "Connection": "close"}))
    lines = daemon.logs.since(0, services)
    seen = lines[-1][0] if lines else 0
    lines = lines if count < 0 else lines[len(lines) - min(count, len(lines)) :]
    while True:
        text = "".join(
            json.dumps({"time": format_time(stamp), "service": service, "message": message}) + "\n"
            for stamp, service, message in lines
        )
        await request.stream.write(text.encode())
        if not follow:
            return
        await daemon.logs.more()
        lines = daemon.logs.since(seen, services)
        seen = lines[-1][0] if lines else seen


@route("GET", "metrics", "metrics")
async def get_metrics(daemon: Daemon, request: Request) -> None:
    rows = ["# TYPE pebble_service_start_count counter"]
    for name, service in sorted(daemon.services.known.items()):
        rows.append(f'pebble_service_start_count{{service="{name}"}} {service.starts}')
    rows.append("# TYPE pebble_service_active gauge")
    for entry in daemon.services.describe([]):
        rows.append(f'pebble_service_active{{service="{entry["name"]}"}} {int(entry["current"] == "active")}')
    rows.append("# TYPE pebble_check_up gauge")
    for check in daemon.checks.select("", []):
        rows.append(f'pebble_check_up{{check="{check.name}"}} {int(check.status == "up")}')
    await send_text(request, "\n".join(rows) + "\n", "text/plain; version=0.0.4; charset=utf-8")
