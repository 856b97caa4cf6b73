"""nova-compute, which does not lose time while the conductor starts beside it.

Nova asks for the conductor with a patience of ten seconds (nova/conductor/api.py, ``wait_until_ready``), and
a question from before the conductor listens is lost.
"""

import sys
from functools import partialmethod

SECONDS, ATTEMPTS = 2, 60


def main() -> None:
    """Where Nova is installed."""
    from nova.cmd import compute  # type: ignore[import-not-found]
    from nova.conductor.api import API  # type: ignore[import-not-found]

    patient = partialmethod(API.wait_until_ready, early_timeout=SECONDS, early_attempts=ATTEMPTS)
    API.wait_until_ready = patient
    sys.argv[0] = "nova-compute"
    compute.main()


if __name__ == "__main__":
    main()
