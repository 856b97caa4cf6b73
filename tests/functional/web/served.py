"""The web view with fakes at its seams: ``python -m tests.functional.web.served ROOT SPEED``.

Changes are those of ``tests.functional.web.command``, SPEED times as fast as they were recorded.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from aiohttp import web

from sunbeam.core.paths import Paths
from sunbeam.web import tls
from sunbeam.web.access import Access
from sunbeam.web.app import application
from sunbeam.web.commands import Commands
from sunbeam.web.parts import BASE
from sunbeam.web.settings import web_folder
from tests.fakes.cloud import well
from tests.fakes.machine import detected

HOST = "127.0.0.1"


async def main(root: Path, speed: str) -> None:
    """Serve until killed; the first line that is printed is the link."""
    paths = Paths(root)
    folder = Path(__file__).parents[3]
    os.environ["PYTHONPATH"] = str(folder)
    commands = Commands(paths, (sys.executable, "-m", "tests.functional.web.command", speed))
    runner = web.AppRunner(application(paths, well, detected, commands, "edge-7"), access_log=None)
    await runner.setup()
    context = tls.context(tls.certificate(paths, HOST))
    await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
    host, port = runner.addresses[0]
    print(f"https://{host}:{port}{BASE}/#{Access(web_folder(paths)).ensure_token()}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
