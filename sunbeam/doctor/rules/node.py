"""What is wrong with etcd, sunbeamd, their certificates, settings and changes."""

from __future__ import annotations

import json
import re
from datetime import UTC, timedelta
from pathlib import Path

from sunbeam.core.shipped import code_digest
from sunbeam.core.status import ChangeStatus
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings import certificates, host, node, operators
from sunbeam.doctor.readings.certificates import Certificate

START = "sunbeam cluster start"
WHOLE_START = "sunbeam cluster stop && sunbeam cluster start"
BOOTSTRAP = "sunbeam cluster bootstrap"
SOON = timedelta(days=14)
NO_SPACE = ("mvcc: database space exceeded", "alarm:NOSPACE", "NOSPACE")
STARTS = ("etcd Version:", "starting an etcd server")
"""The first words of etcd 3.4 and 3.5."""
REFUSED_CLIENT = (
    "bad certificate",
    "certificate signed by unknown authority",
    "unknown certificate authority",
)


async def stopped(look: Look) -> list[Diagnosis]:
    """Neither program runs: a person stopped them, or the machine came back without them."""
    if not await look(node.is_node) or (await look(node.program, "etcd")).runs:
        return []
    daemon = await look(node.program, "sunbeamd")
    if (
        daemon.runs
        or daemon.state == "activating"
        or (await look(node.program, "etcd")).state == "activating"
    ):
        return []
    changes = await look.known(node.changes) or ()
    newest = next((each for each in changes if each.kind.startswith("cluster ")), None)
    if newest and newest.kind == "cluster stop" and newest.status is ChangeStatus.DONE:
        evidence = f"change {newest.id} ended {newest.finished}: {newest.title}"
        return [Diagnosis("The cloud was stopped on purpose", evidence, START)]
    booted = await look(host.boot_time)
    if newest and newest.finished and booted.isoformat() > newest.finished:
        evidence = f"booted {booted:%Y-%m-%d %H:%M:%S} UTC; neither etcd nor sunbeamd runs since"
        return [Diagnosis("The machine was booted and the cloud was not started", evidence, START)]
    return []


async def refused(look: Look) -> list[Diagnosis]:
    error = await look(node.refused)
    if error is None or await look.known(operators.juju_answers):
        return []
    evidence = f"{error.where}: {error.why}".replace("\n", "; ")
    return [
        Diagnosis(f"sunbeamd refuses to start: {error.what}", evidence, error.next_command, about="sunbeamd")
    ]


async def outdated(look: Look) -> list[Diagnosis]:
    started, installed = await look(node.daemon_code), code_digest()
    if started in ("", installed) or not (await look(node.program, "sunbeamd")).runs:
        return []
    return [
        Diagnosis(
            "sunbeamd was started from another version of Sunbeam than is installed now",
            f"started from code {started}, installed is {installed}",
            BOOTSTRAP,
            about="sunbeamd",
            severity="warning",
        )
    ]


async def etcd_full(look: Look) -> list[Diagnosis]:
    """Since etcd was started: sunbeamd, when it starts, makes room."""
    lines: list[str] = []
    for line in await look(node.program_log, "etcd"):
        if any(word in line for word in STARTS):
            lines.clear()
        elif any(word in line for word in NO_SPACE):
            lines.append(line)
    if not lines:
        return []
    return [
        Diagnosis(
            "The cluster store has used up its space (512 MiB) and takes no more writes",
            lines[-1][:300],
            WHOLE_START,
            about="etcd",
        )
    ]


