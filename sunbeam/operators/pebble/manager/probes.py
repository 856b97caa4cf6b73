"""Looking once whether something is well."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

from .layer_schema import parse_command
from .loop import Loop, TimedOut
from .plan import Plan
from .process import Children
from .users import find_owner, process_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OUTPUT = 1024
_REDIRECTS = (301, 302, 303, 307, 308)


class ProbeError(Exception):
    """It is not well; the text says how."""


async def probe(loop: Loop, children: Children, plan: Plan, check: dict[str, Any], timeout: float) -> None:
    """Run a check of the plan once.  Raises ProbeError."""
    try:
        if "exec" in check:
            await _probe_command(loop, children, plan, check["exec"], timeout)
        elif "http" in check:
            await loop.in_thread(lambda: _probe_url(check["http"], timeout), timeout)
        else:
            tcp = check["tcp"]
            address = (tcp.get("host") or "localhost", tcp["port"])
            await loop.in_thread(lambda: socket.create_connection(address, timeout).close(), timeout)
    except TimedOut:
        raise ProbeError(f"check timed out after {timeout:g}s") from None
    except (OSError, ValueError) as error:
        raise ProbeError(str(error) or type(error).__name__) from error


def _probe_url(http: dict[str, Any], timeout: float) -> None:
    """GET; success and redirects are well, the latter are not followed."""
    secure, rest = _split_url(http["url"])
    authority, slash, path = rest.partition("/")
    authority = authority.rpartition("@")[2]
    host, colon, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    host = (host if colon else authority).strip("[]")
    connection = socket.create_connection((host, int(port or (443 if secure else 80))), timeout)
    if secure:
        import ssl

        connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    headers = {"Host": authority, "User-Agent": "pebble", "Accept": "*/*", "Connection": "close"}
    headers.update(http.get("headers", {}))
    lines = [f"GET {slash or '/'}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    with connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n" not in answer:
            more = connection.recv(4096)
            if not more or len(answer) > 65536:
                raise ProbeError("the server's answer is not HTTP")
            answer += more
    status = answer.split(b"\r\n")[0].split(b" ", 2)
    if len(status) < 2 or not status[0].startswith(b"HTTP/") or not status[1].isdigit():
        raise ProbeError("the server's answer is not HTTP")
    code = int(status[1])
    if code // 100 != 2 and code not in _REDIRECTS:
        raise ProbeError(f"non-2xx status code {code}")


def _split_url(url: str) -> tuple[bool, str]:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("http", "https"):
        raise ValueError(f"unsupported URL {url!r}")
    return scheme == "https", rest.partition("#")[0]


async def _probe_command(
    loop: Loop, children: Children, plan: Plan, command: dict[str, Any], timeout: float
) -> None:
    context = plan.services.get(command.get("service-context", ""), {})
    settings = {**context, **command}
    owner = find_owner(settings)
    environment = process_environment(owner, context.get("environment", {}), command.get("environment", {}))
    child = children.start(
        parse_command(command["command"]),
        environment,
        owner,
        settings.get("working-dir"),
        stdout=subprocess.PIPE,
    )
    pipe = child.process.stdout
    assert pipe is not None
    output = bytearray()
    reader = loop.start(_read(loop, pipe.fileno(), output))
    try:
        code = await loop.wait(child.exited, timeout)
        await loop.sleep(0)
    finally:
        child.signal_group(signal.SIGKILL)
        reader.cancel()
        await reader
        pipe.close()
    if code:
        said = bytes(output[-_OUTPUT:]).decode(errors="replace").strip()
        raise ProbeError(f"exit status {code}" + (f"; {said}" if said else ""))


async def _read(loop: Loop, pipe: int, output: bytearray) -> None:
    while True:
        await loop.readable(pipe)
        data = os.read(pipe, 4096)
        if not data:
            return
        output += data
        del output[: -4 * _OUTPUT]
