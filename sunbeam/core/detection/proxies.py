"""Proxies that this machine is told to use: the environment first, then /etc/environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WITH_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")


@dataclass(frozen=True)
class FoundProxy:
    """As a manifest says them: a URL that holds a password is a reference to the variable it was found in."""

    http: str = ""
    https: str = ""
    no_proxy: str = ""

    def __bool__(self) -> bool:
        return bool(self.http or self.https)


def found_proxy(environ: Mapping[str, str], root: Path = Path("/")) -> FoundProxy:
    file = _assignments(root / "etc/environment")

    def value(name: str) -> str:
        for variable in (name, name.upper()):
            if text := environ.get(variable, "").strip():
                return f"${{env:{variable}}}" if WITH_PASSWORD.search(text) else text
        text = file.get(name) or file.get(name.upper()) or ""
        return "" if WITH_PASSWORD.search(text) else text

    return FoundProxy(value("http_proxy"), value("https_proxy"), value("no_proxy"))


def _assignments(file: Path) -> dict[str, str]:
    try:
        text = file.read_text()
    except OSError:
        return {}
    pairs = re.findall(r"^\s*(?:export\s+)?(\w+)=(.*)$", text, flags=re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in pairs}
