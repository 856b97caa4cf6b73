import datetime
import subprocess
import sys
import threading
import time

import pytest
from ops import pebble

from tests.functional.pebble.harness import Manager, get, wait_for


def test_custom_notices(client: pebble.Client) -> None:
    number = client.notify(pebble.NoticeType.CUSTOM, "example.com/a", data={"key": "value"})
    assert client.notify(pebble.NoticeType.CUSTOM, "example.com/a") == number
    other = client.notify(
        pebble.NoticeType.CUSTOM, "example.com/b/c", repeat_after=datetime.timedelta(minutes=90)
    )
    notice = client.get_notice(number)
    assert (notice.key, notice.occurrences, notice.type, notice.user_id) == (
        "example.com/a", 2, pebble.NoticeType.CUSTOM, 0,
    )  # fmt: skip
    assert notice.last_repeated == notice.last_occurred > notice.first_occurred
    assert notice.expire_after == datetime.timedelta(days=7)
    assert client.get_notice(other).repeat_after == datetime.timedelta(minutes=90)
    assert [found.id for found in client.get_notices(keys=["example.com/b/c"])] == [other]
    assert [found.id for found in client.get_notices(types=["custom"])] == [number, other]
    with pytest.raises(pebble.APIError) as caught:
        client.get_notice("99")
    assert caught.value.code == 404


def test_repeat_after_holds_back_repetitions(client: pebble.Client) -> None:
    for _ in range(2):
        client.notify(pebble.NoticeType.CUSTOM, "example.com/a", repeat_after=datetime.timedelta(hours=1))
    (notice,) = client.get_notices()
    assert notice.occurrences == 2
    assert notice.last_repeated == notice.first_occurred < notice.last_occurred


@pytest.mark.parametrize("key", ["nodomain", "Example.com/a", "example.com/", "example.com/" + "a" * 300])
def test_wrong_keys(client: pebble.Client, key: str) -> None:
    with pytest.raises(pebble.APIError, match="key"):
        client.notify(pebble.NoticeType.CUSTOM, key)


def test_long_poll(manager: Manager, client: pebble.Client) -> None:
    client.notify(pebble.NoticeType.CUSTOM, "example.com/a")
    _, (first,) = get(manager, "/v1/notices?timeout=5s")
    after = first["last-repeated"]
    began = time.monotonic()
    assert get(manager, f"/v1/notices?after={after}&timeout=200ms") == (200, [])
    assert 0.2 <= time.monotonic() - began < 1
    sender = threading.Timer(0.3, client.notify, (pebble.NoticeType.CUSTOM, "example.com/b"))
    sender.start()
    code, (second,) = get(manager, f"/v1/notices?after={after}&timeout=5s")
    sender.join()
    assert (code, second["key"]) == (200, "example.com/b")
    assert time.monotonic() - began < 3
    assert second["last-repeated"] > after, "times compare as texts"


def test_changes_are_told(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {"a": {"override": "replace", "command": "sleep 100"}}})
    change = client.start_services(["a"])
    (notice,) = client.get_notices(types=["change-update"], keys=[change])
    assert (notice.occurrences, notice.user_id) == (2, None)


def test_identities(client: pebble.Client) -> None:
    client.replace_identities(
        {
            "bob": pebble.Identity("admin", local=pebble.LocalIdentity(1)),
            "mary": {"access": "metrics", "basic": {"password": "$6$x"}},
        }
    )
    assert client.get_identities() == {
        "bob": pebble.Identity(pebble.IdentityAccess.ADMIN, local=pebble.LocalIdentity(1)),
        "mary": pebble.Identity(pebble.IdentityAccess.METRICS, basic=pebble.BasicIdentity("*****")),
    }
    client.replace_identities({"mary": None})
    client.remove_identities(["bob"])
    assert client.get_identities() == {}
    with pytest.raises(pebble.APIError, match="do not exist"):
        client.remove_identities(["bob"])
    with pytest.raises(pebble.APIError, match="access must be"):
        client.replace_identities({"x": {"access": "all", "local": {"user-id": 1}}})  # type: ignore[dict-item]


