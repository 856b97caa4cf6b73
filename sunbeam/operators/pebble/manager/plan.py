"""Layers, and the plan they combine to."""

from __future__ import annotations

import os

from .errors import ApiError
from .layer_schema import SECTIONS, LayerError, check_plan, convert_layer
from .yaml_reader import read_yaml
from .yaml_text import YamlError
from .yaml_writer import write_yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_APPENDED = ("after", "before", "requires", "services")


class Layer:
    """One labelled layer; ``content`` has the sections, each a map of entries."""

    def __init__(self, label: str, content: dict[str, Any]) -> None:
        self.label = label
        self.content = content


class Plan:
    """The layers in their order and, derived from them, ``sections``.

    Layers added through the API live as long as this process; those in the layers folder are read at every
    start.  That is Pebble's rule: Juju then tells the charm that Pebble is ready, and the charm adds its
    layers again.
    """

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}

    @property
    def services(self) -> dict[str, Any]:
        return self.sections["services"]

    @property
    def checks(self) -> dict[str, Any]:
        return self.sections["checks"]

    def load(self, folder: str) -> None:
        """Read ``NNN-LABEL.yaml`` files in order of their numbers.  Raises ApiError."""
        layers = []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            number, _, label = name[:-5].partition("-")
            if name.endswith(".yaml") and number.isdigit() and label:
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    layers.append(Layer(label, _parse(label, file.read())))
        self._replace(layers)

    def add(self, label: str, text: str, combine: bool) -> None:
        """Append a layer, or combine it with the one of that label.  Raises ApiError and changes nothing."""
        layer = Layer(label, _parse(label, text))
        at = next((number for number, known in enumerate(self.layers) if known.label == label), None)
        if at is None:
            self._replace([*self.layers, layer])
        elif not combine:
            raise ApiError(400, f'layer "{label}" already exists')
        else:
            both = Layer(label, _merge([self.layers[at], layer]))
            self._replace([*self.layers[:at], both, *self.layers[at + 1 :]])

    def _replace(self, layers: list[Layer]) -> None:
        merged = _merge(layers)
        sections = {section: merged.get(section, {}) for section in SECTIONS}
        try:
            check_plan(sections)
            for stopping in (False, True):
                lanes(sections["services"], list(sections["services"]), stopping)
        except LayerError as error:
            raise ApiError(400, str(error)) from error
        self.layers, self.sections = layers, sections

    def to_yaml(self) -> str:
        """The plan as text, without what is empty."""
        return write_yaml({section: entries for section, entries in self.sections.items() if entries})

    def lanes(self, names: list[str], stopping: bool = False) -> list[list[str]]:
        """Services to start or stop, ``names`` and those that go with them; raises ApiError.

        Lanes are independent of each other; inside one, services go in order.  Starting pulls in what is
        required, stopping what requires.
        """
        try:
            return lanes(self.services, names, stopping)
        except LayerError as error:
            raise ApiError(400, str(error)) from error


def _parse(label: str, text: str) -> dict[str, Any]:
    try:
        return convert_layer(label, read_yaml(text))
    except (YamlError, LayerError) as error:
        raise ApiError(400, f'cannot parse layer "{label}": {error}') from error


def _merge(layers: list[Layer]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        for section, entries in layer.content.items():
            if section not in SECTIONS:
                merged[section] = entries
                continue
            known = merged.setdefault(section, {})
            for name, entry in entries.items():
                replaces = entry["override"] == "replace" or name not in known
                known[name] = entry if replaces else _merge_entry(known[name], entry)
    return merged


def _merge_entry(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict):
            merged[key] = _merge_entry(below.get(key) or {}, value)
        elif key in _APPENDED:
            merged[key] = [*(below.get(key) or []), *value]
        else:
            merged[key] = value
    return merged


def lanes(services: dict[str, Any], names: list[str], stopping: bool) -> list[list[str]]:
    """See Plan.lanes.  Raises LayerError."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in services:
            raise LayerError(f'service "{name}" does not exist')
        if stopping:
            more = [other for other, config in services.items() if name in config.get("requires", ())]
        else:
            more = services[name].get("requires", [])
        wanted.extend(other for other in more if other not in wanted)
    wanted.sort()
    earlier: dict[str, list[str]] = {name: [] for name in wanted}
    for name in wanted:
        earlier[name] += [other for other in services[name].get("after", ()) if other in earlier]
        for other in services[name].get("before", ()):
            if other in earlier:
                earlier[other].append(name)
    ordered: list[str] = []
    for name in wanted:
        _visit(name, earlier, ordered, [])
    if stopping:
        ordered.reverse()
    return _split(ordered, earlier, services)


def _visit(name: str, earlier: dict[str, list[str]], ordered: list[str], path: list[str]) -> None:
    if name in path:
        raise LayerError("services in before/after loop: " + ", ".join(sorted(path[path.index(name) :])))
    if name not in ordered:
        for other in earlier[name]:
            _visit(other, earlier, ordered, [*path, name])
        ordered.append(name)


def _split(ordered: list[str], earlier: dict[str, list[str]], services: dict[str, Any]) -> list[list[str]]:
    """Services that have to do with each other stay in one lane."""
    parts: list[list[str]] = []
    for name in ordered:
        related = {name, *earlier[name], *services[name].get("requires", ())}
        related |= {
            other
            for other in ordered
            if name in earlier[other] or name in services[other].get("requires", ())
        }
        touched = [part for part in parts if related & set(part)]
        parts = [part for part in parts if part not in touched]
        parts.append([*(member for part in touched for member in part), name])
    return [[name for name in ordered if name in part] for part in parts]
