"""Manifests as YAML text that editors complete."""

from __future__ import annotations

from typing import Any

import yaml

SCHEMA_URL = "https://sunbeam.example/manifest.schema.json"


def manifest_text(document: dict[str, Any]) -> str:
    """``document`` in the order of its keys."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
