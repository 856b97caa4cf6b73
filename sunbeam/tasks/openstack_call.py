"""Asking OpenStack for something, in the middle of a change or beside one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sunbeam.cluster.openstack import CLOUD, DEMO, connect
from sunbeam.cluster.openstack_seam import CloudSeam, Foreseen
from sunbeam.core.clock import Clock, SystemClock
from sunbeam.core.errors import SunbeamError
from sunbeam.core.host import Host
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context

if TYPE_CHECKING:
    from openstack.connection import Connection


PAUSES = (1.0, 3.0)
"""Seconds before an API that is away for a moment, behind the ingress, is asked again."""
AWAY = (502, 503, 504)


class ApiAway(SunbeamError):
    """The ingress has no answer of the API's own; what was asked may or may not have been done."""

    id = "openstack-refused"


def report_kept(context: Context, kept: list[str]) -> None:
    for each in kept:
        context.report(f"kept {each}")


async def call(context: Context, cloud: str, work: Callable[[Connection], Any]) -> Any:
    """``work`` with a connection that keeps to the change's dry run and record, in a thread.

    It is begun again while an API is away, and must therefore take what is there as made.  Raises
    SunbeamError for what the API refuses.
    """
    host, paths = context.host.for_thread(), context.paths
    project = _foreseen_project(host) if cloud == DEMO else None

    def watched() -> Any:
        with _connected(paths, CLOUD if project else cloud) as connection:
            return work(cast("Connection", CloudSeam(connection, host, project)))

    return await _patiently(watched, context.clock, context.report)


async def ask(paths: Paths, cloud: str, read: Callable[[Connection], Any]) -> Any:
    """``read``, which changes nothing, with a connection, in a thread; raises as ``call`` does."""

    def reading() -> Any:
        with _connected(paths, cloud) as connection:
            return read(connection)

    return await _patiently(reading, SystemClock(), lambda trouble: None)


async def _patiently(work: Callable[[], Any], clock: Clock, report: Callable[[str], None]) -> Any:
    for pause in PAUSES:
        try:
            return await asyncio.to_thread(work)
        except ApiAway as error:
            report(f"trying again in {pause:.0f} s: {error.why}")
            await clock.sleep(pause)
    return await asyncio.to_thread(work)


def _foreseen_project(host: Host) -> Foreseen | None:
    """The demo project, if a dry run would make it."""
    made = [each.target for each in host.performed if each.verb == "create project"]
    return Foreseen(made[0]) if made and host.dry_run else None


@contextmanager
def _connected(paths: Paths, cloud: str) -> Iterator[Connection]:
    connection = connect(paths, cloud)
    from keystoneauth1.exceptions import ClientException, ConnectFailure
    from openstack.exceptions import SDKException

    try:
        yield connection
    except (SDKException, ClientException) as error:
        status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
        away = status in AWAY or isinstance(error, ConnectFailure)
        raise (ApiAway if away else SunbeamError)(
            "An OpenStack API refused a request",
            where=str(getattr(error, "url", "") or "OpenStack"),
            why=str(error),
            next_command="sunbeam cluster status",
            id="openstack-refused",
        ) from error
    finally:
        connection.close()
