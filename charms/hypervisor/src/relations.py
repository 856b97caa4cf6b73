"""The one relation read in a way of its own: the key of the certificate stays a file of the machine."""

import json

from sunbeam_charm.relations.base import Requirer

USER = "nova-hypervisor"


class MachineCertificate(Requirer[tuple[str, str]]):
    """Asks for a certificate for the signing request ``request``; reads it and its authority.  All is PEM."""

    request = ""

    def ask(self) -> None:
        if self.relation is not None and self.request:
            wanted = [{"certificate_signing_request": self.request.strip(), "ca": False}]
            self.relation.data[self.charm.unit]["certificate_signing_requests"] = json.dumps(wanted)

    def read(self) -> tuple[str, str] | None:
        for issued in json.loads(self._answer().get("certificates") or "[]"):
            same = issued["certificate_signing_request"].strip() == self.request.strip()
            if same and not issued.get("revoked"):
                return issued["certificate"].strip() + "\n", issued["ca"].strip() + "\n"
        return None
