import io
import signal
import time
from pathlib import Path

import pytest
from ops import pebble

from tests.functional.pebble.harness import Manager, ended, wait_for


def test_output_and_exit_code(client: pebble.Client) -> None:
    assert client.exec(["echo", "hällo"]).wait_output() == ("hällo\n", "")
    assert client.exec(["sh", "-c", "echo out; echo err >&2"]).wait_output() == ("out\n", "err\n")
    with pytest.raises(pebble.ExecError) as caught:
        client.exec(["sh", "-c", "echo out; echo err >&2; exit 7"]).wait_output()
    assert (caught.value.exit_code, caught.value.stdout, caught.value.stderr) == (7, "out\n", "err\n")


def test_combined_and_binary_output(client: pebble.Client) -> None:
    combined = client.exec(["sh", "-c", "echo out; echo err >&2"], combine_stderr=True).wait_output()
    assert combined == ("out\nerr\n", None)
    assert client.exec(["printf", "\\377\\000"], encoding=None).wait_output()[0] == b"\xff\0"


def test_input_from_text_files_and_pipes(client: pebble.Client, tmp_path: Path) -> None:
    assert client.exec(["cat"], stdin="some input").wait_output()[0] == "some input"
    assert (
        client.exec(["wc", "-c"], stdin=io.BytesIO(b"x" * 1_000_000), encoding=None).wait_output()[0]
        == b"1000000\n"
    )
    process = client.exec(["tr", "a-z", "A-Z"])
    assert process.stdin is not None
    process.stdin.write("typed\n")
    process.stdin.close()
    assert process.wait_output()[0] == "TYPED\n"
    sink = io.StringIO()
    client.exec(["echo", "to a writer"], stdout=sink).wait()  # type: ignore[no-untyped-call]
    assert sink.getvalue() == "to a writer\n"


def test_much_output(client: pebble.Client) -> None:
    out, _ = client.exec(["sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x"]).wait_output()
    assert out == "x" * 5_000_000


def test_a_program_that_ignores_its_input(client: pebble.Client) -> None:
    assert client.exec(["true"], stdin="x" * 300_000).wait_output() == ("", "")


def test_a_background_process_does_not_hold_the_command(client: pebble.Client) -> None:
    began = time.monotonic()
    assert client.exec(["sh", "-c", "sleep 5 & echo done"]).wait_output()[0] == "done\n"
    assert time.monotonic() - began < 3


def test_environment_folder_and_user(client: pebble.Client) -> None:
    script = "echo $GREETING $HOME; pwd; id -un; id -G"
    out, _ = client.exec(
        ["sh", "-c", script],
        environment={"GREETING": "hi"},
        working_dir="/usr",
        user="daemon",
        group="daemon",
    ).wait_output()
    assert out.splitlines() == ["hi /usr/sbin", "/usr", "daemon", "1"]
    assert client.exec(["id", "-g"], user_id=1).wait_output()[0] == "1\n"


def test_service_context(manager: Manager, client: pebble.Client) -> None:
    manager.add(
        {
            "services": {
                "a": {
                    "override": "replace",
                    "command": "sleep 1",
                    "user": "daemon",
                    "environment": {"FROM": "service", "BOTH": "service"},
                    "working-dir": "/usr",
                }
            }
        }
    )
    out, _ = client.exec(
        ["sh", "-c", "echo $FROM $BOTH; pwd; id -un"], service_context="a", environment={"BOTH": "exec"}
    ).wait_output()
    assert out.splitlines() == ["service exec", "/usr", "daemon"]
    with pytest.raises(pebble.APIError, match='context service "b" not found'):
        client.exec(["true"], service_context="b")


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        (["no-such-program"], {}, "cannot find executable"),
        (["/no/such/program"], {}, "cannot find executable"),
        (["true"], {"working_dir": "/nonexistent"}, "working directory"),
        (["true"], {"user": "nobody-of-that-name"}, "unknown user"),
    ],
)
def test_what_cannot_run_is_a_bad_request(
    client: pebble.Client, command: list[str], options: dict[str, str], message: str
) -> None:
    with pytest.raises(pebble.APIError, match=message) as caught:
        client.exec(command, **options)  # type: ignore[call-overload]
    assert caught.value.code == 400


def test_timeout_kills_the_command_and_its_children(client: pebble.Client, tmp_path: Path) -> None:
    process = client.exec(["sh", "-c", f"sleep 100 & echo $! > {tmp_path}/pid; wait"], timeout=2)
    with pytest.raises(pebble.ChangeError, match="timed out after 2s"):
        process.wait()  # type: ignore[no-untyped-call]
    child = int((tmp_path / "pid").read_text())
    wait_for(lambda: ended(child))


def test_signals(client: pebble.Client) -> None:
    process = client.exec(
        ["sh", "-c", "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.02; done"]
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGUSR1)
    with pytest.raises(pebble.ExecError) as caught:
        process.wait_output()
    assert caught.value.exit_code == 5
    killed = client.exec(["sleep", "100"])
    killed.send_signal("SIGTERM")
    with pytest.raises(pebble.ExecError) as caught:
        killed.wait()  # type: ignore[no-untyped-call]
    assert caught.value.exit_code == 128 + signal.SIGTERM


def test_abort_kills_the_command(client: pebble.Client) -> None:
    process = client.exec(["sleep", "100"])
    (change,) = client.get_changes()
    client.abort_change(change.id)
    with pytest.raises(pebble.ExecError) as caught:
        process.wait()  # type: ignore[no-untyped-call]
    assert caught.value.exit_code == 128 + signal.SIGKILL


def test_nothing_is_left_open_after_many_commands(manager: Manager, client: pebble.Client) -> None:
    folder = Path(f"/proc/{manager.process.pid}/fd")
    client.exec(["true"]).wait_output()
    before = len(list(folder.iterdir()))
    for _ in range(20):
        client.exec(["cat"], stdin="x").wait_output()
        client.push("/tmp/pebble-test-file", "x")
        client.pull("/tmp/pebble-test-file")
    client.remove_path("/tmp/pebble-test-file")
    wait_for(lambda: len(list(folder.iterdir())) <= before)
