"""How a test reaches the first VM: as anybody on its external network would."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable


def floating_address(openstack: Callable[..., str], name: str = "first") -> str:
    server = json.loads(openstack("server", "show", name, "-f", "json", cloud="demo"))
    addresses = [address for network in server["addresses"].values() for address in network]
    floating = {
        entry["Floating IP Address"]
        for entry in json.loads(openstack("floating", "ip", "list", "-f", "json", cloud="demo"))
    }
    return next(str(address) for address in addresses if address in floating)


def page_of(address: str, seconds: float = 400) -> str:
    """The guest's web page, as soon as it answers.  Raises OSError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
