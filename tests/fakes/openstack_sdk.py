"""A cloud behind the calls of openstacksdk's ``Connection`` that first projects are made with.

Objects are kept by kind with the arguments they were created with; what the real SDK refuses (an unknown
method, an object that is not there but must be) is refused here too.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Resource(SimpleNamespace):
    """As in the SDK, attributes are items too."""

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)


class Cloud:
    """``objects`` by kind in order of creation; users' ``passwords`` by name, ``quotas`` by project id."""

    def __init__(self) -> None:
        self.objects: dict[str, list[SimpleNamespace]] = {"role": [SimpleNamespace(id="r-1", name="member")]}
        self.roles: set[tuple[str, str, str]] = set()
        self.quotas: dict[str, dict[str, int]] = {}
        self.passwords: dict[str, str] = {}
        self._number = 0

    def add(self, kind: str, **attributes: Any) -> SimpleNamespace:
        self._number += 1
        made = Resource(**{"id": f"{kind}-{self._number}", "name": "", **attributes})
        self.objects.setdefault(kind, []).append(made)
        if kind == "project":
            self.add("security_group", name="default", project_id=made.id)
        return made

    def connect(self, auth: dict[str, str], **rest: Any) -> Connection:
        """What ``openstack.connection.Connection`` is replaced by."""
        return Connection(self, auth)


class Connection:
    def __init__(self, cloud: Cloud, auth: dict[str, str]) -> None:
        self._cloud, self._auth = cloud, auth
        self.compute = self.identity = self.image = self.network = Api(cloud, self)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *error: object) -> None: ...

    def close(self) -> None: ...

    def authorize(self) -> None:
        from openstack.exceptions import SDKException

        if self._cloud.passwords.get(self._auth["username"]) != self._auth["password"]:
            raise SDKException("401")

    @property
    def current_project(self) -> SimpleNamespace:
        name = self._auth["project_name"]
        return next(each for each in self._cloud.objects["project"] if each.name == name)

    @property
    def current_project_id(self) -> str:
        return str(self.current_project.id)

    def create_image(self, name: str, *, filename: str, **attributes: Any) -> SimpleNamespace:
        return self._cloud.add("image", name=name, status="active", **attributes)


class Api:
    """Any service: ``find_KIND``, ``create_KIND``, ``delete_KIND``, ``KINDs`` and a few calls beside."""

    def __init__(self, cloud: Cloud, connection: Connection) -> None:
        self._cloud, self._connection = cloud, connection

    def create_user(self, *, name: str, password: str, **attributes: Any) -> SimpleNamespace:
        self._cloud.passwords[name] = password
        return self._cloud.add("user", name=name, **attributes)

    def update_user(self, user: SimpleNamespace, *, password: str) -> None:
        self._cloud.passwords[user.name] = password

    def validate_user_has_project_role(self, project: Any, user: Any, role: Any) -> bool:
        return (project.id, user.id, role.id) in self._cloud.roles

    def assign_project_role_to_user(self, project: Any, user: Any, role: Any) -> None:
        self._cloud.roles.add((project.id, user.id, role.id))

    def get_quota_set(self, project: SimpleNamespace) -> dict[str, int]:
        return self._cloud.quotas.get(project.id, {"instances": 10, "cores": 20, "ram": 51200})

    def update_quota_set(self, project: SimpleNamespace, *, force: bool, **limits: int) -> None:
        self._cloud.quotas[project.id] = limits

    def add_interface_to_router(self, router: Any, subnet_id: str) -> None:
        owner = "network:router_interface"
        self._cloud.add("port", device_id=router.id, device_owner=owner, fixed_ips=[{"subnet_id": subnet_id}])

    def remove_interface_from_router(self, router: Any, subnet_id: str) -> None:
        ports = self._cloud.objects["port"]
        ports.remove(next(each for each in ports if each.device_id == router.id))

    def update_subnet(self, subnet: SimpleNamespace, **attributes: Any) -> None:
        vars(subnet).update(attributes)

    def delete_server(self, server: SimpleNamespace) -> None:
        """Nova lists it as DELETED until its host has let go of it: here for a few more looks."""
        server.status, server.looks_left = "DELETED", 3

    def find_server(self, name: str) -> SimpleNamespace | None:
        found: SimpleNamespace | None = self._find("server", name, True, {})
        if found is not None and found.status == "DELETED":
            found.looks_left -= 1
            if not found.looks_left:
                self._cloud.objects["server"].remove(found)
        return found

    def __getattr__(self, method: str) -> Any:
        verb, _, kind = method.partition("_")
        if verb == "create":
            return lambda **attributes: self._create(kind, attributes)
        if verb == "find":
            return lambda name, ignore_missing=True, **query: self._find(kind, name, ignore_missing, query)
        if verb == "delete":
            return lambda each: self._cloud.objects[kind].remove(each)
        if method.endswith("s"):
            return lambda **query: iter(self._cloud.objects.get(method.removesuffix("s"), []))
        raise AttributeError(method)

    def _create(self, kind: str, attributes: dict[str, Any]) -> SimpleNamespace:
        owned = kind in ("network", "router") and {"project_id": self._connection.current_project_id}
        defaults: dict[str, Any] = {
            "dns_nameservers": [],
            "allocation_pools": [],
            "port_range_min": None,
            "remote_group_id": None,
            "status": "ACTIVE",
        }
        return self._cloud.add(kind, **{**defaults, **(owned or {}), **attributes})

    def _find(self, kind: str, name: str, ignore_missing: bool, query: dict[str, Any]) -> Any:
        from openstack.exceptions import NotFoundException

        def fits(each: SimpleNamespace) -> bool:
            return all(getattr(each, key, value) == value for key, value in query.items())

        found = next(
            (each for each in self._cloud.objects.get(kind, []) if each.name == name and fits(each)), None
        )
        if found is None and not ignore_missing:
            raise NotFoundException(f"No {kind} found for {name}")
        return found
