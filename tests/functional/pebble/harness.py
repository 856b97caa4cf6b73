"""A real service manager, built and run by this interpreter, and ops' own client for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ops import pebble


class Manager:
    """A running manager: ``process``, its ``socket`` and a ``client``."""

    def __init__(self, program: Path, folder: Path, *options: str) -> None:
        self.program = program
        self.folder = folder
        self.socket = folder / "pebble.socket"
        self.environment = {**os.environ, "PEBBLE": str(folder), "PEBBLE_SOCKET": str(self.socket)}
        self.output = (folder.parent / f"{folder.name}.out").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, program, "run", "--create-dirs", "--verbose", *options],
            env=self.environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.client = pebble.Client(str(self.socket), timeout=10)

    def wait_until_ready(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                self.client.get_system_info()
                return
            except pebble.ConnectionError:
                assert time.monotonic() < end, self.said()
                time.sleep(0.01)

    def said(self) -> str:
        return Path(self.output.name).read_text()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the client half of the program."""
        return subprocess.run(
            [sys.executable, self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=20,
        )

    def add(self, layer: pebble.LayerDict, label: str = "test") -> None:
        self.client.add_layer(label, layer, combine=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            services = self._services()
            self.process.kill()
            self.process.wait()
            for pid in services:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        self.output.close()

    def _services(self) -> list[int]:
        """What would go on without the manager; each leads a group of its own."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ended(pid: int) -> bool:
    """So has a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def get(manager: Manager, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and result of a request without ops; a POST if there is a body."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(manager.socket))
        data = json.dumps(body).encode() if body is not None else b""
        line = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1"
        headers = f"Content-Length: {len(data)}\r\nConnection: close"
        connection.sendall(f"{line}\r\n{headers}\r\n\r\n".encode() + data)
        head, _, answer = connection.makefile("rb").read().partition(b"\r\n\r\n")
    status = int(head.split()[1])
    return status, json.loads(answer)["result"] if b"application/json" in head else answer.decode()
