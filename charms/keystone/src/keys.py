"""Keystone's key repositories as contents of a secret: ``key-0`` is staged, the highest is the primary."""

import base64
import os

KEPT = 3


def new_key() -> str:
    """A Fernet key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def initial() -> dict[str, str]:
    return {"key-0": new_key(), "key-1": new_key()}


def rotated(keys: dict[str, str]) -> dict[str, str]:
    """The staged key becomes the primary, a new one is staged, the oldest go when more than KEPT are left."""
    numbers = sorted(int(name.removeprefix("key-")) for name in keys)
    primary = numbers[-1] + 1
    secondary = [number for number in numbers if number != 0][-(KEPT - 2) :]
    kept = {f"key-{number}": keys[f"key-{number}"] for number in secondary}
    return {"key-0": new_key(), **kept, f"key-{primary}": keys["key-0"]}


def files(keys: dict[str, str]) -> dict[str, str]:
    """File names and contents of the repository."""
    return {name.removeprefix("key-"): key for name, key in keys.items()}
