"""``${env:NAME}`` and ``${file:PATH}``: values that stay outside manifests and everything that is stored.

``$${`` stands for ``${`` itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.manifest.reading import Unreadable, read_text
from sunbeam.core.manifest.tree import CLOUD, Step, Tree, dotted

ALLOWED = ("proxy.*", "demo.password", "software.charms.*.config.*")
"""Keys whose value may hold references."""
OPENINGS = ("${env:", "${file:")
_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<kind>[^:}]*)(?::(?P<what>[^}]*))?\}|\$\{")

Remember = Callable[[str], None]


def allowed_at(path: Sequence[Step]) -> bool:
    return any(
        len(path) == pattern.count(".") + 1
        and all(fnmatchcase(str(step), each) for step, each in zip(path, pattern.split("."), strict=True))
        for pattern in ALLOWED
    )


def holds_reference(value: Any) -> bool:
    return isinstance(value, str) and any(found["kind"] is not None for found in _REFERENCE.finditer(value))


def malformed(text: str) -> bool:
    """Whether what looks like a reference in ``text`` can stand for nothing anywhere."""
    return any(found[0] != "$${" and not _is_reference(found) for found in _REFERENCE.finditer(text))


def problems(text: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Why references of ``text`` cannot be resolved here."""
    for found in _REFERENCE.finditer(text):
        if found[0] == "$${":
            continue
        try:
            _value(found, os.environ if environment is None else environment)
        except _Unresolved as error:
            yield str(error)


def reference_problems(document: Mapping[str, Any], keys: Sequence[str]) -> list[Problem]:
    """Why a change that needs the values below ``keys`` of a dumped manifest cannot begin here."""
    tree = Tree.of({key: document[key] for key in keys}, CLOUD)
    return [
        Problem(
            problem,
            where=f"{dotted(path)} of the manifest",
            next_command="sunbeam manifest show",
            id="reference-unresolved",
        )
        for path, leaf in tree.leaves()
        if isinstance(leaf.value, str) and allowed_at(path)
        for problem in problems(leaf.value)
    ]


def resolve(value: Any, remember: Remember, environment: Mapping[str, str] | None = None) -> Any:
    """``value`` (as JSON holds it) with its references replaced; each secret goes to ``remember`` first.

    Raises SunbeamError.
    """
    if isinstance(value, dict):
        return {key: resolve(each, remember, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, remember, environment) for each in value]
    if not isinstance(value, str):
        return value

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        secret = _value(found, os.environ if environment is None else environment)
        remember(secret)
        return secret

    try:
        return _REFERENCE.sub(replaced, value)
    except _Unresolved as error:
        raise SunbeamError(
            "A reference of the manifest cannot be resolved",
            where=value,
            why=str(error),
            next_command="sunbeam manifest show",
            id="reference-unresolved",
        ) from None


def separated(
    variables: Mapping[str, Any], remember: Remember
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Variables without references, those with, and the latter resolved: secrets.  Raises SunbeamError."""
    referring = {name: value for name, value in variables.items() if _refers(value)}
    plain = {name: value for name, value in variables.items() if name not in referring}
    return plain, referring, resolve(referring, remember)


def _refers(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_refers(each) for each in value.values())
    if isinstance(value, list):
        return any(_refers(each) for each in value)
    return isinstance(value, str) and "${" in value


def absolute(tree: Tree, folder: Path) -> Tree:
    """The tree with paths in references as seen from everywhere; they are written relative to their file."""
    if isinstance(tree.value, dict):
        return Tree({key: absolute(each, folder) for key, each in tree.value.items()}, tree.origin, tree.key)
    if isinstance(tree.value, list):
        return Tree([absolute(each, folder) for each in tree.value], tree.origin, tree.key)
    if not isinstance(tree.value, str):
        return tree

    def replaced(found: re.Match[str]) -> str:
        if found["kind"] != "file" or not found["what"]:
            return found[0]
        return f"${{file:{(folder / found['what']).absolute()}}}"

    return Tree(_REFERENCE.sub(replaced, tree.value), tree.origin, tree.key)


class _Unresolved(Exception):
    pass


def _is_reference(found: re.Match[str]) -> bool:
    return found["kind"] in ("env", "file") and bool(found["what"])


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    kind, what = found["kind"], found["what"]
    if not _is_reference(found):
        raise _Unresolved(f"{found[0]} is no reference: write ${{env:NAME}}, ${{file:PATH}}, or $${{ for ${{")
    if kind == "env":
        if what not in environment:
            raise _Unresolved(f"the environment variable {what} is not set")
        return environment[what]
    try:
        return read_text(Path(what)).rstrip("\n")
    except Unreadable as why:
        raise _Unresolved(f"the file {what} cannot be read: {why}") from None
