from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sunbeam.core.manifest.answer_file import answer_file, save
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.text import HEADER

MINE = """\
name: North
network: {dns: [192.0.2.1]}
nodes: [{name: one, roles: [control]}]
demo: {flavors: {m1.small: , big.one: {ram: 1, vcpus: 1, disk: 1}}}
software: {charms: {mariadb: {config: {durable: }}}}
"""


@pytest.mark.parametrize("plan", ["laptop", "edge", "datacenter"])
@pytest.mark.parametrize("text", ["", MINE])
def test_a_saved_file_makes_the_same_cloud(tmp_path: Path, plan: str, text: str) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    made = effective(
        [Path(plan), mine], {"network.pods": "10.3.0.0/24"}, detected={"network.address": "192.0.2.7"}
    )
    saved = tmp_path / "cloud.yaml"
    save(made, saved)
    assert saved.read_text().startswith(HEADER)
    assert effective([saved], detected={"network.address": "192.0.2.8"}).manifest == made.manifest


def test_what_has_its_default_anyway_is_left_out() -> None:
    made = effective([Path("laptop")], {"region": "RegionOne"}, detected={"network.external.mtu": 1400})
    assert answer_file(made) == {
        "schema": 1,
        "region": "RegionOne",
        "network": {"external": {"mtu": 1400}},
    }
    edge = answer_file(effective([Path("edge")]))
    plan = yaml.safe_load((Path(__file__).parents[3] / "plans/edge.yaml").read_text())
    assert edge["software"]["charms"]["mariadb"] == plan["software"]["charms"]["mariadb"]