def test_access_follows_the_user_id(manager: Manager, client: pebble.Client) -> None:
    for folder in (manager.folder, *manager.folder.parents):
        if folder.owner() == "root" and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    request = """
import os, socket, sys
os.setgroups([])
os.setgid(1)
os.setuid(1)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.sendall(f"{sys.argv[2]} HTTP/1.1\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}".encode())
print(connection.makefile().readline().split()[1])
"""

    def status_as_daemon(line: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", request, manager.socket, line],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    assert status_as_daemon("GET /v1/services") == "200"
    assert status_as_daemon("GET /v1/files?action=list&path=/") == "401"
    assert status_as_daemon("POST /v1/exec") == "401"
    client.replace_identities({"daemon": pebble.Identity("admin", local=pebble.LocalIdentity(1))})
    assert status_as_daemon("GET /v1/files?action=list&path=/") == "200"
    client.replace_identities({"daemon": pebble.Identity("untrusted", local=pebble.LocalIdentity(1))})
    assert status_as_daemon("GET /v1/services") == "401"
    assert status_as_daemon("GET /v1/system-info") == "200"


def test_warnings_and_system_info(manager: Manager, client: pebble.Client) -> None:
    assert client.get_warnings() == []
    assert client.ack_warnings(datetime.datetime.now(datetime.UTC)) == 0
    assert client.get_system_info().version.startswith("v1.")
    _, info = get(manager, "/v1/system-info")
    assert len(info["boot-id"]) == 36


def test_unknown_endpoints_and_methods(manager: Manager) -> None:
    assert get(manager, "/v1/nix")[0] == 404
    assert get(manager, "/v1/plan", {})[0] == 405


def test_the_client_half(manager: Manager) -> None:
    manager.add(
        {"services": {"a": {"override": "replace", "command": "sh -c 'echo hello there; sleep 100'"}}}
    )
    assert manager.command("start", "a").returncode == 0
    services = manager.command("services").stdout.splitlines()
    assert services[0].split() == ["Name", "Startup", "Current", "Current", "since"]
    assert services[1].split()[:3] == ["a", "disabled", "active"]
    assert "[a] hello there" in manager.command("logs", "-n", "all", "a").stdout
    assert "command: sh -c" in manager.command("plan").stdout.replace('"', "")
    assert manager.command("changes").stdout.splitlines()[1].split()[1:3] == ["start", "Done"]
    assert manager.command("checks").returncode == 0
    assert manager.command("notices").returncode == 0
    assert manager.command("health").stdout == "healthy\n"
    assert "server  v1." in manager.command("version").stdout
    wrong = manager.command("start", "nix")
    assert (wrong.returncode, 'service "nix" does not exist' in wrong.stderr) == (1, True)
    assert manager.command("frobnicate").returncode == 1
    assert manager.command("run", "--frobnicate").returncode == 2


def test_logs_are_followed(manager: Manager, client: pebble.Client) -> None:
    script = "sh -c 'n=0; while :; do n=$((n+1)); echo line $n; sleep 0.1; done'"
    manager.add({"services": {"a": {"override": "replace", "command": script}}})
    client.start_services(["a"])
    follower = subprocess.Popen(
        [sys.executable, manager.program, "logs", "-f", "-n", "2"],
        env=manager.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follower.stdout is not None
    numbers = [int(follower.stdout.readline().rsplit(" ", 1)[1]) for _ in range(8)]
    assert numbers == list(range(numbers[0], numbers[0] + 8))
    follower.kill()
    follower.wait()
    follower.stdout.close()
    wait_for(lambda: client.get_system_info() is not None)


def test_metrics(manager: Manager, client: pebble.Client) -> None:
    manager.add({"services": {"a": {"override": "replace", "command": "sleep 100"}}})
    client.start_services(["a"])
    assert 'pebble_service_active{service="a"} 1' in get(manager, "/v1/metrics")[1]
