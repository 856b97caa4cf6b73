"""Relations of scenario tests: numbers below 100 are for tests that name one, so that none is there twice."""

from __future__ import annotations

from ops import testing

while testing.Relation("unused").id < 100:
    pass
