from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.cli.status import as_data, show_tables
from sunbeam.cli.units import unit_rows
from sunbeam.cluster.health import Health, NodeHealth
from sunbeam.cluster.probes import ApiHealth, CloudHealth, Server
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.supervised import SupervisedServices
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.juju.status import parse_status
from tests.fakes.cloud import model

NODE = NodeHealth("one", "192.0.2.7", ("control",), {"etcd": "running", "sunbeamd": "running"})
NOVA = ApiHealth("compute", "https://192.0.2.7/openstack-nova/v2.1", 12)
FIRST = Server("first", "demo", "ACTIVE", ("192.168.55.4", "172.24.4.9"), "id-1")
WELL = Health(NODE, (model("openstack", nova=("active", "idle", "")),), CloudHealth((NOVA,), (FIRST,)))


def next_of(health: Health) -> str:
    return health.problems()[0].next_command


def test_a_cloud_that_is_up_has_no_problems() -> None:
    assert WELL.problems() == []


def test_a_hook_that_runs_is_no_problem() -> None:
    assert replace(WELL, models=(model("openstack", nova=("active", "executing", "")),)).problems() == []


def test_a_unit_in_error_leads_to_its_log() -> None:
    health = replace(WELL, models=(model("openstack", nova=("error", "error", "hook failed")),))
    assert [problem.what for problem in health.problems()] == ["nova/0: error: hook failed"]
    assert next_of(health) == "sunbeam debug log --unit nova/0"


def test_missing_units_are_a_problem() -> None:
    status = parse_status({"model": {"name": "openstack"}, "applications": {"nova": {"int": 2}}})
    assert [problem.what for problem in replace(WELL, models=(status,)).problems()] == ["nova: 0 of 2 units"]


def test_an_api_without_answer_leads_to_its_operators_log() -> None:
    health = replace(WELL, cloud=CloudHealth((replace(NOVA, problem="HTTP 503"),), None))
    assert [problem.what for problem in health.problems()] == ["compute: HTTP 503"]
    assert next_of(health) == "sunbeam debug log --unit nova"


def test_a_stopped_cloud_is_to_be_started() -> None:
    stopped = replace(NODE, services={"etcd": "stopped", "sunbeamd": "stopped"})
    assert next_of(Health(stopped, None, None)) == "sunbeam cluster start"


def test_a_change_that_was_cut_off_comes_first() -> None:
    health = Health(NODE, (), None, unfinished="sunbeam cluster bootstrap")
    assert {problem.next_command for problem in health.problems()} == {"sunbeam cluster bootstrap"}
    assert health.problems()[0].what == "A change is unfinished: sunbeam cluster bootstrap"


def test_a_change_under_way_explains_problems_and_is_none() -> None:
    launching = replace(WELL, change="sunbeam launch two")
    assert launching.problems() == []
    assert next_of(replace(launching, models=())) == "sunbeam changes"


def test_tables_end_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show_tables(WELL)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "one 192.0.2.7 control running running" in lines
    assert "nova/0* active idle 10.20.30.9" in lines
    assert "compute 12 ok https://192.0.2.7/openstack-nova/v2.1" in lines
    assert "first demo ACTIVE 192.168.55.4, 172.24.4.9" in lines
    assert lines[-1] == "All is well."


def test_many_problems_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    units = {f"app{number}": ("blocked", "idle", "no database") for number in range(10)}
    show_tables(replace(WELL, models=(model("openstack", **units),)))
    shown = capsys.readouterr().out
    assert "  app0/0: blocked: no database\n" in shown
    assert "  and 2 more\n" in shown
    assert shown.endswith("Next: sunbeam debug log --unit app0/0\n")


def test_what_is_not_known_is_none_in_data() -> None:
    data = as_data(Health(NODE, None, None))
    assert (data["models"], data["apis"], data["vms"], data["ok"]) == (None, None, None, False)


def test_units_are_shown_with_what_their_agent_does() -> None:
    raw = {
        "applications": {
            "glance": {"int": 1, "status": {"status": "waiting", "info": "no image yet"}},
            "nova": {
                "units": {
                    "nova/0": {
                        "workload-status": {"status": "waiting", "info": "for a database"},
                        "agent-status": {"status": "executing", "info": "running start hook"},
                    }
                }
            },
        }
    }
    rows = [tuple(row.values()) for row in unit_rows(parse_status(raw))]
    assert rows == [
        ("glance", "waiting", "", "", "no image yet"),
        ("nova/0", "waiting", "executing", "", "(running start hook) for a database"),
    ]


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_status_without_a_cloud_says_how_to_make_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cluster", "status") == 1
    assert "next: sunbeam cluster bootstrap" in capsys.readouterr().err


@pytest.fixture
def stopped(root: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A node where nothing runs."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("sunbeam.cluster.health.services_of", SupervisedServices)
    paths = Paths(root)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("one", "192.0.2.7").dump())
    return paths


def test_status_of_a_node_where_nothing_runs(stopped: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cluster", "status", "--format", "json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["nodes"][0]["services"] == {"etcd": "stopped", "sunbeamd": "stopped"}
    assert data["problems"][0]["next_command"] == "sunbeam cluster start"
    assert not stopped.certificates.exists()


@pytest.mark.parametrize(
    ("undoing", "command"), [(False, "sunbeam cluster bootstrap"), (True, "sunbeam resume 1")]
)
def test_what_was_cut_off_goes_on_the_way_it_went(
    stopped: Paths, capsys: pytest.CaptureFixture[str], undoing: bool, command: str
) -> None:
    with closing(Journal(stopped.journal)) as journal:
        number = journal.begin("cluster bootstrap", "Bootstrap the cloud", {}, [], "2026-11-21T12:00:00Z")
        if undoing:
            journal.undo(number)
    assert run("cluster", "status", "--format", "json") == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert (problems[0]["id"], problems[0]["next_command"]) == ("change-unfinished", command)
