"""Keeps secrets out of every text that leaves the process: output, log, journal."""

from __future__ import annotations

import json

REPLACEMENT = "********"
SHORTEST = 4


class Redactor:
    """Replaces each known secret, longest first, so that a secret within another leaves no rest."""

    def __init__(self) -> None:
        self._secrets: list[str] = []

    def add(self, secret: str) -> None:
        """Register a value, each of its lines, and how JSON writes them.

        Values of fewer than 4 characters are not secrets but accidents.
        """
        lines = secret.splitlines()
        for value in (secret, *lines, *(json.dumps(line)[1:-1] for line in lines)):
            if len(value) >= SHORTEST and value not in self._secrets:
                self._secrets.append(value)
        self._secrets.sort(key=len, reverse=True)

    def redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REPLACEMENT)
        return text
