import os
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from ops import pebble

from tests.functional.pebble.harness import Manager, ended, wait_for

LOOP = """
services:
  a: {override: replace, command: x, after: [b]}
  b: {override: replace, command: x, after: [a]}
"""
BY_HAND = """# written by hand
services:
  a:
    override: replace
    command: sleep 100
    startup: enabled
"""


def current(client: pebble.Client, name: str) -> str:
    (service,) = client.get_services([name])
    return str(getattr(service.current, "value", service.current))


def service(command: str, **more: object) -> pebble.ServiceDict:
    return {"override": "replace", "command": command, "startup": "enabled", **more}  # type: ignore[typeddict-item]


def pid_of(client: pebble.Client, path: Path) -> int:
    wait_for(lambda: path.exists() and path.read_text().strip() != "")
    return int(path.read_text())


def test_layers_make_the_plan(manager: Manager, client: pebble.Client) -> None:
    layer = pebble.Layer(
        {
            "summary": "a layer",
            "services": {"a": service("sleep 100", environment={"KEY": "yes", "PORT": "0644"}, after=["b"])},
            "checks": {"up": {"override": "replace", "level": "alive", "tcp": {"port": 80}, "threshold": 2}},
        }
    )
    layer.services["b"] = pebble.Service("b", service("sleep 200", **{"backoff-factor": 1.5}))
    client.add_layer("test", layer)
    plan = client.get_plan()
    assert plan.services == layer.services
    assert plan.checks == layer.checks
    merge: pebble.LayerDict = {"services": {"a": {"override": "merge", "environment": {"MORE": "1"}}}}
    with pytest.raises(pebble.APIError, match="already exists"):
        client.add_layer("test", merge)
    client.add_layer("test", merge, combine=True)
    merged = client.get_plan().services["a"]
    assert merged.environment == {"KEY": "yes", "PORT": "0644", "MORE": "1"}
    assert merged.command == "sleep 100"


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("services: {a: {command: x}}", 'must define "override" for services? "a"'),
        ("services: {a: {override: replace}}", 'must define "command"'),
        ("services: {a: {override: replace, comand: x}}", 'unknown key "comand"'),
        (LOOP, "loop"),
        ("services: {a: {override: replace, command: x, backoff-delay: soon}}", "invalid duration"),
        ("checks: {a: {override: replace, level: alive}}", "must specify one of"),
        ("nonsense: 1", 'unknown section "nonsense"'),
        ("services: [", "line 1"),
    ],
)
def test_wrong_layers_are_refused_and_change_nothing(client: pebble.Client, layer: str, message: str) -> None:
    with pytest.raises(pebble.APIError, match=message) as caught:
        client.add_layer("wrong", layer)
    assert caught.value.code == 400
    assert client.get_plan().to_dict() == {}


def test_start_stop_restart(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    command = f"sh -c 'echo $$ > {tmp_path}/pid; echo started; exec sleep 100'"
    manager.add({"services": {"a": service(command)}})
    assert current(client, "a") == "inactive"
    began = time.monotonic()
    client.start_services(["a"])
    assert 0.9 < time.monotonic() - began < 6, "a start is okay after a second"
    assert current(client, "a") == "active"
    first = pid_of(client, tmp_path / "pid")
    client.start_services(["a"])
    assert pid_of(client, tmp_path / "pid") == first, "a running service is left alone"
    client.restart_services(["a"])
    assert pid_of(client, tmp_path / "pid") != first
    client.stop_services(["a"])
    assert current(client, "a") == "inactive"
    assert not Path(f"/proc/{first}").exists()
    assert "[a] started" in manager.said()
    with pytest.raises(pebble.APIError, match='service "nix" does not exist') as caught:
        client.start_services(["nix"])
    assert caught.value.code == 400


def test_independent_services_start_at_the_same_time(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {f"s{number}": service("sleep 100") for number in range(5)}})
    began = time.monotonic()
    client.autostart_services()
    assert time.monotonic() - began < 4.5
    assert all(info.is_running() for info in client.get_services())


def test_autostart_without_enabled_services_fails(client: pebble.Client) -> None:
    with pytest.raises(pebble.APIError) as caught:
        client.autostart_services()
    assert caught.value.body["result"]["kind"] == "no-default-services"


