"""The Unix socket that hook tools talk to, and the folder of tool commands beside it."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sunbeam.operators import executors
from sunbeam.operators.context import HookContext
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.tools import TOOLS, ToolError

logger = logging.getLogger(__name__)

_CLIENTS = {"tool_client.sh": ".client", "tool_client.pl": ".client.pl", "tool_client.py": ".client.py"}


class ToolServer:
    """Answers calls of the hooks that run now; a context id of any other hook is unknown to it."""

    def __init__(self, folders: EngineFolders) -> None:
        self._folders = folders
        self._contexts: dict[str, HookContext] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._folders.agent.mkdir(parents=True, exist_ok=True)
        self._folders.agent.chmod(0o700)
        install_tools(self._folders.tools)
        self._folders.socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._answer, self._folders.socket)
        self._folders.socket.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._folders.socket.unlink(missing_ok=True)

    @contextmanager
    def serving(self, context: HookContext) -> Iterator[None]:
        """Accept tool calls of ``context`` within the block."""
        self._contexts[context.id] = context
        try:
            yield
        finally:
            del self._contexts[context.id]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            code, out, err = self._call(await reader.read(-1))
            raw_out, raw_err = out.encode("utf-8", "surrogateescape"), err.encode("utf-8", "surrogateescape")
            writer.write(b"%d %d %d\n" % (code, len(raw_out), len(raw_err)) + raw_out + raw_err)
            await writer.drain()
        except ConnectionError:
            pass  # the hook was killed while it called
        finally:
            writer.close()

    def _call(self, request: bytes) -> tuple[int, str, str]:
        fields = request.decode("utf-8", "surrogateescape").split("\0", 3)
        context = self._contexts.get(fields[0])
        if context is None or len(fields) < 4:
            return 1, "", "ERROR this hook is not running any more\n"
        tool, *rest = fields[3].split("\0", int(fields[2]) + 1)
        stdin = rest.pop() if fields[1] == "S" else None
        arguments = rest[: int(fields[2])]
        if tool not in TOOLS:
            return 1, "", f'ERROR unknown command "{tool}"\n'
        try:
            return 0, TOOLS[tool](context, arguments, stdin), ""
        except ToolError as error:
            return error.code, "", f"{error}\n"
        except Exception as error:
            logger.exception("%s failed in a hook of %s", tool, context.unit.name)
            return 1, "", f"ERROR {tool}: {type(error).__name__}: {error}\n"


def install_tools(folder: Path) -> None:
    """Fill ``folder`` with a command per hook tool, each a link to the one client."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in _CLIENTS.items():
        shutil.copyfile(Path(executors.__file__).parent / source, folder / name)
    (folder / ".client").chmod(0o755)
    for tool in TOOLS:
        link = folder / tool
        if not link.is_symlink():
            link.symlink_to(".client")
