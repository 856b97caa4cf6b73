"""What rules are shown in tests: programs, changes, units, containers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sunbeam.core.journal import ChangeRecord, TaskRecord
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.look import NotRead
from sunbeam.doctor.readings import certificates, containers, node
from sunbeam.operators.entities import Unit
from sunbeam.substrates.embedded.container_log import LogLine
from tests.unit.doctor.fake_look import NOW

NODE: Mapping[Any, Any] = {node.is_node: True}
ETCD, DAEMON = (node.program, "etcd"), (node.program, "sunbeamd")
UP = {ETCD: node.Program("etcd", "active"), DAEMON: node.Program("sunbeamd", "active")}
DOWN = {ETCD: node.Program("etcd", "inactive"), DAEMON: node.Program("sunbeamd", "inactive")}
MARIADB = containers.Container("mariadb-0-ab.mariadb", "mariadb/0", 11)
HYPERVISOR = containers.Container("machine-0-cd", "hypervisor/0", 12)
CERTIFICATE = certificates.Certificate(
    "etcd", "/x/etcd.crt", NOW - timedelta(days=1), NOW + timedelta(days=300), True, "CN=Sunbeam cluster CA"
)
NO_OTHERS = {certificates.public_certificate: NotRead("refused"), certificates.ovn: ()}


def change(status: ChangeStatus, *tasks: TaskRecord, kind: str = "cluster bootstrap") -> ChangeRecord:
    return ChangeRecord(7, kind, "Bootstrap the cloud", {}, status, "2025-12-31T10:00:00Z", tasks=tasks)


def task(status: TaskStatus, error: str = "", id: str = "image-nova") -> TaskRecord:
    return TaskRecord(id, "Build image nova", (), status, error=error)


def unit(name: str = "nova/0", **fields: Any) -> Unit:
    return Unit(model_uuid="m", name=name, application=name.partition("/")[0], **fields)


def said(*texts: str) -> list[LogLine]:
    return [LogLine(NOW - timedelta(minutes=1), text) for text in texts]
