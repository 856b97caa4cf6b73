"""Calls a hook tool of the engine over its Unix socket.

Standard library only: warm interpreters import it, and its file is also the client that runs where there
is no perl.  Request: context id, ``S`` or ``-`` (standard input follows or not), number of arguments,
tool name, arguments, standard input, joined by NUL.  Reply: ``CODE OUT ERR`` line with the lengths of the
two texts that follow it.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable


def call(tool: str, arguments: Iterable[str], stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
    """Exit code, standard output and standard error of ``tool``, as bytes; ``stdin`` is bytes or None."""
    words, stdin = _with_files(list(arguments), stdin)
    fields = [os.environ["JUJU_CONTEXT_ID"], "-" if stdin is None else "S", str(len(words)), tool]
    request = "\0".join([*fields, *words, ""]).encode("utf-8", "surrogateescape") + (stdin or b"")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ["JUJU_AGENT_SOCKET_ADDRESS"])
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        reply = bytearray()
        while chunk := connection.recv(65536):
            reply += chunk
    head, _, body = bytes(reply).partition(b"\n")
    code, out, err = (int(number) for number in head.split())
    return code, body[:out], body[out : out + err]


def _with_files(arguments: list[str], stdin: bytes | None) -> tuple[list[str], bytes | None]:
    """Read the files that arguments name: the engine may see other files, or none, at those paths."""
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        key, equals, path = argument.partition("#file=")
        if equals:
            arguments[index] = key + "#hex=" + _read(path).hex()
        elif argument.startswith("--file="):
            arguments[index : index + 1] = ["--file", argument[7:]]
        if arguments[index] == "--file" and arguments[index + 1 : index + 2] not in ([], ["-"]):
            stdin, arguments[index + 1] = _read(arguments[index + 1]), "-"
    return arguments, stdin


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()


def _wants_stdin(arguments: list[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--file=-" in options or (
        "--file" in options and options[options.index("--file") + 1 :][:1] == ["-"]
    )


def main() -> int:
    tool, arguments = os.path.basename(sys.argv[1]), sys.argv[2:]  # noqa: PTH119
    stdin = sys.stdin.buffer.read() if _wants_stdin(arguments) else None
    code, out, err = call(tool, arguments, stdin)
    sys.stdout.buffer.write(out)
    sys.stderr.buffer.write(err)
    return code


if __name__ == "__main__":
    sys.exit(main())
