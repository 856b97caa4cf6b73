#!/usr/bin/env python3
"""RabbitMQ: one node, an account for each integrated application."""

import json
import secrets
import socket
from collections import defaultdict

import ops
from definitions import User, document
from sunbeam_charm.relations import rabbitmq
from sunbeam_charm.relations.base import owned_secret, remove_owned_secret
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Workload, digest, own_folder, run, tcp_check, wait_until

PORT = rabbitmq.PORT
USER = "rabbitmq"
HOME = "/var/lib/rabbitmq"
BIN = "/usr/lib/rabbitmq/bin"
CONFIG = "/etc/rabbitmq/rabbitmq.conf"
DEFINITIONS = "/etc/rabbitmq/definitions.json"
OPERATOR = "operator"
# The data folder is named after the node: a name without the pod's own survives every move.
ENVIRONMENT = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "RABBITMQ_NODENAME": "rabbit@localhost",
    "ERL_EPMD_ADDRESS": "127.0.0.1",
}


class RabbitmqCharm(ServiceCharm):
    container_name = "rabbitmq"
    package = "rabbitmq-server"
    ports = (PORT,)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._starts = False
        framework.observe(self.on.get_operator_info_action, self._on_get_operator_info)
        framework.observe(self.on.list_queues_action, self._on_list_queues)

    def prepare(self) -> None:
        own_folder(self.container, HOME, USER)
        services = self.container.get_services("rabbitmq")
        self._starts = not any(service.is_running() for service in services.values())

    def workload(self) -> Workload:
        config = File(CONFIG, self.render("rabbitmq.conf.j2", port=PORT, definitions=DEFINITIONS), group=USER)
        definitions = File(DEFINITIONS, document(self._users()), group=USER)
        schedulers = self.config["schedulers"]
        # Schedulers that spin while they wait cost more than all the messages of a small cloud.
        erlang = (
            f"+S {schedulers}:{schedulers} +sbwt none +sbwtdcpu none +sbwtdio none "
            "-kernel inet_dist_use_interface {127,0,0,1}"
        )
        environment = {**ENVIRONMENT, "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang}
        server = Service("rabbitmq", f"{BIN}/rabbitmq-server", USER, USER, environment, files=(CONFIG,))
        return Workload((config, definitions), (server,), {"alive": tcp_check(PORT)})

    def publish(self) -> None:
        if not self.settled:
            return
        rabbitmq.announce_address(self, "amqp", self.address)
        if self.unit.is_leader() and self.peers is not None:
            self._apply_users()
            for request in rabbitmq.requests(self, "amqp"):
                rabbitmq.answer(self, request, self.host, self._account(request.username))

    # Accounts.

    def _users(self) -> list[User]:
        vhosts: dict[str, set[str]] = defaultdict(set)
        for request in rabbitmq.requests(self, "amqp"):
            vhosts[request.username].add(request.vhost)
        every_vhost = {rabbitmq.DEFAULT_VHOST}.union(*vhosts.values())
        users = [User(name, self._password(name), tuple(sorted(names))) for name, names in vhosts.items()]
        operator = User(OPERATOR, self._password(OPERATOR), tuple(sorted(every_vhost)), operator=True)
        return [*users, operator]

    def _account(self, username: str) -> ops.Secret:
        secret = owned_secret(
            self, f"user-{username}", lambda: {"username": username, "password": secrets.token_hex(24)}
        )
        assert secret is not None, "only the leader makes accounts"
        return secret

    def _password(self, username: str) -> str:
        return self._account(username).peek_content()["password"]

    def _apply_users(self) -> None:
        """A broker that was started in this hook has read its definitions; a running one imports them."""
        assert self.peers is not None
        users = self._users()
        applied = json.loads(self.peers.data[self.app].get("applied", "{}"))
        wanted = {"definitions": digest(document(users)), "users": sorted(user.name for user in users)}
        if applied == wanted:
            return
        wait_until(self._listens, f"RabbitMQ listens on {self.address}:{PORT}", timeout=1800)
        if not self._starts:
            self._rabbitmqctl("import_definitions", DEFINITIONS)
        for name in set(applied.get("users", [])) - set(wanted["users"]):
            self._rabbitmqctl("delete_user", name)
            remove_owned_secret(self, f"user-{name}")
        self.peers.data[self.app]["applied"] = json.dumps(wanted)

    def _listens(self) -> bool:
        try:
            with socket.create_connection((self.address, PORT), timeout=2):
                return True
        except OSError:
            return False

    def _rabbitmqctl(self, *arguments: str) -> str:
        return run(self.container, f"{BIN}/rabbitmqctl", "-q", *arguments, user=USER, environment=ENVIRONMENT)

    # Actions.

    def _on_get_operator_info(self, event: ops.ActionEvent) -> None:
        if self.unit.is_leader():
            event.set_results({"username": OPERATOR, "password": self._password(OPERATOR), "host": self.host})
        else:
            event.fail("Only the leader knows the accounts: run this action on it.")

    def _on_list_queues(self, event: ops.ActionEvent) -> None:
        columns = ("name", "messages", "consumers")
        vhost = str(event.params["vhost"])
        listing = self._rabbitmqctl("list_queues", "-p", vhost, "--formatter", "json", *columns)
        event.set_results({"queues": json.dumps(json.loads(listing), indent=1)})


if __name__ == "__main__":
    ops.main(RabbitmqCharm)
