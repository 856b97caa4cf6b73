"""Proxies that this machine is told to use: the environment first, then /etc/environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.proxy import proxy_url, variable_of

WITH_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")


@dataclass(frozen=True)
class FoundProxy:
    """As a manifest says them: a URL that holds a password is a reference to the variable it was found in.

    What is no URL, which `sunbeam check` tells, is left out.
    """

    http: str = ""
    https: str = ""
    no_proxy: str = ""

    def __bool__(self) -> bool:
        return bool(self.http or self.https)


def found_proxy(environ: Mapping[str, str], root: Path = Path("/")) -> FoundProxy:
    file = _assignments(root / "etc/environment")

    def url(name: str) -> str:
        variable, text = variable_of(environ, name)
        if not text:
            found = proxy_url(variable_of(file, name)[1])
            return "" if WITH_PASSWORD.search(found) else found
        found = proxy_url(text)
        if not WITH_PASSWORD.search(found):
            return found
        return f"${{env:{variable}}}" if found == text else ""  # a reference stands for a whole URL

    no_proxy = variable_of(environ, "no_proxy")[1] or variable_of(file, "no_proxy")[1]
    return FoundProxy(url("http_proxy"), url("https_proxy"), no_proxy)


def _assignments(file: Path) -> dict[str, str]:
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return {}
    pairs = re.findall(r"^\s*(?:export\s+)?(\w+)=(.*)$", text, flags=re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in pairs}