async def certificate_wrong(look: Look) -> list[Diagnosis]:
    now = look.clock.now().astimezone(UTC)
    known = await look(certificates.cluster_certificates)
    shown = [(each, _renew(each)) for each in known]
    if public := await look.known(certificates.public_certificate):
        shown.append((public, WHOLE_START))
    shown += [(each, WHOLE_START) for each in await look.known(certificates.ovn) or ()]
    found = []
    for certificate, remedy in shown:
        if now < certificate.begins:
            cause = "is not valid yet"
            evidence = f"valid from {certificate.begins:%Y-%m-%d %H:%M} UTC on, it is {now:%Y-%m-%d %H:%M}"
        elif now > certificate.ends:
            cause = "has expired"
            evidence = f"it ended {certificate.ends:%Y-%m-%d %H:%M} UTC, it is {now:%Y-%m-%d %H:%M}"
        elif not certificate.trusted:
            cause = "was revoked or is of another cloud: the authority that clients trust has not signed it"
            evidence = f"its issuer is {certificate.issuer}"
        elif not certificate.fits_key:
            cause = "and its key do not belong together"
            evidence = f"the key beside {certificate.place} is another one or cannot be read"
        else:
            continue
        about = certificate.place if certificate.place.endswith("/0") else certificate.name
        found.append(
            Diagnosis(
                f"The certificate of {certificate.name} {cause}",
                f"{certificate.place}: {evidence}",
                remedy,
                about=about,
            )
        )
    return found


def _renew(certificate: Certificate) -> str:
    """A certificate that is not there is made anew by whoever starts its program."""
    files = f"{certificate.place} {Path(certificate.place).with_suffix('.key')}"
    return f"rm {files} && {WHOLE_START}"


async def certificate_ends_soon(look: Look) -> list[Diagnosis]:
    now = look.clock.now().astimezone(UTC)
    shown = [*(await look(certificates.cluster_certificates))]
    if public := await look.known(certificates.public_certificate):
        shown.append(public)
    return [
        Diagnosis(
            f"The certificate of {each.name} ends soon",
            f"{each.place}: it ends {each.ends:%Y-%m-%d}",
            WHOLE_START,
            about=each.name,
            severity="warning",
        )
        for each in shown
        if timedelta(0) <= each.ends - now < SOON
    ]


async def etcd_down(look: Look) -> list[Diagnosis]:
    return await _down(look, "etcd")


async def daemon_down(look: Look) -> list[Diagnosis]:
    return await _down(look, "sunbeamd")


async def _down(look: Look, name: str) -> list[Diagnosis]:
    """Not running, or starting again and again."""
    if not await look(node.is_node):
        return []
    program = await look(node.program, name)
    if program.runs:
        return []
    log = await look.known(node.program_log, name) or []
    said = _last_words(log)
    if program.state == "activating":
        cause = f"{name} ends as soon as it is started ({program.restarts} times)"
    elif program.result == "oom-kill":
        cause = f"{name} was killed for lack of memory"
    else:
        cause = f"{name} does not run"
    evidence = f"it said last: {said}" if said else f"its state is {program.state}"
    return [Diagnosis(cause, evidence, START, about=name)]


def _last_words(log: list[str]) -> str:
    """The last error of a log, else its last line; etcd writes JSON."""
    errors = [line for line in log if re.search(r'"level":"(fatal|panic|error)"|ERROR|Error:|panic:', line)]
    line = (errors or log or [""])[-1]
    try:
        fields = json.loads(line)
        return f"{fields['msg']}: {fields.get('error', '')}".rstrip(": ")
    except (ValueError, KeyError, TypeError):
        return line[:300]


async def daemon_silent(look: Look) -> list[Diagnosis]:
    if not await look(node.is_node) or not (await look(node.program, "sunbeamd")).runs:
        return []
    try:
        await look(operators.juju_answers)
    except NotRead as error:
        log = await look.known(node.program_log, "sunbeamd") or []
        refused = [line for line in log[-20:] if any(word in line for word in REFUSED_CLIENT)]
        said = (refused or log[-1:] or [""])[-1]
        return [
            Diagnosis(
                "sunbeamd runs but its API does not answer",
                f"{error}; it said last: {said[:300]}",
                await look(node.restart_daemon),
                about="sunbeamd",
            )
        ]
    return []
