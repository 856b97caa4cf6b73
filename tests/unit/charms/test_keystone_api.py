"""Keystone's client against a small HTTP server that answers as Keystone does."""

import importlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.unit.charms import answers


class Handler(BaseHTTPRequestHandler):
    """One user exists; ``seen`` are the requests."""

    seen: list[tuple[str, str, str, Any]] = []

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body: Any = json.loads(self.rfile.read(length)) if length else None
        self.seen.append((self.command, self.path, self.headers.get("X-Auth-Token", ""), body))
        if self.path == "/v3/auth/tokens":
            right = body["auth"]["identity"]["password"]["user"]["password"] == "right"
            self._send(201 if right else 401, {"error": "wrong password"})
        elif self.path.startswith("/v3/users?name=glance"):
            self._send(200, {"users": [{"id": "u1", "name": "glance", "enabled": True}]})
        elif self.command == "GET":
            self._send(200, {self.path.partition("?")[0].rpartition("/")[2]: []})
        elif self.command == "POST":
            self._send(201, {"user": {"id": "u2"}})
        elif self.command == "DELETE":
            self._send(404, {"error": "gone"})
        else:
            self._send(204, None)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer

    def _send(self, code: int, body: object) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Subject-Token", "token-1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def module() -> Iterator[Any]:
    with answers.siblings(answers.CHARMS / "keystone/src"):
        yield importlib.import_module("keystone_api")


@pytest.fixture
def client(module: Any) -> Iterator[Any]:
    Handler.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield module.KeystoneClient(f"http://127.0.0.1:{server.server_port}/v3")
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_token_goes_with_every_request(client: Any) -> None:
    client.authenticate("admin", "right", "admin")
    assert client.list("services") == []
    assert Handler.seen[-1][:3] == ("GET", "/v3/services", "token-1")


def test_a_missing_resource_is_created_and_a_known_one_changed(client: Any) -> None:
    assert client.ensure("users", {"name": "nova"}, password="p")["id"] == "u2"
    assert Handler.seen[-1][3] == {"user": {"name": "nova", "password": "p"}}
    assert client.ensure("users", {"name": "glance"}, enabled=True, password="p")["id"] == "u1"
    assert Handler.seen[-1] == ("PATCH", "/v3/users/u1", "", {"user": {"password": "p"}})


def test_nothing_is_written_when_nothing_differs(client: Any) -> None:
    client.ensure("users", {"name": "glance"}, enabled=True)
    assert [request[0] for request in Handler.seen] == ["GET"]


def test_deleting_twice_is_no_error(client: Any) -> None:
    client.delete("users", "u1")
    assert Handler.seen[-1][:2] == ("DELETE", "/v3/users/u1")


def test_a_refusal_says_what_was_asked_and_why(client: Any, module: Any) -> None:
    with pytest.raises(
        module.KeystoneError, match=r"answered 401 to POST /auth/tokens.*wrong password"
    ) as caught:
        client.authenticate("admin", "secret-thing", "admin")
    assert "secret-thing" not in str(caught.value)


def test_no_answer_is_told_with_the_address(module: Any) -> None:
    dead = module.KeystoneClient("http://127.0.0.1:1/v3")
    assert not dead.alive()
    with pytest.raises(module.KeystoneError, match=r"http://127.0.0.1:1/v3 did not answer GET /users"):
        dead.list("users")
