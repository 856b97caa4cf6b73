"""Keeps the network devices of guests up; runs beside Open vSwitch's userspace datapath.

That sets the flags of a new port from those it read before: libvirt's "up" in between is lost, for good.
"""

import socket
import subprocess
from contextlib import suppress
from pathlib import Path

RTMGRP_LINK = 1
"""The kernel's news of network devices, rtnetlink(7)."""
IFF_UP = 1
"""netdevice(7)."""


def down(devices: Path = Path("/sys/class/net")) -> list[str]:
    """The guests' devices that are down."""
    found = []
    for flags in devices.glob("tap*/flags"):
        with suppress(OSError):  # a guest ended meanwhile
            if not int(flags.read_text(), 16) & IFF_UP:
                found.append(flags.parent.name)
    return found


def main() -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as news:
        news.bind((0, RTMGRP_LINK))
        while True:
            for device in down():
                print(f"{device} was down", flush=True)
                subprocess.run(["ip", "link", "set", device, "up"], check=False)
            with suppress(OSError):  # too much news at once: what is down shows all the same
                news.recv(1 << 16)


if __name__ == "__main__":
    main()
