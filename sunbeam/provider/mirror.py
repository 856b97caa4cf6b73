"""A filesystem mirror with a launcher of this provider, for plain ``tofu`` and ``terraform``.

The launcher's bytes do not depend on the machine: core keeps their hash in ``.terraform.lock.hcl``, and a
launcher that changed at the same version would be refused.  The interpreter is named by SUNBEAM_PYTHON.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

VERSION = "2.2.1"
HOSTS = ("registry.opentofu.org", "registry.terraform.io")
LAUNCHER = """#!/bin/sh
exec "${SUNBEAM_PYTHON:-python3}" -m sunbeam.provider.serving
"""


def write_mirror(folder: Path) -> dict[str, str]:
    """Write mirror and CLI configuration below ``folder``; returns the environment that leads core there."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for host in HOSTS:
        place = folder / "mirror" / host / "juju" / "juju" / VERSION / f"linux_{machine}"
        place.mkdir(parents=True, exist_ok=True)
        launcher = place / f"terraform-provider-juju_v{VERSION}"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
    configuration = folder / "cli.tfrc"
    configuration.write_text(
        "disable_checkpoint = true\n"
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n'
    )
    return {"TF_CLI_CONFIG_FILE": str(configuration), "SUNBEAM_PYTHON": sys.executable}
