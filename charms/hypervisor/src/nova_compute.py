"""nova-compute, which does not lose time while the conductor starts beside it.

Nova asks for the conductor with a patience of ten seconds (nova/conductor/api.py, ``wait_until_ready``), and
a question from before the conductor listens is lost.
"""

import sys
from functools import partialmethod

from nova.cmd.compute import main  # type: ignore[import-not-found]
from nova.conductor.api import API  # type: ignore[import-not-found]

SECONDS, ATTEMPTS = 2, 60

API.wait_until_ready = partialmethod(API.wait_until_ready, early_timeout=SECONDS, early_attempts=ATTEMPTS)
sys.argv[0] = "nova-compute"
sys.exit(main())
