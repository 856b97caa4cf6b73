"""Small servers inside a test's network namespace: ``servers.py READY KIND PORT [SECONDS]``.

``archive`` answers every HTTP request with an empty file and a clock that is SECONDS ahead; ``silent`` takes
connections and datagrams and never answers.
"""

from __future__ import annotations

import socket
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Archive(BaseHTTPRequestHandler):
    ahead = 0.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate((timestamp or time.time()) + self.ahead, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main(ready: str, kind: str, port: str, ahead: str = "0") -> None:
    if kind == "archive":
        Archive.ahead = float(ahead)
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), Archive)
        Path(ready).touch()
        server.serve_forever()
    stream = socket.create_server(("127.0.0.1", int(port)))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", int(port)))
    Path(ready).touch()
    taken = []
    while True:
        taken.append(stream.accept())


if __name__ == "__main__":
    main(*sys.argv[1:])
