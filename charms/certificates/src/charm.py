#!/usr/bin/env python3
"""A certificate authority: its key is in a secret of the application, its answers in relation data."""

from datetime import timedelta

import ops
from sunbeam_charm.relations import certificate_transfer, tls_certificates
from sunbeam_charm.relations.base import owned_secret
from sunbeam_charm.service_charm import ServiceCharm

RENEW_AT = 1 / 3


class CertificatesCharm(ServiceCharm):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on.get_ca_certificate_action, self._on_get_ca_certificate)
        framework.observe(self.on.get_issued_certificates_action, self._on_get_issued_certificates)

    def publish(self) -> None:
        authority = self._authority()
        if not authority:
            return
        certificate_transfer.publish(self, "send-ca-cert", authority["certificate"])
        if self.unit.is_leader():
            for relation in tls_certificates.provided(self, "certificates"):
                self._sign(relation, authority)

    def _sign(self, relation: ops.Relation, authority: dict[str, str]) -> None:
        """Keep good certificates, sign new requests, forget withdrawn ones."""
        issued = {one.certificate_signing_request: one for one in tls_certificates.issued(self, relation)}
        answers = []
        for request in tls_certificates.requests(relation):
            kept = issued.get(request)
            answers.append(kept if kept and self._good(kept, authority) else self._issue(request, authority))
        if answers or issued:
            tls_certificates.answer(self, relation, answers)

    def _good(self, issued: tls_certificates.Issued, authority: dict[str, str]) -> bool:
        from sunbeam_charm.signing import remaining

        return (
            issued.ca == authority["certificate"]
            and remaining(issued.certificate) > self._validity * RENEW_AT
        )

    def _issue(self, request: str, authority: dict[str, str]) -> tls_certificates.Issued:
        from sunbeam_charm.signing import sign

        ca = authority["certificate"]
        certificate = sign(request, authority["private-key"], ca, self._validity)
        return tls_certificates.Issued(request, certificate, ca, (certificate, ca))

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=int(self.config["certificate-validity"]))

    def _authority(self) -> dict[str, str]:
        """The authority's key and certificate; empty on a unit that must wait for the leader to make them."""
        secret = owned_secret(self, "authority", self._make_authority)
        if secret is None:
            return {}
        authority = secret.peek_content()
        if authority["common-name"] != self.config["ca-common-name"] and self.unit.is_leader():
            authority = self._make_authority()
            secret.set_content(authority)
        return authority

    def _make_authority(self) -> dict[str, str]:
        from sunbeam_charm.signing import make_authority

        name = str(self.config["ca-common-name"])
        key, certificate = make_authority(name, timedelta(days=int(self.config["root-ca-validity"])))
        return {"private-key": key, "certificate": certificate, "common-name": name}

    def _on_get_ca_certificate(self, event: ops.ActionEvent) -> None:
        authority = self._authority()
        if authority:
            event.set_results({"ca-certificate": authority["certificate"]})
        else:
            event.fail("There is no authority yet: wait until the leader is active.")

    def _on_get_issued_certificates(self, event: ops.ActionEvent) -> None:
        from sunbeam_charm.signing import remaining

        if not self.unit.is_leader():
            event.fail("Only the leader knows what was issued: run this action on it.")
            return
        lines = [
            f"{relation.app.name}: {remaining(one.certificate).days} days left"
            for relation in tls_certificates.provided(self, "certificates")
            for one in tls_certificates.issued(self, relation)
        ]
        event.set_results({"count": len(lines), "certificates": "\n".join(lines)})


if __name__ == "__main__":
    ops.main(CertificatesCharm)
