#!/usr/bin/env python3
"""haproxy: the one public address of the cloud, with a path for each integrated application."""

from dataclasses import replace

import ops
from sunbeam_charm.relations import ingress
from sunbeam_charm.relations.tls_certificates import Certificates
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Workload, content, digest, push, run, tcp_check

HTTP_PORT = 80
HTTPS_PORT = 443
CONFIG = "/etc/haproxy/haproxy.cfg"
CANDIDATE = "/etc/haproxy/candidate.cfg"
TLS = "/etc/haproxy/tls"


class IngressCharm(ServiceCharm):
    container_name = "haproxy"
    package = "haproxy"
    ports = (HTTP_PORT, HTTPS_PORT)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        names = (self.external_host, self.address, self.host) if self.address else ()
        self.certificates = self.requires(Certificates(self, "certificates", names))
        framework.observe(self.on.show_proxied_endpoints_action, self._on_show_proxied_endpoints)

    @property
    def external_host(self) -> str:
        return str(self.config["external-hostname"]) or self.address

    def prepare(self) -> None:
        """Try a new configuration before it replaces the one that runs; reload without losing connections.

        The certificate's file is named after its content, so a new certificate is a new configuration too.
        """
        config, certificate = self._files()
        if content(self.container, CONFIG) == config.content:
            return
        push(self.container, (replace(config, path=CANDIDATE), certificate))
        run(self.container, "haproxy", "-c", "-q", "-f", CANDIDATE)
        push(self.container, (config,))
        if any(service.is_running() for service in self.container.get_services("haproxy").values()):
            self.container.send_signal("SIGUSR2", "haproxy")
        for file in self.container.list_files(TLS):
            if file.path != certificate.path:
                self.container.remove_path(file.path)

    def workload(self) -> Workload:
        # The master process keeps root to open ports again at a reload; workers run as haproxy.
        proxy = Service("haproxy", f"haproxy -W -db -f {CONFIG}", files=())
        return Workload(self._files(), (proxy,), {"alive": tcp_check(HTTPS_PORT)})

    def publish(self) -> None:
        """URLs do not wait for the proxy: applications put the right ones into the catalogue at once."""
        if not self.unit.is_leader() or not self.external_host:
            return
        for backend in ingress.backends(self, "ingress"):
            ingress.answer(self, backend, self._url(backend))

    def _url(self, backend: ingress.Backend) -> str:
        return f"https://{self.external_host}{backend.prefix}"

    def _files(self) -> tuple[File, File]:
        tls = self.certificates.value
        pem = tls.certificate + tls.private_key
        certificate = File(f"{TLS}/{digest(pem)}.pem", pem, mode=0o600)
        backends = sorted(ingress.backends(self, "ingress"), key=lambda backend: backend.prefix)
        config = self.render(
            "haproxy.cfg.j2",
            backends=[backend for backend in backends if backend.hosts],
            certificate=certificate.path,
            http_port=HTTP_PORT,
            https_port=HTTPS_PORT,
        )
        return File(CONFIG, config, mode=0o644), certificate

    def _on_show_proxied_endpoints(self, event: ops.ActionEvent) -> None:
        lines = [
            f"{self._url(backend)} -> {', '.join(f'{host}:{backend.port}' for host in backend.hosts)}"
            for backend in ingress.backends(self, "ingress")
        ]
        event.set_results({"proxied-endpoints": "\n".join(sorted(lines))})


if __name__ == "__main__":
    ops.main(IngressCharm)
