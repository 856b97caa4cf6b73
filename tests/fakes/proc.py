"""A folder such as /proc (proc(5)): of each process its command line and its network namespace."""

from __future__ import annotations

from pathlib import Path


def process(proc: Path, pid: str, *words: str, network: str = "net:[1]") -> None:
    (proc / pid / "ns").mkdir(parents=True)
    (proc / pid / "cmdline").write_text("".join(f"{word}\0" for word in words))
    (proc / pid / "ns/net").symlink_to(network)
