import ops


class SourceCharm(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        for event in (
            self.on.config_changed,
            self.on["greeting"].relation_created,
            self.on.upgrade_charm,
            self.on.secret_changed,
        ):
            framework.observe(event, self._publish)
        framework.observe(self.on.say_action, self._say)
        framework.observe(self.on.fail_action, self._fail)

    def _publish(self, _: ops.EventBase) -> None:
        greeting = str(self.config["greeting"]) * int(self.config["count"])
        if greeting == "crash":
            raise RuntimeError("asked to crash")
        if self.config.get("password"):
            content = self.model.get_secret(id=str(self.config["password"])).get_content(refresh=True)
            greeting += f" {content['word']}"
        if self.unit.is_leader():
            for relation in self.model.relations["greeting"]:
                relation.data[self.app]["greeting"] = greeting.upper() if self.config["loud"] else greeting
        self.unit.set_workload_version("1.0")
        self.unit.status = ops.ActiveStatus(greeting)

    def _say(self, event: ops.ActionEvent) -> None:
        event.log("saying")
        event.set_results({"said": event.params["text"]})

    def _fail(self, event: ops.ActionEvent) -> None:
        event.fail("as asked")


if __name__ == "__main__":
    ops.main(SourceCharm)
