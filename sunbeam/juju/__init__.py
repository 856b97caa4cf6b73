"""The Juju client of Sunbeam: the only package that imports python-libjuju.

``Controller`` opens connections; the other modules are thin typed functions over facade calls, taking a
``Model``.  libjuju provides transport, login and facade negotiation; its object layer is not used, because
it polls (half a second per relation), keeps every delta for ever and has waits that end too early.
"""

from sunbeam.juju.fromisoformat import stand_in

stand_in()
