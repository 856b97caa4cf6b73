"""The ``pebble`` command: the manager itself (run), and a client for people inside the container."""

from __future__ import annotations

import os
import sys

from . import VERSION

_JUJU_FOLDER = "/charm/container"
_USAGE = """usage: pebble COMMAND

run [--create-dirs] [--hold] [--verbose]   be the service manager
services [NAME...]                         list services
logs [-f] [-n COUNT] [NAME...]             show what services printed
plan                                       show the plan
checks | notices | changes | health        list them
start | stop | restart NAME...             change services, and wait until done
replan                                     restart services whose plan changed
version
"""


def folder() -> str:
    """$PEBBLE; in a pod the folder that Juju uses, else Pebble's own."""
    default = _JUJU_FOLDER + "/pebble" if os.path.isdir(_JUJU_FOLDER) else "/var/lib/pebble/default"
    return os.environ.get("PEBBLE") or default


def address() -> str:
    """$PEBBLE_SOCKET; in a pod the path that Juju uses, else Pebble's own."""
    in_pod = not os.environ.get("PEBBLE") and os.path.isdir(_JUJU_FOLDER)
    default = f"{_JUJU_FOLDER}/pebble.socket" if in_pod else f"{folder()}/.pebble.socket"
    return os.environ.get("PEBBLE_SOCKET") or default


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        sys.exit(_run(arguments[1:]))
    if arguments and arguments[0] not in ("help", "-h", "--help"):
        from .client import run_command

        sys.exit(run_command(address(), arguments))
    sys.stdout.write(_USAGE)


def _run(options: list[str]) -> int:
    from . import endpoints, notice_endpoints
    from .api import serve
    from .daemon import Daemon, check_folder
    from .errors import ApiError

    known = {"--create-dirs", "--hold", "--verbose", "-v"}
    unknown = [option for option in options if option not in known]
    if unknown:
        sys.stderr.write(f"pebble run: unknown option {unknown[0]}; known are {', '.join(sorted(known))}\n")
        return 2
    assert endpoints and notice_endpoints
    try:
        check_folder(folder(), create="--create-dirs" in options)
        daemon = Daemon(folder(), address(), echo="--verbose" in options or "-v" in options)
        return daemon.run(serve, hold="--hold" in options)
    except (ApiError, OSError) as error:
        sys.stderr.write(f"pebble {VERSION} cannot run in {folder()}: {error}\n")
        return 1
