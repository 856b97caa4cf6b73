"""A stopped cloud has given its interface back."""

from __future__ import annotations

from pathlib import Path

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.preview import preview
from sunbeam.core.task import Context
from sunbeam.substrates.embedded.assembly import host_changes
from sunbeam.substrates.embedded.host_changes import TakenInterface
from sunbeam.tasks.removal import ReleaseInterface, stop
from tests.unit.core.bench import Workbench


async def test_the_interface_is_given_back_after_the_machines_are_stopped(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    task = next(each for each in stop().tasks if isinstance(each, ReleaseInterface))
    assert task.needs == ("stop-containers",)
    assert await task.is_done(context)
    host_changes(bench.paths).note_interface(TakenInterface("eth1", True, ("192.0.2.7/24",)))
    assert not await task.is_done(context)
    dry = Workbench(tmp_path, dry_run=True)
    seen = await preview(dry.engine, stop(), dry.journal)
    assert [touch.name for each in seen.tasks for touch in each.foresight.touches] == ["eth1"]
    said: list[str] = []
    bench.processes.expect("ip", "link", "show", "dev", "eth1")

    def answer(argv: tuple[str, ...], text: str | None) -> str:
        said.append(text or "")
        return ""

    bench.processes.expect("ip", "-batch", "-", answer=answer)
    await task.act(context)
    assert said == ["link set dev eth1 nomaster up\naddress replace 192.0.2.7/24 dev eth1\n"]
    assert await task.is_done(context)


def test_the_manifest_decides_how_the_external_network_is_made() -> None:
    external = {
        "interface": "eth1",
        "range": "192.0.2.0/24",
        "gateway": "192.0.2.254",
        "lose_addresses": True,
    }
    network = {"address": "198.51.100.1", "external": external}
    plan = NodeSettings.of(Manifest.model_validate({"network": network})).network
    assert (plan.uplink, plan.lose_addresses, str(plan.external_router)) == ("eth1", True, "192.0.2.254")
    alone = NodeSettings.of(Manifest.model_validate({"network": {"address": "198.51.100.1"}})).network
    assert (alone.uplink, str(alone.external_router)) == ("", "172.24.4.1")
