"""A document as a tree in which every value and key knows where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Scalar = str | int | float | bool | None
Step = str | int
NODES = "nodes"


@dataclass(frozen=True)
class Origin:
    """``source``: a file's name, or what else spoke: answer, cloud, detected, default."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


DEFAULT = Origin("default")
DETECTED = Origin("detected")
CLOUD = Origin("cloud")
ANSWER = Origin("answer")


@dataclass(frozen=True)
class Tree:
    """``origin`` is where the value is, ``key`` where its key is, if it has one."""

    value: dict[str, Tree] | list[Tree] | Scalar
    origin: Origin
    key: Origin | None = None

    @classmethod
    def of(cls, plain: Any, origin: Origin) -> Tree:
        if isinstance(plain, dict):
            return cls({key: cls.of(value, origin) for key, value in plain.items()}, origin)
        if isinstance(plain, (list, tuple)):
            return cls([cls.of(value, origin) for value in plain], origin)
        return cls(plain, origin)

    def plain(self) -> Any:
        """As JSON would hold it."""
        if isinstance(self.value, dict):
            return {key: tree.plain() for key, tree in self.value.items()}
        if isinstance(self.value, list):
            return [tree.plain() for tree in self.value]
        return self.value

    def below(self, step: Step) -> Tree | None:
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def deepest(self, path: Sequence[Step]) -> tuple[tuple[Step, ...], Tree]:
        """The longest part of ``path`` that exists, and what is there."""
        tree, found = self, 0
        for step in path:
            below = tree.below(step)
            if below is None:
                break
            tree, found = below, found + 1
        return tuple(path[:found]), tree

    def leaves(self, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Tree]]:
        """Scalars, and mappings and lists without content, with their paths."""
        pairs: list[tuple[Step, Tree]] = []
        if isinstance(self.value, dict):
            pairs = [*self.value.items()]
        elif isinstance(self.value, list):
            pairs = [*enumerate(self.value)]
        if not pairs:
            yield path, self
        for step, tree in pairs:
            yield from tree.leaves((*path, step))

    def without(self, path: Sequence[Step]) -> Tree:
        """A copy in which nothing is at ``path``; a list from which an item would go is left out whole."""
        first, *rest = path
        if isinstance(self.value, list):
            items = [each.without(rest) if place == first else each for place, each in enumerate(self.value)]
            return Tree(items, self.origin, self.key)
        if not isinstance(self.value, dict):
            return self
        pairs: dict[str, Tree] = {}
        for key, tree in self.value.items():
            if key != first:
                pairs[key] = tree
            elif rest and (isinstance(rest[0], str) or len(rest) > 1):
                pairs[key] = tree.without(rest)
        return Tree(pairs, self.origin, self.key)


def merge(base: Tree | None, over: Tree, path: tuple[Step, ...] = ()) -> Tree:
    """``base`` with what ``over`` says in addition or instead.

    Mappings merge; everything else replaces, an empty or false value too.  A mapping that is written as empty
    replaces as well.  Null takes back what was said before.  Machines in ``nodes`` merge by their name,
    the first one also where it has none.
    """
    before = base.value if base is not None else None
    if isinstance(over.value, dict):
        known = before if isinstance(before, dict) and (over.value or not path) else {}
        merged = dict(known)
        for key, tree in over.value.items():
            if tree.value is None:
                merged.pop(key, None)
            else:
                merged[key] = merge(known.get(key), tree, (*path, key))
        return Tree(merged, over.origin, over.key)
    if path == (NODES,) and isinstance(over.value, list) and over.value and isinstance(before, list):
        return Tree(_machines(before, over.value), over.origin, over.key)
    return over


def _machines(before: list[Tree], over: list[Tree]) -> list[Tree]:
    """The first machine need not be named: it is the first one that is known."""
    machines = list(before)
    for place, tree in enumerate(over):
        name = machine_name(tree)
        same = [number for number, each in enumerate(machines) if name and machine_name(each) == name]
        if not same and place == 0 and machines and not (name and machine_name(machines[0])):
            same = [0]
        if same:
            machines[same[0]] = merge(machines[same[0]], tree, (NODES, 0))
        else:
            machines.append(merge(None, tree, (NODES, 0)))
    return machines


def machine_name(machine: Tree) -> str:
    """Empty if it has none."""
    name = machine.below("name")
    return "" if name is None or name.value is None else str(name.value)


def dotted(path: Sequence[Step]) -> str:
    """``network.external.range``; members of lists are counted from one: ``nodes[1].name``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            text += f"{'.' if text else ''}{step or repr(step)}"
    return text


def spelled(value: Any) -> str:
    """A value in a sentence: text in quotes, all else as YAML has it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
