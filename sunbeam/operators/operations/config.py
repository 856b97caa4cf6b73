"""Application configuration: texts from clients become values of the charm's option types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from sunbeam.operators.entities import Application, Charm
from sunbeam.operators.operations.errors import BadRequest

TRUST = "trust"
_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0", ""}


def parse_settings(application: str, config: Mapping[str, Any], config_yaml: str) -> dict[str, Any]:
    """Merge a plain mapping with the ``{application: {...}}`` document that clients send as YAML."""
    try:
        document = yaml.safe_load(config_yaml) if config_yaml else None
    except yaml.YAMLError as error:
        raise BadRequest(f"the configuration is not valid YAML: {error}") from error
    if document is not None and not isinstance(document, dict):
        raise BadRequest("the configuration is not a YAML mapping")
    section = (document or {}).get(application) or {}
    if not isinstance(section, dict):
        raise BadRequest(f'the configuration of "{application}" is not a YAML mapping')
    return {**section, **config}


def apply_settings(application: Application, charm: Charm, settings: Mapping[str, Any]) -> None:
    """Write ``settings`` to the application; ``trust`` is its own field.  Raises BadRequest, all or none."""
    typed = {name: coerce(charm, name, value) for name, value in settings.items() if name != TRUST}
    if TRUST in settings:
        application.trust = _boolean(TRUST, settings[TRUST])
    for name, value in typed.items():
        application.config[name] = value


def drop_settings(application: Application, charm: Charm, names: list[str]) -> None:
    """Bring options back to their defaults."""
    for name in names:
        if name != TRUST and name not in charm.config:
            raise BadRequest(f'unknown option "{name}"')
    for name in names:
        application.config.pop(name, None)
        if name == TRUST:
            application.trust = False


def coerce(charm: Charm, name: str, value: Any) -> Any:
    """``value`` as the type the charm declares for ``name``.  Raises BadRequest with Juju's text."""
    if name not in charm.config:
        raise BadRequest(f'unknown option "{name}"')
    kind = charm.config[name].get("type", "string")
    match kind:
        case "boolean":
            return _boolean(name, value)
        case "int":
            return _number(name, value, int)
        case "float":
            return _number(name, value, float)
        case "secret" if str(value) and not str(value).startswith("secret:"):
            raise BadRequest(f'option "{name}" expected a secret URI ("secret:..."), got "{value}"')
    return str(value)


def _boolean(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise BadRequest(f'option "{name}" expected boolean, got "{value}"')


def _number(name: str, value: Any, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise BadRequest(f'option "{name}" expected {kind.__name__}, got "{value}"') from None
