"""Units and what their charms said, read from the operators' database: sunbeamd need not run."""

from __future__ import annotations

import sqlite3

from sunbeam.doctor.look import Look
from sunbeam.operators.entities import Unit


async def units(look: Look) -> tuple[Unit, ...]:
    path = look.paths.engine / "engine.db"
    if not path.exists():
        return ()
    with _reading(str(path)) as database:
        rows = database.execute("SELECT body FROM entity WHERE kind = 'unit' ORDER BY id").fetchall()
    return tuple(Unit.model_validate_json(body) for (body,) in rows)


class _reading:
    """A connection that only reads."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)

    def __enter__(self) -> sqlite3.Connection:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


async def juju_answers(look: Look) -> bool:
    """Whether the Juju API lets us in.  Raises what the client raises."""
    from sunbeam.juju.controller import Controller
    from sunbeam.juju.credentials import Credentials

    async with Controller(Credentials.from_juju_data(look.paths.juju_data)) as controller:
        await controller.models()
    return True
