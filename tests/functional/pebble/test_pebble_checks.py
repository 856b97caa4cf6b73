import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ops import pebble

from tests.functional.pebble.harness import Manager, get, wait_for


class Server(http.server.ThreadingHTTPServer):
    """Answers with ``status``; keeps the header X-Test it was last sent."""

    status = 200
    seen = ""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen = f"{self.path} {self.headers['X-Test']}"
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fast(**kind: object) -> pebble.CheckDict:
    often: Any = {"override": "replace", "period": "300ms", "timeout": "290ms", "threshold": 2, **kind}
    check: pebble.CheckDict = often
    return check


def status(client: pebble.Client, name: str = "it") -> str:
    (check,) = client.get_checks(names=[name])
    return str(getattr(check.status, "value", check.status))


def change_of(client: pebble.Client, check: pebble.CheckInfo) -> pebble.Change:
    assert check.change_id is not None
    return client.get_change(check.change_id)


def test_an_http_check_goes_down_and_recovers(
    manager: Manager, client: pebble.Client, server: Server
) -> None:
    url = f"http://localhost:{server.server_port}/health?a=b"
    manager.add({"checks": {"it": fast(http={"url": url, "headers": {"X-Test": "yes"}}, level="ready")}})
    (first,) = client.get_checks(level=pebble.CheckLevel.READY)
    assert (first.status, first.failures, first.threshold) == (pebble.CheckStatus.UP, 0, 2)
    wait_for(lambda: (client.get_checks()[0].successes or 0) > 1)
    assert server.seen == "/health?a=b yes"
    assert get(manager, "/v1/health") == (200, {"healthy": True})
    server.status = 503
    wait_for(lambda: status(client) == "down")
    assert get(manager, "/v1/health?level=ready") == (502, {"healthy": False})
    assert get(manager, "/v1/health?level=alive") == (200, {"healthy": True})
    performed = change_of(client, first)
    assert (performed.kind, performed.status) == ("perform-check", "Error")
    assert "503" in (performed.err or "")
    (down,) = client.get_checks()
    assert down.failures >= 2
    assert change_of(client, down).kind == "recover-check"
    server.status = 200
    wait_for(lambda: status(client) == "up")
    recovered = change_of(client, down)
    assert (recovered.kind, recovered.status) == ("recover-check", "Done")
    notices = {notice.key: notice for notice in client.get_notices(types=[pebble.NoticeType.CHANGE_UPDATE])}
    assert notices[str(first.change_id)].last_data == {"kind": "perform-check", "check-name": "it"}
    assert notices[str(down.change_id)].last_data == {"kind": "recover-check", "check-name": "it"}


@pytest.mark.parametrize(("code", "seen"), [(204, "up"), (302, "up"), (300, "down"), (404, "down")])
def test_which_answers_are_well(
    manager: Manager, client: pebble.Client, server: Server, code: int, seen: str
) -> None:
    server.status = code
    manager.add({"checks": {"it": fast(http={"url": f"http://127.0.0.1:{server.server_port}"}, threshold=1)}})
    wait_for(lambda: (client.get_checks()[0].successes or 0) + client.get_checks()[0].failures > 0)
    assert status(client) == seen


def test_a_tcp_check(manager: Manager, client: pebble.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        manager.add(
            {
                "checks": {
                    "it": fast(tcp={"port": listener.getsockname()[1], "host": "127.0.0.1"}, level="alive")
                }
            }
        )
        wait_for(lambda: (client.get_checks()[0].successes or 0) > 1)
    wait_for(lambda: status(client) == "down")
    assert get(manager, "/v1/health?level=ready")[0] == 502, "ready includes alive"


def test_an_exec_check(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    command = f"sh -c 'echo looked in $PLACE; test -e {tmp_path}/well'"
    manager.add({"checks": {"it": fast(exec={"command": command, "environment": {"PLACE": "here"}})}})
    wait_for(lambda: status(client) == "down")
    (check,) = client.get_checks()
    wait_for(lambda: bool(change_of(client, check).tasks[0].log))
    assert "exit status 1; looked in here" in change_of(client, check).tasks[0].log[0]
    (tmp_path / "well").touch()
    wait_for(lambda: status(client) == "up")


def test_a_slow_command_fails_its_check(manager: Manager, client: pebble.Client) -> None:
    slow = fast(exec={"command": "sleep 100"}, threshold=1, period="50ms", timeout="40ms")
    manager.add({"checks": {"it": slow}})
    (check,) = client.get_checks()
    wait_for(lambda: status(client) == "down")
    assert "timed out" in (change_of(client, check).err or "")


def test_start_stop_and_replan(manager: Manager, client: pebble.Client) -> None:
    manager.add(
        {
            "checks": {
                "it": fast(exec={"command": "true"}),
                "off": fast(exec={"command": "true"}, startup="disabled"),
            }
        }
    )
    assert (status(client), status(client, "off")) == ("up", "inactive")
    assert client.start_checks(["it", "off"]) == ["off"]
    assert client.stop_checks(["it", "off"]) == ["it", "off"]
    assert (status(client), status(client, "off")) == ("inactive", "inactive")
    client.replan_services()
    assert (status(client), status(client, "off")) == ("up", "inactive")
    with pytest.raises(pebble.APIError, match="cannot find check"):
        client.start_checks(["nix"])


def test_a_changed_check_starts_anew(manager: Manager, client: pebble.Client) -> None:
    manager.add({"checks": {"it": fast(exec={"command": "false"}), "same": fast(exec={"command": "true"})}})
    wait_for(lambda: status(client) == "down")
    before = client.get_checks(names=["same"])[0].change_id
    manager.add({"checks": {"it": fast(exec={"command": "true"})}})
    assert status(client) == "up"
    assert client.get_checks(names=["same"])[0].change_id == before


def test_a_failed_check_restarts_its_service(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    command = f"sh -c 'touch {tmp_path}/well; echo $$ >> {tmp_path}/pids; exec sleep 100'"
    manager.add(
        {
            "services": {
                "a": {
                    "override": "replace",
                    "command": command,
                    "backoff-delay": "50ms",
                    "on-check-failure": {"it": "restart"},
                }
            },
            "checks": {"it": fast(exec={"command": f"test -e {tmp_path}/well"})},
        }
    )
    client.start_services(["a"])
    wait_for(lambda: status(client) == "up")
    (tmp_path / "well").unlink()
    wait_for(lambda: len((tmp_path / "pids").read_text().split()) == 2)
    wait_for(lambda: status(client) == "up")


def test_refresh_probes_at_once(manager: Manager, client: pebble.Client) -> None:
    manager.add({"checks": {"it": {"override": "replace", "exec": {"command": "false"}}}})
    code, result = get(manager, "/v1/checks/refresh", {"name": "it"})
    assert (code, result["info"]["failures"], "exit status 1" in result["error"]) == (200, 1, True)
    assert json.dumps(client.get_checks()[0].failures) == "1"
