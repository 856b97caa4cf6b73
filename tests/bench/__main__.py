"""``./run bench``: prints the figures of docs/reference/figures.md, one line each, with their targets.

``./run bench`` measures what leaves the cloud as it is.  ``./run bench life`` also destroys and makes it
again, from nothing and from images, and ends with a running cloud.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.memory import idle_memory

SUNBEAM = Path(sys.executable).with_name("sunbeam")


def main() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} at the start")
    show("sunbeam --help", median(lambda: sunbeam("--help"), 9), 0.12)
    show("bootstrap again on a converged cloud", timed("cluster", "bootstrap", "-a"), 5)
    show_memory()
    show("30 applications, 80 relations to idle", engine_scale(), 15)
    if sys.argv[1:] == ["life"]:
        life()


def life() -> None:
    """The figures that need the cloud to go and come."""
    with tempfile.TemporaryDirectory(prefix="sunbeam-bench-", dir="/var/tmp") as folder:
        images = Path(folder) / "images.tar"
        sunbeam("image", "export", str(images))
        show("destroy", timed("cluster", "destroy", "--yes", "--keep-packages"), 30)
        sunbeam("image", "import", str(images))
        apis = timed("cluster", "bootstrap", "-a")
        show("images present -> all APIs and compute up", apis, 75)
        show("images present -> VM answers", apis + timed("configure") + timed("launch"), 100)
    sunbeam("cluster", "destroy", "--yes", "--keep-packages")
    show("nothing present -> VM answers", timed("cloud"), 300)


def sunbeam(*words: str) -> str:
    done = subprocess.run([SUNBEAM, *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"sunbeam {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr}")
    return done.stdout


def timed(*words: str) -> float:
    began = time.monotonic()
    sunbeam(*words)
    return time.monotonic() - began


def median(work: object, runs: int) -> float:
    assert callable(work)
    spent = []
    for _ in range(runs):
        began = time.monotonic()
        work()
        spent.append(time.monotonic() - began)
    return sorted(spent)[runs // 2]


def engine_scale() -> float:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.engine_scale", "30", "80"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"idle and active after ([\d.]+) s", done.stdout)
    assert found, done.stdout
    return float(found[1])


def show(what: str, seconds: float, target: float) -> None:
    verdict = "met" if seconds <= target else "MISSED"
    print(f"{what:45} {seconds:8.2f} s   target {target:g} s   {verdict}", flush=True)


def show_memory() -> None:
    total, groups = idle_memory()
    verdict = "met" if total <= 3.4 * 1024 else "MISSED"
    print(f"{'idle memory of everything, no VM':45} {total:8.0f} MiB target {3.4 * 1024:.0f} MiB   {verdict}")
    for name, mib in sorted(groups.items(), key=lambda item: -item[1])[:25]:
        print(f"    {name:41} {mib:8.0f} MiB")


if __name__ == "__main__":
    main()
