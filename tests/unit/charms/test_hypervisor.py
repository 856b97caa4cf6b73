"""The hypervisor charm on a fake machine: one fake answers programs, files live below tmp_path."""

import configparser
import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ops
import pytest
import yaml
from ops import testing

CHARM = Path(__file__).parents[3] / "charms/hypervisor"
METADATA = yaml.safe_load((CHARM / "charmcraft.yaml").read_text())


class FakeMachine:
    """Answers programs by the start of their command line; anything unknown succeeds silently."""

    def __init__(self, process: Any) -> None:
        self.process = process
        self.ran: list[str] = []
        self.environments: list[dict[str, str]] = []
        self.failing = ["ovs-vsctl --no-wait --timeout=2 show", "ovs-dpctl add-dp", "qemu-system-x86_64"]
        self.answers = {
            "dpkg-query": "installed",
            "openssl genpkey": "KEY\n",
            "openssl req": "REQUEST\n",
            "virsh": "0b2f\n77aa\n",
        }

    def __call__(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,
        environment: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> str:
        line = " ".join(argv)
        self.ran.append(line)
        self.environments.append(environment or {})
        if any(line.startswith(start) for start in self.failing):
            raise self.process.ProcessError(f"{argv[0]}: exit code 1: no")
        return next((text for start, text in self.answers.items() if line.startswith(start)), "")

    def index(self, start: str) -> int:
        return next(number for number, line in enumerate(self.ran) if line.startswith(start))


class FakeServices:
    """Remembers what runs, and notes each start in the machine's log of programs."""

    def __init__(self, machine: FakeMachine) -> None:
        self.machine = machine
        self.running: dict[str, Any] = {}
        self.starts: list[str] = []

    def apply(self, wanted: Iterable[Any]) -> None:
        for service in wanted:
            if self.running.get(service.name) != service:
                self.starts.append(service.name)
                self.machine.ran.append(f"start {service.name}")
            self.running[service.name] = service

    def stop(self, names: Iterable[str]) -> None:
        for name in names:
            self.running.pop(name, None)

    def down(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self.running]


class Bench:
    """A charm on a fake machine container."""

    def __init__(self, root: Path, modules: Any) -> None:
        self.root, self.modules = root, modules
        self.machine = FakeMachine(modules["process"])
        self.services = FakeServices(self.machine)
        for folder in ("run", "dev", "proc/sys/kernel/random", "sys/class/net"):
            (root / folder).mkdir(parents=True)
        (root / "run/pebble.socket").touch()
        (root / "dev/kvm").touch()
        (root / "proc/sys/kernel/random/boot_id").write_text("boot-1\n")
        bench = self

        class Charm(modules["charm"].HypervisorCharm):  # type: ignore[misc]
            run = staticmethod(bench.machine)
            root = bench.root
            host_name = "compute-0"

            def make_services(self) -> FakeServices:
                return bench.services

        names = ("name", "requires", "summary", "type", "assumes")
        self.context: Any = testing.Context(
            Charm,
            meta={key: METADATA[key] for key in names if key in METADATA},
            config=METADATA["config"],
            actions=METADATA["actions"],
        )

    def run(self, state: testing.State, event: str = "config_changed") -> testing.State:
        out: testing.State = self.context.run(getattr(self.context.on, event)(), state)
        return out

    def act(self, name: str, state: testing.State, **params: Any) -> dict[str, Any]:
        self.context.run(self.context.on.action(name, params=params), state)
        return dict(self.context.action_results or {})

    def nova(self) -> configparser.ConfigParser:
        parsed = configparser.ConfigParser(interpolation=None)
        parsed.read(self.root / "etc/nova/nova.conf")
        return parsed

    def write(self, path: str, text: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    names = [path.stem for path in (CHARM / "src").glob("*.py")]
    saved = {name: sys.modules.pop(name, None) for name in names}
    monkeypatch.syspath_prepend(str(CHARM / "src"))
    monkeypatch.syspath_prepend(str(CHARM.parent / "lib"))
    yield Bench(tmp_path, {name: importlib.import_module(name) for name in names})
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update({name: module for name, module in saved.items() if module})


RABBIT = testing.Secret({"username": "nova-hypervisor", "password": "p@ss/word"})
KEYSTONE = testing.Secret({"username": "svc", "password": "keystone-secret"})
SHARED = testing.Secret({"metadata-proxy-shared-secret": "shared"})


def relations() -> dict[str, testing.Relation]:
    issued = [
        {"certificate_signing_request": "REQUEST", "certificate": "CERT", "ca": "CA", "chain": ["CERT", "CA"]}
    ]
    keystone = {
        "credentials": KEYSTONE.id,
        "internal-endpoint": "http://keystone:5000/v3",
        "public-endpoint": "https://cloud/openstack-keystone/v3",
        "project-name": "services",
        "user-domain-name": "service_domain",
        "project-domain-name": "service_domain",
        "region": "RegionOne",
    }
    nova = {
        "region": "RegionOne",
        "metadata-url": "http://nova.openstack.svc.cluster.local:8775",
        "metadata-proxy-shared-secret-id": SHARED.id,
        "novnc-proxy-url": "https://cloud/openstack-nova-console/vnc_auto.html",
    }
    return {
        "amqp": testing.Relation(
            "amqp", remote_app_data={"credentials": RABBIT.id, "hostname": "10.20.30.11"}
        ),
        "identity-credentials": testing.Relation("identity-credentials", remote_app_data=keystone),
        "nova-service": testing.Relation("nova-service", remote_app_data=nova),
        "ovsdb-cms": testing.Relation("ovsdb-cms", remote_units_data={0: {"bound-address": "10.20.30.25"}}),
        "certificates": testing.Relation(
            "certificates", remote_app_data={"certificates": json.dumps(issued)}
        ),
    }


def state(*without: str, leader: bool = True, **config: Any) -> testing.State:
    related = [relation for name, relation in relations().items() if name not in without]
    return testing.State(leader=leader, relations=related, secrets=[RABBIT, KEYSTONE, SHARED], config=config)


def test_machine_services_run_before_any_relation(bench: Bench) -> None:
    out = bench.run(testing.State())
    base = {"ovsdb-server", "ovs-vswitchd", "virtlogd", "libvirtd"}
    assert set(bench.services.running) == {*base, "keep-taps-up"}
    assert isinstance(out.unit_status, testing.BlockedStatus)
    assert out.unit_status.message.startswith("Integrate hypervisor:")


def test_everything_runs_once_relations_are_complete(bench: Bench) -> None:
    out = bench.run(state())
    assert set(bench.services.running) >= {"ovn-controller", "nova-compute", "neutron-ovn-metadata-agent"}
    assert out.unit_status == testing.ActiveStatus("Guests run under emulation, no usable KVM.")


@pytest.mark.parametrize(
    "name", ["amqp", "identity-credentials", "nova-service", "ovsdb-cms", "certificates"]
)
def test_nova_compute_needs_every_relation(bench: Bench, name: str) -> None:
    out = bench.run(state(name))
    assert not {"nova-compute", "neutron-ovn-metadata-agent"} & set(bench.services.running)
    assert out.unit_status == testing.BlockedStatus(f"Integrate hypervisor:{name}.")


def test_a_related_but_silent_service_is_awaited(bench: Bench) -> None:
    silent = testing.Relation("nova-service")
    before = state("nova-service")
    out = bench.run(testing.State(relations=[*before.relations, silent], secrets=before.secrets))
    assert out.unit_status == testing.WaitingStatus("Waiting for remote to answer over nova-service.")


def test_nova_compute_stops_when_a_relation_breaks(bench: Bench) -> None:
    before = state()
    bench.run(before)
    amqp = next(relation for relation in before.relations if relation.endpoint == "amqp")
    bench.context.run(bench.context.on.relation_broken(amqp), before)
    assert "nova-compute" not in bench.services.running and "ovs-vswitchd" in bench.services.running


def test_nova_configuration(bench: Bench) -> None:
    bench.run(state())
    nova = bench.nova()
    expected = {
        ("DEFAULT", "host"): "compute-0",
        ("DEFAULT", "transport_url"): "rabbit://nova-hypervisor:p%40ss%2Fword@10.20.30.11:5672/openstack",
        ("DEFAULT", "resume_guests_state_on_host_boot"): "true",
        ("libvirt", "virt_type"): "qemu",
        ("libvirt", "cpu_mode"): "none",
        ("libvirt", "images_type"): "qcow2",
        ("os_vif_ovs", "ovsdb_connection"): "tcp:127.0.0.1:6640",
        ("neutron", "auth_url"): "http://keystone:5000/v3",
        ("neutron", "region_name"): "RegionOne",
        ("placement", "valid_interfaces"): "internal",
        ("vnc", "novncproxy_base_url"): "https://cloud/openstack-nova-console/vnc_auto.html",
    }
    assert {key: nova.get(*key) for key in expected} == expected
    agent = (bench.root / "etc/neutron/neutron_ovn_metadata_agent.ini").read_text()
    assert "nova_metadata_host = nova.openstack.svc.cluster.local\nnova_metadata_port = 8775\n" in agent
    assert "metadata_proxy_shared_secret = shared" in agent
    assert "ovn_sb_connection = ssl:10.20.30.25:6642" in agent


def test_nova_compute_is_started_by_our_own_file(bench: Bench) -> None:
    bench.run(state())
    _, program, *options = bench.services.running["nova-compute"].command
    assert "from nova.cmd import compute" in (bench.root / program.lstrip("/")).read_text()
    assert options == ["--config-file", "/etc/nova/nova.conf"]


def test_files_with_passwords_are_not_world_readable(bench: Bench) -> None:
    bench.run(state())
    for path in ("etc/nova/nova.conf", "etc/neutron/neutron.conf", "var/lib/openvswitch/pki/key.pem"):
        assert (bench.root / path).stat().st_mode & 0o007 == 0, path


def test_the_same_state_twice_restarts_nothing(bench: Bench) -> None:
    after = bench.run(state())
    starts = list(bench.services.starts)
    bench.run(after, "update_status")
    assert bench.services.starts == starts


def test_a_new_password_restarts_only_what_reads_it(bench: Bench) -> None:
    bench.run(state())
    bench.services.starts.clear()
    changed = state()
    keystone = testing.Secret({"username": "svc", "password": "rotated"}, id=KEYSTONE.id)
    bench.run(testing.State(leader=True, relations=changed.relations, secrets=[RABBIT, keystone, SHARED]))
    assert bench.services.starts == ["nova-compute"]


def test_everything_comes_back_after_the_container_restarted(bench: Bench) -> None:
    after = bench.run(state())
    bench.services.running.clear()
    (bench.root / "dev/kvm").touch()
    out = bench.run(after, "start")
    assert isinstance(out.unit_status, testing.ActiveStatus)
    assert not (bench.root / "dev/kvm").exists()


def test_the_userspace_datapath_is_set_before_the_switch_starts(bench: Bench) -> None:
    bench.run(state())
    ran = bench.machine.ran
    table = bench.machine.index("ovs-vsctl --no-wait --timeout=300 -- init -- set Open_vSwitch .")
    assert "other_config:userspace-tso-enable=true" in ran[table]
    assert 'external-ids:ovn-bridge-datapath-type="netdev"' in ran[table]
    assert 'external-ids:ovn-remote="ssl:10.20.30.25:6642"' in ran[table]
    assert 'external-ids:ovn-bridge-mappings="physnet1:br-ex"' in ran[table]
    assert bench.machine.index("start ovsdb-server") < table < bench.machine.index("start ovs-vswitchd")
    assert "ovs-vsctl --no-wait --timeout=300 set-manager ptcp:6640:127.0.0.1" in ran


def test_the_kernel_datapath_is_used_where_it_works(bench: Bench) -> None:
    bench.machine.failing.remove("ovs-dpctl add-dp")
    bench.run(state())
    table = bench.machine.ran[bench.machine.index("ovs-vsctl --no-wait --timeout=300 -- init")]
    assert "userspace-tso" not in table and 'datapath-type="system"' in table
    assert "keep-taps-up" not in bench.services.running
    assert "ovs-dpctl del-dp sunbeam-probe" in bench.machine.ran


def test_only_a_machine_with_the_external_interface_is_a_gateway(bench: Bench) -> None:
    bench.run(state())
    table = "ovs-vsctl --no-wait --timeout=300 -- init"
    assert "enable-chassis-as-gw" not in bench.machine.ran[bench.machine.index(table)]
    (bench.root / "sys/class/net/ext0").mkdir()
    bench.machine.ran.clear()
    bench.run(state())
    assert "enable-chassis-as-gw" in bench.machine.ran[bench.machine.index(table)]
    assert "ovs-vsctl --timeout=300 --may-exist add-port br-ex ext0" in bench.machine.ran


def test_kvm_is_used_where_a_guest_really_runs(bench: Bench) -> None:
    bench.machine.failing.remove("qemu-system-x86_64")
    out = bench.run(state())
    assert bench.nova().get("libvirt", "virt_type") == "kvm"
    assert bench.nova().get("libvirt", "cpu_mode") == "host-model"
    assert (bench.root / "dev/kvm").exists()
    assert out.unit_status == testing.ActiveStatus("Guests run under KVM.")


def test_abilities_are_tried_once_a_boot(bench: Bench) -> None:
    after = bench.run(state())
    bench.run(after, "update_status")
    assert sum(line.startswith("ovs-dpctl add-dp") for line in bench.machine.ran) == 1
    bench.write("proc/sys/kernel/random/boot_id", "boot-2\n")
    bench.run(after, "start")
    assert sum(line.startswith("ovs-dpctl add-dp") for line in bench.machine.ran) == 2


def test_the_leader_asks_for_accounts_and_each_unit_for_its_certificate(bench: Bench) -> None:
    out = bench.run(state())
    asked: dict[str, Any] = {relation.endpoint: relation for relation in out.relations}
    assert asked["amqp"].local_app_data == {"username": "nova-hypervisor", "vhost": "openstack"}
    assert asked["identity-credentials"].local_app_data == {"username": "nova-hypervisor"}
    requests = json.loads(asked["certificates"].local_unit_data["certificate_signing_requests"])
    assert requests == [{"certificate_signing_request": "REQUEST", "ca": False}]


def test_a_unit_that_does_not_lead_writes_no_application_data(bench: Bench) -> None:
    out = bench.run(state(leader=False))
    assert all(not relation.local_app_data for relation in out.relations)
    assert isinstance(out.unit_status, testing.ActiveStatus)


def test_received_authorities_are_trusted(bench: Bench) -> None:
    transfer = testing.Relation(
        "receive-ca-cert",
        remote_units_data={0: {"ca": "AUTHORITY", "certificate": "x", "chain": '["AUTHORITY"]'}},
    )
    before = state()
    bench.run(testing.State(leader=True, relations=[*before.relations, transfer], secrets=before.secrets))
    trusted = bench.root / "usr/local/share/ca-certificates/sunbeam.crt"
    assert trusted.read_text() == "AUTHORITY\n"
    assert "update-ca-certificates" in bench.machine.ran
    assert bench.nova().get("neutron", "cafile") == "/etc/ssl/certs/ca-certificates.crt"


def test_missing_packages_are_installed(bench: Bench) -> None:
    bench.machine.answers["dpkg-query"] = "not-installed"
    bench.run(testing.State(), "install")
    installs = [line for line in bench.machine.ran if line.startswith("apt-get install")]
    assert len(installs) == 1 and "nova-compute-kvm" in installs[0]


def test_removal_stops_every_service(bench: Bench) -> None:
    bench.run(bench.run(state()), "remove")
    assert bench.services.running == {}


def test_running_guests(bench: Bench) -> None:
    assert json.loads(bench.act("running-guests", state())["result"]) == ["0b2f", "77aa"]


def test_disable_passes_the_password_outside_of_the_command_line(bench: Bench) -> None:
    result = bench.act("disable", state(), reason="a new disk")
    assert result == {"result": "compute-0 disabled"}
    line = bench.machine.index(
        "openstack compute service set --disable --disable-reason a new disk compute-0"
    )
    assert bench.machine.environments[line]["OS_PASSWORD"] == "keystone-secret"
    assert not any("keystone-secret" in line for line in bench.machine.ran)


def test_enable_without_credentials_says_what_to_integrate(bench: Bench) -> None:
    with pytest.raises(testing.ActionFailed, match="integrate hypervisor with keystone"):
        bench.act("enable", state("identity-credentials"))


def test_list_nics(bench: Bench) -> None:
    links = [
        {"ifname": "lo", "link_type": "loopback", "addr_info": []},
        {"ifname": "eth0", "link_type": "ether", "addr_info": [{"scope": "global"}]},
        {"ifname": "eth1", "link_type": "ether", "addr_info": [{"scope": "link"}]},
        {"ifname": "br0", "link_type": "ether", "linkinfo": {"info_kind": "bridge"}, "addr_info": []},
    ]
    bench.machine.answers["ip -json"] = json.dumps(links)
    result = json.loads(bench.act("list-nics", state())["result"])
    assert result == {"nics": ["eth0", "eth1"], "candidates": ["eth1"]}


class TestSystemd:
    """The other kind of process 1."""

    @pytest.fixture
    def systemd(self, bench: Bench) -> Any:
        (bench.root / "etc/systemd/system").mkdir(parents=True)
        return bench.modules["services"].SystemdServices(bench.machine, bench.root)

    def service(self, bench: Bench, **changes: Any) -> Any:
        return bench.modules["services"].Service("nova-compute", ("nova-compute",), user="nova", **changes)

    def test_a_changed_configuration_restarts(self, bench: Bench, systemd: Any) -> None:
        systemd.apply([self.service(bench, digest="1")])
        systemd.apply([self.service(bench, digest="1")])
        systemd.apply([self.service(bench, digest="2")])
        verbs = [line.split()[1] for line in bench.machine.ran if line.endswith(" nova-compute")]
        assert verbs == ["enable", "restart", "enable", "start", "enable", "restart"]
        assert "User=nova\n" in (bench.root / "etc/systemd/system/nova-compute.service").read_text()

    def test_a_failed_start_is_tried_again(self, bench: Bench, systemd: Any) -> None:
        bench.machine.failing.append("systemctl restart")
        with pytest.raises(bench.modules["process"].ProcessError):
            systemd.apply([self.service(bench)])
        bench.machine.failing.remove("systemctl restart")
        systemd.apply([self.service(bench)])
        assert bench.machine.ran[-1] == "systemctl restart nova-compute"

    def test_stock_units_stay_as_packaged(self, bench: Bench, systemd: Any) -> None:
        systemd.apply([self.service(bench, stock=True)])
        assert not list((bench.root / "etc/systemd/system").iterdir())

    def test_only_what_was_started_is_stopped(self, bench: Bench, systemd: Any) -> None:
        systemd.apply([self.service(bench)])
        systemd.stop(["nova-compute", "libvirtd"])
        assert [line for line in bench.machine.ran if "disable" in line] == [
            "systemctl disable --now nova-compute"
        ]


def test_process_one_is_pebble_where_its_socket_is(bench: Bench) -> None:
    services = bench.modules["services"]
    assert isinstance(services.process_one(bench.machine, bench.root), services.PebbleServices)
    (bench.root / "run/pebble.socket").unlink()
    assert isinstance(services.process_one(bench.machine, bench.root), services.SystemdServices)


def test_pebble_layers_are_valid(bench: Bench) -> None:
    service = bench.modules["services"].Service("nova-compute", ("nova-compute",), user="nova", digest="d")
    layer = ops.pebble.Layer(
        {"services": {"nova-compute": bench.modules["services"]._pebble_service(service)}}
    )
    assert layer.services["nova-compute"].environment == {"CONFIG_DIGEST": "d"}
    assert layer.services["nova-compute"].user == "nova"
