"""Password hashes: scrypt with a salt of its own each, checked once per process and password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

_N, _R, _P = 2**14, 8, 1
_PROCESS_KEY = os.urandom(32)
_verified: dict[str, bytes] = {}


def hash_password(password: str, keep: str = "") -> str:
    """``scrypt$N$R$P$SALT$HASH``; the hash ``keep`` is returned unchanged if it is one of ``password``."""
    if keep and verify_password(password, keep):
        return keep
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def verify_password(password: str, stored: str) -> bool:
    """Whether ``password`` is the one ``stored`` was made from.

    A right password is remembered as a keyed digest of this process only: clients open many connections,
    and scrypt is slow by design.
    """
    quick = hashlib.blake2b(password.encode(), key=_PROCESS_KEY).digest()
    if stored in _verified and hmac.compare_digest(_verified[stored], quick):
        return True
    try:
        scheme, n, r, p, salt, digest = stored.split("$")
    except ValueError:
        return False
    if scheme != "scrypt":
        return False
    actual = hashlib.scrypt(password.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p))
    if not hmac.compare_digest(actual, base64.b64decode(digest)):
        return False
    _verified[stored] = quick
    return True
