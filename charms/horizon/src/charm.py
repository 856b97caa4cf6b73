#!/usr/bin/env python3
"""The charm of Horizon.

Horizon writes absolute paths into pages and scripts, so it has to know the path people see.  The ingress
strips that path from requests; without an ingress there is none.
"""

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import ops
from sunbeam_charm import openstack
from sunbeam_charm.relations.base import owned_secret
from sunbeam_charm.relations.identity_credentials import IdentityCredentials
from sunbeam_charm.relations.ingress import Ingress
from sunbeam_charm.relations.memcache import Cache
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Workload, http_check

PORT = 8080
SETTINGS = "/etc/openstack-dashboard/local_settings.d/_99_sunbeam.py"
UWSGI = "/etc/openstack-dashboard/uwsgi.ini"
START = "/usr/local/lib/sunbeam/start-horizon.sh"
STATIC = "/var/lib/openstack-dashboard/static"
HOME = "/usr/share/openstack-dashboard"
USER = "www-data"
SECRET, SECRET_KEY = "django", "secret-key"


class HorizonCharm(ServiceCharm):
    container_name = "horizon"
    package = "openstack-dashboard"
    ports = (PORT,)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.identity = self.requires(IdentityCredentials(self, "identity-credentials"))
        self.cache = self.requires(Cache(self, "cache"))
        self.ingress = self.requires(Ingress(self, "ingress", PORT, self.host))
        framework.observe(self.on.get_dashboard_url_action, self._on_get_dashboard_url)

    @property
    def url(self) -> str:
        """What people open, without a final slash."""
        return self.ingress.read() or f"http://{self.host}:{PORT}"

    @property
    def path(self) -> str:
        """The path of ``url``: nothing, or one that begins with a slash and does not end with one."""
        return urlsplit(self.url).path

    def workload(self) -> Workload:
        secret = self._secret()
        if secret is None:
            return Workload()
        start = self._file(START, self.render("start-horizon.sh.j2", home=HOME, uwsgi=UWSGI), mode=0o755)
        return Workload(
            files=(self._settings(secret.peek_content()[SECRET_KEY]), self._uwsgi(), start),
            services=(Service("horizon", START, user=USER, group=USER),),
            checks={"dashboard": http_check(PORT, "/auth/login/")},
        )

    def problems(self) -> Iterator[ops.StatusBase]:
        if self._secret() is None:
            yield ops.WaitingStatus("Waiting for the leader to make the key of sessions.")

    def _settings(self, secret_key: str) -> File:
        public = urlsplit(self.ingress.read() or "")
        content = self.render(
            "local_settings.py.j2",
            path=self.path,
            secret_key=secret_key,
            keystone_url=self.identity.value.auth_url,
            cache=self.cache.value,
            origin=f"{public.scheme}://{public.netloc}" if public.netloc else "",
        )
        return self._file(SETTINGS, content)

    def _uwsgi(self) -> File:
        content = openstack.uwsgi(
            "horizon", PORT, f"{HOME}/wsgi.py", home=HOME, static_map=f"/static={STATIC}"
        )
        return self._file(UWSGI, content)

    def _file(self, path: str, content: str, mode: int = 0o640) -> File:
        return File(path, content, group=USER, mode=mode)

    def _secret(self) -> ops.Secret | None:
        return owned_secret(self, SECRET, lambda: {SECRET_KEY: secrets.token_urlsafe(48)})

    def _on_get_dashboard_url(self, event: ops.ActionEvent) -> None:
        event.set_results({"url": f"{self.url}/"})


if __name__ == "__main__":
    ops.main(HorizonCharm)