def test_order_and_requirements(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    def noting(name: str) -> str:
        trap = f'trap "echo stop {name} >> {tmp_path}/order; exit 0" TERM'
        return f"sh -c '{trap}; echo start {name} >> {tmp_path}/order; while :; do sleep 0.05; done'"

    manager.add(
        {
            "services": {
                "web": {"override": "replace", "command": noting("web"), "requires": ["db"], "after": ["db"]},
                "db": {"override": "replace", "command": noting("db"), "before": ["extra"]},
                "extra": {"override": "replace", "command": noting("extra")},
            }
        }
    )
    client.start_services(["web"])
    assert current(client, "extra") == "inactive"
    client.stop_services(["db"])
    assert (tmp_path / "order").read_text().split("\n")[:4] == [
        "start db",
        "start web",
        "stop web",
        "stop db",
    ]


def test_a_quick_exit_fails_the_start_and_backs_off(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {"a": service("sh -c 'echo bad luck; exit 3'", **{"backoff-delay": "10s"})}})
    with pytest.raises(pebble.ChangeError) as caught:
        client.start_services(["a"])
    assert "exited quickly with code 3, will restart" in caught.value.err
    assert any("bad luck" in line for line in caught.value.change.tasks[0].log)
    assert current(client, "a") == "backoff"
    client.stop_services(["a"])
    assert current(client, "a") == "inactive"


def test_a_missing_program_fails_the_start(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {"a": service("/no/such/program")}})
    with pytest.raises(pebble.ChangeError, match="/no/such/program"):
        client.start_services(["a"])
    assert current(client, "a") == "inactive"


