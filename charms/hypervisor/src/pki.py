"""The key of this chassis, which never leaves the machine, and its certificate signing request."""

from pathlib import Path

import openvswitch
from files import File, write
from process import Run

REQUEST = "/var/lib/openvswitch/pki/request.pem"


def signing_request(run: Run, root: Path, name: str) -> str:
    """The PEM request for ``name``, made anew only with a new key or for another name."""
    key = root / openvswitch.KEY.lstrip("/")
    key.parent.mkdir(parents=True, exist_ok=True)
    request = root / f"{REQUEST.lstrip('/')}.{name}"
    if not key.exists():
        made = run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        write(run, root, File(openvswitch.KEY, made, mode=0o600))
        request.unlink(missing_ok=True)
    if not request.exists():
        subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
        made = run(["openssl", "req", "-new", "-key", openvswitch.KEY, *subject])
        write(run, root, File(f"{REQUEST}.{name}", made, mode=0o644))
    return request.read_text()
