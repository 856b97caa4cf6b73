"""The client half of the ``pebble`` command."""

from __future__ import annotations

import json
import socket
import sys

from . import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_LISTS = {
    "services": ("name", "startup", "current", "current-since"),
    "checks": ("name", "level", "startup", "status", "failures", "threshold", "change-id"),
    "notices": ("id", "user-id", "type", "key", "last-repeated", "occurrences"),
    "changes": ("id", "kind", "status", "spawn-time", "ready-time", "summary"),
}


class ClientError(Exception):
    """The manager cannot be reached or refuses."""


def run_command(address: str, arguments: list[str]) -> int:
    """Run one command of the client and return its exit code."""
    command, *rest = arguments
    try:
        if command == "version":
            print(f"client  {VERSION}\nserver  {_get(address, '/v1/system-info')['version']}")
        elif command == "plan":
            print(_get(address, "/v1/plan?format=yaml"), end="")
        elif command == "health":
            print("healthy" if _get(address, "/v1/health")["healthy"] else "unhealthy")
        elif command == "logs":
            _show_logs(address, rest)
        elif command in _LISTS:
            query = {"services": "?names=", "checks": "?names=", "changes": "?select=all"}.get(command, "")
            names = ",".join(rest) if query.endswith("names=") else ""
            _print_table(_LISTS[command], _get(address, f"/v1/{command}{query}{names}"))
        elif command in ("start", "stop", "restart", "replan", "autostart"):
            _change(address, command, rest)
        else:
            raise ClientError(f"unknown command {command!r}; see: pebble help")
    except (ClientError, OSError) as error:
        sys.stderr.write(f"pebble {command}: {error} (socket {address})\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _change(address: str, action: str, names: list[str]) -> None:
    number = _exchange(address, "POST", "/v1/services", {"action": action, "services": names})["change"]
    change = _get(address, f"/v1/changes/{number}/wait")
    if change.get("err"):
        logs = "\n".join(line for task in change["tasks"] for line in task.get("log", ()))
        raise ClientError(f"{change['err']}\n{logs}\n")


def _show_logs(address: str, options: list[str]) -> None:
    query, names = [], []
    words = iter(options)
    for word in words:
        if word in ("-f", "--follow"):
            query.append("follow=true")
        elif word == "-n":
            query.append("n=" + next(words, "30").replace("all", "-1"))
        else:
            names.append(word)
    query.append("services=" + ",".join(names))
    for line in _lines(address, "GET", "/v1/logs?" + "&".join(query), None):
        entry = json.loads(line)
        print(f"{entry['time'][:23]}Z [{entry['service']}] {entry['message']}", flush=True)


def _print_table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    cells = [[column.replace("-", " ").capitalize() for column in columns]]
    cells += [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(row[number]) for row in cells) for number in range(len(columns))]
    for row in cells:
        print("  ".join(cell.ljust(widths[number]) for number, cell in enumerate(row)).rstrip())


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)


def _get(address: str, path: str) -> Any:
    return _exchange(address, "GET", path)["result"]


def _exchange(address: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads("".join(_lines(address, method, path, body)))
    if answer["type"] == "error":
        raise ClientError(answer["result"]["message"])
    return answer


def _lines(address: str, method: str, path: str, body: Any) -> Iterator[str]:
    """Lines of the answer's body as they come."""
    data = json.dumps(body).encode() if body is not None else b""
    headers = f"Host: pebble\r\nConnection: close\r\nContent-Length: {len(data)}"
    request = f"{method} {path} HTTP/1.1\r\n{headers}\r\n\r\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        connection.sendall(request.encode() + data)
        with connection.makefile("r", encoding="utf-8") as answer:
            for line in answer:
                if not line.strip():
                    break
            yield from answer
