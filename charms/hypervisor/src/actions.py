"""The actions of a compute node."""

import json
from typing import Any, Protocol

import ops
from process import ProcessError, Run
from sunbeam_charm.relations.identity_credentials import IdentityCredentials
from sunbeam_charm.relations.identity_service import Identity


class Node(Protocol):
    """What the actions need of the charm."""

    on: ops.CharmEvents
    framework: ops.Framework
    run: Run
    host_name: str

    @property
    def identity(self) -> IdentityCredentials: ...


class Actions(ops.Object):
    """Answers running-guests, disable, enable and list-nics."""

    def __init__(self, charm: Any) -> None:
        super().__init__(charm, "actions")
        self._node: Node = charm
        self.framework.observe(charm.on.running_guests_action, self._running_guests)
        self.framework.observe(charm.on.disable_action, self._disable)
        self.framework.observe(charm.on.enable_action, self._enable)
        self.framework.observe(charm.on.list_nics_action, self._list_nics)

    def _running_guests(self, event: ops.ActionEvent) -> None:
        try:
            listed = self._node.run(
                ["virsh", "--connect", "qemu:///system", "list", "--uuid", "--state-running"]
            )
        except ProcessError as error:
            event.fail(f"libvirt does not answer: {error}")
            return
        event.set_results({"result": json.dumps(listed.split())})

    def _disable(self, event: ops.ActionEvent) -> None:
        self._set_service(event, "--disable", "--disable-reason", event.params["reason"])

    def _enable(self, event: ops.ActionEvent) -> None:
        self._set_service(event, "--enable")

    def _set_service(self, event: ops.ActionEvent, *change: str) -> None:
        identity = self._node.identity.read()
        if identity is None:
            event.fail("identity-credentials is not complete: integrate hypervisor with keystone first")
            return
        command = ["openstack", "compute", "service", "set", *change, self._node.host_name, "nova-compute"]
        try:
            self._node.run(command, environment=_client_environment(identity))
        except ProcessError as error:
            event.fail(str(error))
            return
        event.set_results({"result": f"{self._node.host_name} {change[0].removeprefix('--')}d"})

    def _list_nics(self, event: ops.ActionEvent) -> None:
        links = json.loads(self._node.run(["ip", "-json", "-details", "address", "show"]))
        nics = [link for link in links if link["link_type"] == "ether" and "linkinfo" not in link]
        free = [link["ifname"] for link in nics if not _has_address(link) and "master" not in link]
        names = [link["ifname"] for link in nics]
        event.set_results({"result": json.dumps({"nics": names, "candidates": free})})


def _has_address(link: dict[str, Any]) -> bool:
    return any(address.get("scope") == "global" for address in link.get("addr_info", []))


def _client_environment(identity: Identity) -> dict[str, str]:
    return {
        "OS_AUTH_URL": identity.auth_url,
        "OS_USERNAME": identity.username,
        "OS_PASSWORD": identity.password,
        "OS_PROJECT_NAME": identity.project_name,
        "OS_USER_DOMAIN_NAME": identity.user_domain_name,
        "OS_PROJECT_DOMAIN_NAME": identity.project_domain_name,
        "OS_REGION_NAME": identity.region,
        "OS_INTERFACE": "internal",
        "OS_IDENTITY_API_VERSION": "3",
    }
