#!/usr/bin/env python3
"""One MariaDB server; each integrated application gets a database and an account."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import ops
from accounts import Grant, drop_statement, grant_statements, valid_name
from sunbeam_charm.relations import mysql_client
from sunbeam_charm.relations.base import owned_secret, remove_owned_secret
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Workload, digest, run, wait_until

PORT = 3306
STORAGE = "/var/lib/mysql"
DATA = f"{STORAGE}/data"
BACKUPS = f"{STORAGE}/backups"
CONFIG = "/etc/mysql/mariadb.conf.d/90-sunbeam.cnf"

# The folder gets its name when it is complete, so that an interrupted run leaves nothing that looks finished.
INITIALISE = f"""
set -eu
rm -rf {DATA}.new
install -d -o mysql -g mysql {STORAGE} {DATA}.new
mariadb-install-db --user=mysql --datadir={DATA}.new --skip-test-db --skip-name-resolve \
  --auth-root-authentication-method=socket > /dev/null
sync
mv {DATA}.new {DATA}
"""
# The server's own database stays out: accounts are this charm's to make.
DUMP = """
set -euo pipefail
umask 077
mkdir -p "$(dirname "$1")"
databases=$(mariadb -BNe "SELECT schema_name FROM information_schema.schemata
  WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
mariadb-dump --single-transaction --routines --events --add-drop-database --databases $databases |
  gzip -1 > "$1.part"
mv "$1.part" "$1"
stat -c %s "$1"
"""
RESTORE = 'set -euo pipefail; gunzip -c "$1" | mariadb'


class MariadbCharm(ServiceCharm):
    container_name = "mariadb"
    package = "mariadb-server"
    ports = (PORT,)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on.backup_action, self._on_backup)
        framework.observe(self.on.restore_action, self._on_restore)

    def prepare(self) -> None:
        self.container.make_dir("/run/mysqld", user="mysql", group="mysql", make_parents=True)
        if not self.container.isdir(DATA):
            run(self.container, "bash", "-c", INITIALISE, timeout=3600)

    def workload(self) -> Workload:
        config = File(CONFIG, self.render("mariadb.cnf.j2", data=DATA, port=PORT), mode=0o644)
        server = Service("mariadb", "mariadbd", user="mysql", group="mysql")
        ready: ops.pebble.CheckDict = {
            "override": "replace",
            "level": "ready",
            "period": "30s",
            "timeout": "10s",
            "exec": {"command": "mariadb-admin ping --silent"},
        }
        return Workload((config,), (server,), {"ready": ready})

    def publish(self) -> None:
        if not self.unit.is_leader() or self.peers is None or not self.settled:
            return
        requests = {f"{one.database}_{one.relation.id}": one for one in self._requests()}
        if not requests and not self._applied():
            return
        accounts = {name: self._account(name) for name in requests}
        self._apply_grants(
            [
                Grant(name, requests[name].database, accounts[name].peek_content()["password"])
                for name in requests
            ]
        )
        for name, request in requests.items():
            mysql_client.answer(self, request, f"{self.host}:{PORT}", accounts[name], self.version)

    def problems(self) -> Iterator[ops.StatusBase]:
        for request in mysql_client.requests(self, "database"):
            if not valid_name(request.database):
                other = request.relation.app.name
                yield ops.BlockedStatus(f"{other} asks for a database whose name is not a plain word.")

    def _requests(self) -> Iterator[mysql_client.Request]:
        requests = mysql_client.requests(self, "database")
        return (request for request in requests if valid_name(request.database))

    def _account(self, username: str) -> ops.Secret:
        secret = owned_secret(
            self, username, lambda: {"username": username, "password": secrets.token_hex(24)}
        )
        assert secret is not None, "only the leader makes accounts"
        return secret

    def _applied(self) -> dict[str, str]:
        """Fingerprints of the accounts in the server, by name."""
        assert self.peers is not None
        applied: dict[str, str] = json.loads(self.peers.data[self.app].get("accounts", "{}"))
        return applied

    def _apply_grants(self, grants: list[Grant]) -> None:
        """Make the server's accounts those of ``grants``."""
        assert self.peers is not None
        applied = self._applied()
        statements = {grant.username: grant_statements(grant) for grant in grants}
        wanted = {name: digest(text) for name, text in statements.items()}
        gone = applied.keys() - wanted.keys()
        changed = [text for name, text in statements.items() if applied.get(name) != wanted[name]]
        if sql := "".join([*changed, *map(drop_statement, sorted(gone))]):
            self._wait_for_server()
            run(self.container, "mariadb", stdin=sql)
            self.peers.data[self.app]["accounts"] = json.dumps(wanted)
        for name in gone:
            remove_owned_secret(self, name)

    def _wait_for_server(self) -> None:
        def answers() -> bool:
            try:
                run(self.container, "mariadb-admin", "ping", "--silent", timeout=30)
            except ops.pebble.ExecError:
                return False
            return True

        wait_until(answers, "MariaDB takes connections", timeout=1800)

    def _on_backup(self, event: ops.ActionEvent) -> None:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = f"{BACKUPS}/{moment}.sql.gz"
        size = run(self.container, "bash", "-c", DUMP, "backup", path, timeout=3600)
        event.set_results({"path": path, "size": size.strip()})

    def _on_restore(self, event: ops.ActionEvent) -> None:
        path = str(event.params["path"])
        if not self.container.exists(path):
            event.fail(f"There is no file {path} in the container mariadb: run the action backup first.")
        else:
            run(self.container, "bash", "-c", RESTORE, "restore", path, timeout=3600)
            event.set_results({"restored": path})


if __name__ == "__main__":
    ops.main(MariadbCharm)
