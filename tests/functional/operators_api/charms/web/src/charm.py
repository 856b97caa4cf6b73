import ops


class WebCharm(ops.CharmBase):
    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on.web_pebble_ready, self._ready)

    def _ready(self, _: ops.PebbleReadyEvent) -> None:
        self.unit.set_ports(8080)
        self.unit.status = ops.ActiveStatus("serving")


if __name__ == "__main__":
    ops.main(WebCharm)
