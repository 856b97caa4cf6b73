"""open-port, close-port, opened-ports, network-get, unit-get."""

from __future__ import annotations

import re

from sunbeam.operators.context import HookContext
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool
from sunbeam.operators.tools.relation_tools import named_relation

_PORT = re.compile(r"(?P<low>\d+)(?:-(?P<high>\d+))?(?:/(?P<protocol>tcp|udp))?")
LOOPBACK = "127.0.0.1"
"""The address of a unit that has none of its own: a charm without workload runs on this host."""


@tool("open-port", options="endpoints", formatted=True)
def open_port(context: HookContext, arguments: Arguments) -> str:
    context.ports.add(_port(arguments.word(0)))
    return ""


@tool("close-port", options="endpoints", formatted=True)
def close_port(context: HookContext, arguments: Arguments) -> str:
    context.ports.discard(_port(arguments.word(0)))
    return ""


@tool("opened-ports", flags="endpoints", formatted=True)
def opened_ports(context: HookContext, arguments: Arguments) -> str:
    return arguments.render(sorted(context.ports))


@tool(
    "network-get",
    flags="primary-address bind-address ingress-address egress-subnets",
    options="r|relation",
    formatted=True,
)
def network_get(context: HookContext, arguments: Arguments) -> str:
    if not arguments.words:
        raise ToolError("no arguments specified", 2)
    _refuse_unknown_binding(context, arguments.word(0))
    if arguments.text("relation"):
        named_relation(context, arguments.text("relation"))
    address = context.unit.address or LOOPBACK
    subnet = f"{address}/{128 if ':' in address else 32}"
    network = {
        "bind-addresses": [
            {
                "mac-address": "",
                "interface-name": "",
                "addresses": [{"hostname": "", "value": address, "cidr": subnet, "address": address}],
            }
        ],
        "egress-subnets": [subnet],
        "ingress-addresses": [address],
    }
    if any(map(arguments.flag, ("primary-address", "bind-address", "ingress-address"))):
        return arguments.render(address)
    return arguments.render([subnet] if arguments.flag("egress-subnets") else network)


@tool("unit-get", formatted=True)
def unit_get(context: HookContext, arguments: Arguments) -> str:
    if arguments.word(0) not in ("private-address", "public-address"):
        raise ToolError(f'unknown setting "{arguments.word(0)}"', 2)
    return arguments.render(context.unit.address or LOOPBACK)


def _refuse_unknown_binding(context: HookContext, binding: str) -> None:
    metadata = context.charm.metadata
    known = {"juju-info"}
    for section in ("provides", "requires", "peers", "extra-bindings"):
        known |= (metadata.get(section) or {}).keys()
    if binding not in known:
        raise ToolError(f'no network config found for binding "{binding}"')


def _port(text: str) -> str:
    """The canonical form ``80/tcp``, ``80-90/udp`` or ``icmp``.  Raises ToolError."""
    if text == "icmp":
        return text
    match = _PORT.fullmatch(text)
    low, high = (int(match["low"]), int(match["high"] or match["low"])) if match else (0, 0)
    if match is None or not 0 < low <= high <= 65535:
        raise ToolError(f'invalid port "{text}": expected <port>[/<protocol>] or <from>-<to>[/<protocol>]', 2)
    ports = str(low) if low == high else f"{low}-{high}"
    return f"{ports}/{match['protocol'] or 'tcp'}"
