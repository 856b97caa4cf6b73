"""RabbitMQ's definitions: who exists and what they may do, as one JSON document with salted hashes only.

The broker loads the file when it starts; a running one imports it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class User:
    """May do everything in its ``vhosts``; an ``operator`` may administer the broker."""

    name: str
    password: str = field(repr=False)
    vhosts: tuple[str, ...]
    operator: bool = False


def password_hash(name: str, password: str) -> str:
    """RabbitMQ's salted SHA-256.  The salt is derived, so that the same account gives the same document."""
    salt = hashlib.sha256(f"{name}\0{password}".encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def document(users: Iterable[User]) -> str:
    """Everything the broker should know, in a stable order."""
    ordered = sorted(users, key=lambda user: user.name)
    content = {
        "users": [_user(user) for user in ordered],
        "vhosts": [{"name": vhost} for vhost in sorted({vhost for user in ordered for vhost in user.vhosts})],
        "permissions": [
            {"user": user.name, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
            for user in ordered
            for vhost in user.vhosts
        ],
    }
    return json.dumps(content, indent=1)


def _user(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "password_hash": password_hash(user.name, user.password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"] if user.operator else [],
    }