def test_back_off_grows_up_to_its_limit(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    times = tmp_path / "times"
    manager.add(
        {
            "services": {
                "a": service(
                    f"sh -c 'date +%s.%N >> {times}; exit 1'",
                    **{"backoff-delay": "100ms", "backoff-factor": 3, "backoff-limit": "400ms"},
                )
            }
        }
    )
    with pytest.raises(pebble.ChangeError):
        client.start_services(["a"])
    wait_for(lambda: len(times.read_text().split()) >= 6)
    client.stop_services(["a"])
    stamps = [float(line) for line in times.read_text().split()]
    gaps = [later - earlier for earlier, later in pairwise(stamps)]
    assert 0.1 <= gaps[0] < 2.1
    assert 0.3 <= gaps[1] < 2.3
    assert all(0.4 <= gap < 2.4 for gap in gaps[2:]), "without the limit the last one would be 8.1"


@pytest.mark.parametrize(("code", "action", "status"), [(0, "ignore", "inactive"), (4, "ignore", "error")])
def test_exit_actions(manager: Manager, client: pebble.Client, code: int, action: str, status: str) -> None:
    command = f"sh -c 'sleep 1.1; exit {code}'"
    manager.add({"services": {"a": service(command, **{"on-success": action, "on-failure": action})}})
    client.start_services(["a"])
    wait_for(lambda: current(client, "a") == status)


@pytest.mark.parametrize(
    ("code", "action", "ends"), [(0, "shutdown", 0), (1, "shutdown", 10), (1, "success-shutdown", 0)]
)
def test_a_service_can_end_the_manager(manager: Manager, code: int, action: str, ends: int) -> None:
    command = f"sh -c 'sleep 1.1; exit {code}'"
    manager.add({"services": {"a": service(command, **{"on-success": action, "on-failure": action})}})
    manager.client.start_services(["a"])
    assert manager.process.wait(60) == ends


def test_a_stubborn_service_is_killed_with_its_children(
    manager: Manager, client: pebble.Client, tmp_path: Path
) -> None:
    script = tmp_path / "stubborn"
    script.write_text(
        f"trap '' TERM\n[ $1 ] || sh $0 child &\n[ $1 ] && echo $$ > {tmp_path}/pid\nsleep 100\n"
    )
    command = f"sh {script}"
    manager.add({"services": {"a": service(command, **{"kill-delay": "200ms"})}})
    client.start_services(["a"])
    grandchild = pid_of(client, tmp_path / "pid")
    began = time.monotonic()
    client.stop_services(["a"])
    assert 0.2 <= time.monotonic() - began < 6
    wait_for(lambda: ended(grandchild))


def test_replan_restarts_only_what_changed(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    def noting(name: str) -> str:
        return f"sh -c 'echo $$ > {tmp_path}/{name}; exec sleep 100'"

    manager.add({"services": {name: service(noting(name)) for name in ("a", "b", "c")}})
    client.replan_services()
    before = {name: pid_of(client, tmp_path / name) for name in ("a", "b", "c")}
    client.stop_services(["c"])
    (tmp_path / "c").unlink()
    manager.add({"services": {"b": {"override": "merge", "environment": {"NEW": "1"}}}})
    client.replan_services()
    after = {name: pid_of(client, tmp_path / name) for name in ("a", "b", "c")}
    assert after["a"] == before["a"]
    assert after["b"] != before["b"]
    assert after["c"] != before["c"], "an enabled service that was stopped is started"
    change = client.get_change(client.replan_services())
    assert (change.tasks, change.ready) == ([], True)


def test_replan_starts_at_once_what_backs_off(
    manager: Manager, client: pebble.Client, tmp_path: Path
) -> None:
    command = f"sh -c 'test -e {tmp_path}/well || exit 1; exec sleep 100'"
    manager.add({"services": {"a": service(command, **{"backoff-delay": "100s", "backoff-limit": "100s"})}})
    with pytest.raises(pebble.ChangeError):
        client.replan_services()
    assert current(client, "a") == "backoff"
    (tmp_path / "well").touch()
    client.replan_services()
    assert current(client, "a") == "active"


def test_user_folder_and_environment(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    out = tmp_path / "env"
    out.touch(mode=0o666)
    out.chmod(0o666)
    command = (
        f"sh -c 'id -un > {out}; id -Gn >> {out}; pwd >> {out}; echo $HOME $GREETING >> {out}; sleep 100'"
    )
    manager.add(
        {
            "services": {
                "a": service(
                    command, user="daemon", environment={"GREETING": "hi there"}, **{"working-dir": "/usr"}
                )
            }
        }
    )
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    client.start_services(["a"])
    assert out.read_text().splitlines() == ["daemon", "daemon", "/usr", "/usr/sbin hi there"]


def test_signals_reach_services(manager: Manager, client: pebble.Client, tmp_path: Path) -> None:
    command = f"sh -c 'trap \"echo got it > {tmp_path}/hup\" HUP; while :; do sleep 0.05; done'"
    manager.add({"services": {"a": service(command)}})
    with pytest.raises(pebble.APIError, match="not running"):
        client.send_signal(signal.SIGHUP, ["a"])
    client.start_services(["a"])
    client.send_signal("SIGHUP", ["a"])
    wait_for((tmp_path / "hup").exists)
    with pytest.raises(pebble.APIError, match="invalid signal"):
        client.send_signal("SIGNOTHING", ["a"])


def test_a_start_can_be_aborted(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {"a": service("sleep 100"), "b": service("sleep 100", after=["a"])}})
    change_id = client.start_services(["a", "b"], timeout=0)
    assert [change.id for change in client.get_changes(service="a")] == [change_id]
    client.abort_change(change_id)
    change = client.wait_change(change_id)
    assert change.err is not None and "aborted" in change.err
    assert {info.name: info.is_running() for info in client.get_services()} == {"a": False, "b": False}
    with pytest.raises(pebble.TimeoutError):
        client.wait_change(client.start_services(["a"], timeout=0), timeout=0.2)


def test_enabled_services_start_unless_held(start_manager: Callable[..., Manager], tmp_path: Path) -> None:
    layers = tmp_path / "pebble/layers"
    layers.mkdir(parents=True)
    (layers / "001-base.yaml").write_text(BY_HAND)
    (layers / "002-more.yaml").write_text("services:\n  a: {override: merge, environment: {A: 'b'}}\n")
    held = start_manager("--hold")
    assert current(held.client, "a") == "inactive"
    assert held.stop() == 0
    started = start_manager()
    wait_for(lambda: current(started.client, "a") == "active")
    assert started.client.get_plan().services["a"].environment == {"A": "b"}


def test_shutdown_stops_services_and_removes_the_socket(manager: Manager, tmp_path: Path) -> None:
    command = f"sh -c 'trap \"sleep 0.3; touch {tmp_path}/clean; exit\" TERM; while :; do sleep 0.05; done'"
    manager.add({"services": {"a": service(command)}})
    manager.client.start_services(["a"])
    assert manager.stop() == 0
    assert (tmp_path / "clean").exists()
    assert not os.path.lexists(manager.socket)
