"""The questions, in the order in which they are asked: every key of the manifest that a line can answer."""

from __future__ import annotations

from sunbeam.core import question_facts as facts
from sunbeam.core.question import Answers, Choice, Question
from sunbeam.core.question_facts import INTERFACE, SHIPPED, shipped

__all__ = ["DETECTED", "FILE_ONLY", "QUESTIONS", "Answers", "Choice", "Question"]

CLOUD, NETWORK, EXTERNAL, PROXY, DEMO = "The cloud", "Network", "External network", "Proxy", "First project"

QUESTIONS: tuple[Question, ...] = (
    Question(
        "name", "What is the cloud called?",
        "It is the title of the dashboard's pages. You can change it later.",
        CLOUD, basic=True, default=facts.host_name,
    ),
    Question(
        "region", "What is the OpenStack region called?",
        "Clients name it. It cannot be changed later.",
        CLOUD, default=shipped(SHIPPED.region),
    ),
    Question(
        "network.address", "At which address do users reach the cloud?",
        "APIs and the dashboard answer there, and their certificate names it.",
        NETWORK, basic=True, default=facts.own_address, choices=facts.addresses,
    ),
    Question(
        "network.pods", "Which IPv4 range do the control plane's pods get?",
        "It is used inside of this machine, so nothing that users reach may have it.",
        NETWORK, default=facts.pod_range, check=facts.range_problem,
    ),
    Question(
        "network.dns", "Which resolvers do VMs use?",
        "IPv4 addresses, separated by commas, for subnets that name none.",
        NETWORK, default=facts.resolvers, empty="what the charm neutron says",
    ),
    Question(
        INTERFACE, "From where are VMs reached?",
        "An interface of its own lets your network reach their floating addresses.",
        EXTERNAL, basic=True, choices=facts.outward, check=facts.interface_problem, empty="this machine only",
    ),
    Question(
        "network.external.lose_addresses", "May that interface lose its addresses?",
        "They do not answer while the interface belongs to the external network.",
        EXTERNAL, basic=True, default=shipped("false"), choices=facts.yes_or_no, check=facts.lose_problem,
        reads=(INTERFACE, facts.ADDRESS),
        applies=facts.interface_has_addresses, needed=facts.interface_has_addresses,
    ),
    Question(
        "network.external.range", "Which IPv4 range does the external network have?",
        "Floating addresses of VMs come from it.",
        EXTERNAL, basic=True, default=facts.external_range, check=facts.external_problem,
        reads=(INTERFACE,), when=facts.has_interface, needed=facts.has_interface,
    ),
    Question(
        "network.external.first", "Which is the first address that VMs may get?",
        "Addresses that other machines have must not be among them.",
        EXTERNAL, basic=True, when=facts.has_interface, empty="the 16th address of the range",
    ),
    Question(
        "network.external.last", "Which is the last address that VMs may get?",
        "Addresses that other machines have must not be among them.",
        EXTERNAL, basic=True, when=facts.has_interface, check=facts.pool_problem,
        reads=(INTERFACE, facts.RANGE, "network.external.first"), empty="the last but one of the range",
    ),
    Question(
        "network.external.gateway", "Which address has its router?",
        "VMs reach the world through it.",
        EXTERNAL, basic=True, default=facts.router, when=facts.has_interface,
        empty="the first address of the range",
    ),
    Question(
        "network.external.mtu", "How large may packets be, in bytes?",
        "Networks in tunnels carry less than 1500; larger packets get lost there.",
        EXTERNAL, default=facts.mtu,
    ),
    Question(
        "proxy.http", "Which proxy leads to HTTP servers?",
        "Packages and images are fetched through it.",
        PROXY, basic=True, default=lambda answers, detected: detected.proxy.http,
        when=facts.has_proxy, empty="none",
    ),
    Question(
        "proxy.https", "Which proxy leads to HTTPS servers?",
        "Packages and images are fetched through it.",
        PROXY, basic=True, default=lambda answers, detected: detected.proxy.https,
        when=facts.has_proxy, empty="none",
    ),
    Question(
        "proxy.no_proxy", "What is reached without a proxy?",
        "Names, domains and ranges, separated by commas. The cloud's own are always added.",
        PROXY, default=lambda answers, detected: detected.proxy.no_proxy, empty="nothing else",
    ),
    Question(
        "demo.project", "What is the first project called?",
        "`sunbeam configure` makes it.",
        DEMO, default=shipped(SHIPPED.demo.project),
    ),
    Question(
        "demo.user", "What is its user called?",
        "`sunbeam configure` makes the user.",
        DEMO, default=shipped(SHIPPED.demo.user),
    ),
    Question(
        "demo.password", "Where is the user's password?",
        "${file:/root/password} or ${env:NAME}: a manifest holds no password.",
        DEMO, empty="it is made up",
    ),
    Question(
        "demo.network.range", "Which IPv4 range does the project's network have?",
        "VMs get their own addresses from it.",
        DEMO, default=shipped(SHIPPED.demo.network.range),
    ),
    Question(
        "demo.network.dns", "Which resolvers do VMs on it use?",
        "IPv4 addresses, separated by commas.",
        DEMO, empty="those of the cloud",
    ),
    Question(
        "demo.quota.instances", "How many VMs may the project have?",
        "-1 is no limit.",
        DEMO, default=shipped(SHIPPED.demo.quota.instances),
    ),
    Question(
        "demo.quota.cores", "How many virtual CPUs may they have?",
        "-1 is no limit.",
        DEMO, default=shipped(SHIPPED.demo.quota.cores),
    ),
    Question(
        "demo.quota.ram", "How much memory may they have, in MiB?",
        "-1 is no limit.",
        DEMO, default=shipped(SHIPPED.demo.quota.ram),
    ),
)  # fmt: skip

FILE_ONLY = {
    "schema": "there is one version",
    "substrate": "there is one substrate",
    "features": "there are none yet",
    "nodes": "a list of machines",
    "software.charms": "options of every charm, by its name",
    "software.images": "references by the name of the image",
    "demo.flavors": "sizes of VMs by their names",
}
"""Keys that a manifest file alone can hold, and why."""

DETECTED = {
    "name": "the host name",
    "network.address": "the address of the default route; without one 127.0.0.1",
    "network.pods": "a private range that nothing here uses, if the default is in use",
    "network.dns": "the resolvers of this machine that VMs reach: of IPv4, neither loopback nor link-local",
    "network.external.range": "a private range that nothing here uses, if the default is in use",
    "network.external.gateway": "that of the default route, if it is in the range of a physical network",
    "network.external.mtu": "that of `network.external.interface`, else of the default route; 1500 at most",
    "proxy.http": "that of the environment or of `/etc/environment`",
    "proxy.https": "that of the environment or of `/etc/environment`",
    "proxy.no_proxy": "that of the environment or of `/etc/environment`",
}
"""Keys whose default the machine decides, and what it is."""
