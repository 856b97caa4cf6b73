"""A small client of Keystone's API v3, for what registering services takes.  Every call is repeatable."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

TIMEOUT = 60.0
Resource = dict[str, Any]


class KeystoneError(Exception):
    """Keystone refused a request (with an HTTP ``status``), or did not answer (0)."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class KeystoneClient:
    """``url`` ends with ``/v3``.  The first request but ``alive`` needs ``authenticate``."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._token = ""
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def alive(self) -> bool:
        """Whether Keystone answers at all."""
        try:
            with self._opener.open(self.url, timeout=30):
                return True
        except OSError:
            return False

    def authenticate(self, username: str, password: str, project: str) -> None:
        domain = {"id": "default"}
        user = {"name": username, "domain": domain, "password": password}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": project, "domain": domain}},
            }
        }
        _, headers = self._request("POST", "/auth/tokens", body)
        self._token = headers["X-Subject-Token"]

    def find(self, kind: str, **query: str) -> Resource | None:
        """The first resource of ``kind`` ("users", "services" ...) that fits."""
        found = self.list(kind, **query)
        return found[0] if found else None

    def list(self, kind: str, **query: str) -> list[Resource]:
        path = f"/{kind}?{urllib.parse.urlencode(query)}" if query else f"/{kind}"
        resources: list[Resource] = self._request("GET", path)[0][kind]
        return resources

    def ensure(self, kind: str, identity: Mapping[str, str], **wanted: Any) -> Resource:
        """The resource that ``identity`` finds, made or changed so that it has ``wanted``.

        A password cannot be compared, so it is written whenever it is given.
        """
        found = self.find(kind, **identity)
        if found is None:
            return self.create(kind, {**identity, **wanted})
        changed = {key: value for key, value in wanted.items() if found.get(key) != value}
        if changed:
            self.update(kind, found["id"], changed)
        return found | changed

    def create(self, kind: str, content: Mapping[str, Any]) -> Resource:
        one = kind.removesuffix("s")
        created: Resource = self._request("POST", f"/{kind}", {one: content})[0][one]
        return created

    def update(self, kind: str, resource_id: str, changes: Mapping[str, Any]) -> None:
        self._request("PATCH", f"/{kind}/{resource_id}", {kind.removesuffix("s"): changes})

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        self._request("PUT", f"/projects/{project_id}/users/{user_id}/roles/{role_id}")

    def delete(self, kind: str, resource_id: str) -> None:
        """Nothing happens when it is already gone."""
        try:
            self._request("DELETE", f"/{kind}/{resource_id}")
        except KeystoneError as error:
            if error.status != 404:
                raise

    def _request(self, method: str, path: str, body: object = None) -> tuple[Any, Mapping[str, str]]:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "X-Auth-Token": self._token},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                text = response.read()
                return (json.loads(text) if text else None), response.headers
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")[:500]
            message = f"Keystone answered {error.code} to {method} {path.partition('?')[0]}: {reason}"
            raise KeystoneError(message, error.code) from error
        except OSError as error:
            raise KeystoneError(f"Keystone at {self.url} did not answer {method} {path}: {error}") from error
