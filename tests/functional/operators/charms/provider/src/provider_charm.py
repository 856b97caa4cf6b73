#!/usr/bin/env python3
import logging
import pathlib
import time

import ops

logger = logging.getLogger(__name__)


class Provider(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        for event in (self.on.config_changed, self.on.start, self.on.upgrade_charm):
            framework.observe(event, self._publish_all)
        framework.observe(self.on.db_relation_joined, self._publish_one)
        framework.observe(self.on.db_relation_changed, self._publish_one)
        framework.observe(self.on.cluster_relation_created, self._join_cluster)
        framework.observe(self.on.data_storage_attached, self._use_storage)
        framework.observe(self.on.echo_action, self._echo)
        framework.observe(self.on.boom_action, self._boom)
        framework.observe(self.on.sleep_action, self._sleep)
        framework.observe(self.on.rotate_action, self._rotate)
        framework.observe(self.on.collect_unit_status, self._status)

    def _publish_all(self, event: ops.EventBase) -> None:
        logger.info("greeting is %s", self.config["greeting"])
        self.unit.set_workload_version("1.2.3")
        for relation in self.model.relations["db"]:
            self._publish(relation)
        if self.config["fail"]:
            raise RuntimeError("boom")

    def _publish_one(self, event: ops.RelationEvent) -> None:
        self._publish(event.relation)

    def _publish(self, relation: ops.Relation) -> None:
        relation.data[self.unit]["greeting"] = str(self.config["greeting"])
        if self.unit.is_leader():
            try:
                secret = self.model.get_secret(label="password")
            except ops.SecretNotFoundError:
                secret = self.app.add_secret({"password": "first"}, label="password")
            secret.grant(relation)
            relation.data[self.app]["secret"] = secret.id or ""

    def _join_cluster(self, event: ops.RelationEvent) -> None:
        event.relation.data[self.unit]["name"] = self.unit.name
        if self.unit.is_leader():
            event.relation.data[self.app]["leader"] = self.unit.name

    def _use_storage(self, event: ops.StorageEvent) -> None:
        pathlib.Path(event.storage.location, "written").write_text(self.unit.name)

    def _echo(self, event: ops.ActionEvent) -> None:
        event.log("working")
        event.set_results({"text": event.params["text"], "nested": {"a": "1"}})

    def _boom(self, event: ops.ActionEvent) -> None:
        event.fail("nope")

    def _sleep(self, event: ops.ActionEvent) -> None:
        time.sleep(600)

    def _rotate(self, event: ops.ActionEvent) -> None:
        self.model.get_secret(label="password").set_content({"password": "second"})

    def _status(self, event: ops.CollectStatusEvent) -> None:
        cluster = self.model.get_relation("cluster")
        peers = len(cluster.units) if cluster else 0
        event.add_status(ops.ActiveStatus(f"{self.config['greeting']} with {peers} peers"))


if __name__ == "__main__":
    ops.main(Provider)
