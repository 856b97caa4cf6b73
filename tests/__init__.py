"""Tests may import libjuju directly once our client is there to complete it."""

import sunbeam.juju  # noqa: F401
