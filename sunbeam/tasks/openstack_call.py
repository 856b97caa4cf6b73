"""Asking OpenStack for something in the middle of a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sunbeam.cluster.openstack import connect
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context

if TYPE_CHECKING:
    from openstack.connection import Connection


def report_kept(context: Context, kept: list[str]) -> None:
    for each in kept:
        context.report(f"kept {each}")


async def call(paths: Paths, cloud: str, make: Callable[[Connection], Any]) -> Any:
    """``make`` with a connection, in a thread.  Raises SunbeamError for what the API refuses."""

    def work() -> Any:
        connection = connect(paths, cloud)
        from keystoneauth1.exceptions import ClientException
        from openstack.exceptions import SDKException

        try:
            return make(connection)
        except (SDKException, ClientException) as error:
            raise SunbeamError(
                "An OpenStack API refused a request",
                where=str(getattr(error, "url", "") or "OpenStack"),
                why=str(error),
                next_command="sunbeam cluster status",
                id="openstack-refused",
            ) from error
        finally:
            connection.close()

    return await asyncio.to_thread(work)
