"""The base of a charm whose service is an OpenStack API with a schema, an account and a catalogue entry."""

from typing import ClassVar

import ops

from .relations.identity_service import IdentityService, ServiceEndpoints
from .relations.ingress import Ingress
from .relations.memcache import Cache
from .relations.mysql_client import Database
from .service_charm import ServiceCharm


class ApiCharm(ServiceCharm):
    """Endpoints ``database``, ``identity-service``, ``cache`` and ``ingress``; one API on ``api_port``.

    ``service_path`` follows the address in the catalogue, such as ``/v2.1``.
    """

    api_port: ClassVar[int]
    service_type: ClassVar[str]
    service_description: ClassVar[str]
    service_path: ClassVar[str] = ""

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.database = self.requires(Database(self, "database", self.app.name.replace("-", "_")))
        region = str(self.config["region"])
        self.identity = self.requires(IdentityService(self, "identity-service", region))
        self.cache = self.requires(Cache(self, "cache"))
        self.ingress = self.requires(Ingress(self, "ingress", self.api_port, self.unit_host))

    @property
    def internal_url(self) -> str:
        return f"http://{self.host}:{self.api_port}{self.service_path}"

    @property
    def public_url(self) -> str:
        address = self.ingress.read()
        return f"{address}{self.service_path}" if address else self.internal_url

    def publish(self) -> None:
        """Register the service; what a subclass publishes besides comes after this."""
        endpoints = ServiceEndpoints(
            service_name=self.app.name,
            type=self.service_type,
            description=self.service_description,
            internal_url=self.internal_url,
            public_url=self.public_url,
            admin_url=self.internal_url,
        )
        self.identity.register(endpoints)
