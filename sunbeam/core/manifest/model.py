"""The manifest: everything that a person can say about a cloud, each key with its default and its meaning.

The docstring below a key is its description in the JSON Schema and in the reference.  A key is here only if
it has an effect.  What needs two keys to be judged is in ``rules``.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from sunbeam.core import ranges

SCHEMA = 1
"""The schema that this version writes and reads; ``migrate`` brings older files to it."""


def _no_number(value: Any) -> Any:
    """Python takes the number 5 for the address 0.0.0.5."""
    if isinstance(value, (int, float)):
        raise PydanticCustomError("string_type", "must be text")
    return value


def _whole(value: Any) -> Any:
    """Python takes true and 1.0 for the number 1."""
    if type(value) is not int:
        raise PydanticCustomError("int_type", "must be a number")
    return value


def _of_a_machine(address: IPv4Address) -> IPv4Address:
    if address.is_unspecified or address.is_multicast or address.is_reserved:
        raise PydanticCustomError("no_machine", "must be the address of a machine")
    return address


Address = Annotated[IPv4Address, BeforeValidator(_no_number)]
Range = Annotated[IPv4Network, BeforeValidator(_no_number)]
Resolver = Annotated[Address, AfterValidator(_of_a_machine)]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
HOST_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
INTERFACE = r"^[A-Za-z0-9_.-]{0,15}$"
SIZE = r"^[1-9][0-9]*[MGTP]$"
IMAGE = r"^\S+$"
TITLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
PATTERNS = {
    NAME: "a name of letters, digits, dots, dashes and underscores",
    HOST_NAME: "a host name of small letters, digits and dashes",
    INTERFACE: "the name of a network interface",
    SIZE: "a size such as 20G",
    TITLE: "one line without control characters",
    IMAGE: "an image reference such as registry.example.org/keystone:1",
}
Name = Annotated[str, StringConstraints(pattern=NAME)]
HostName = Annotated[str, StringConstraints(pattern=HOST_NAME)]
Interface = Annotated[str, StringConstraints(pattern=INTERFACE)]
Title = Annotated[str, StringConstraints(max_length=60, pattern=TITLE)]
Size = Annotated[str, StringConstraints(pattern=SIZE)]
ImageReference = Annotated[str, StringConstraints(pattern=IMAGE)]
Role = Literal["control", "compute"]


class Part(BaseModel):
    """A mapping of the manifest: its keys and no others."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )


class External(Part):
    """The network outside, on which floating addresses of VMs are reached."""

    range: Range = ranges.EXTERNAL
    """IPv4 range of the external network."""

    gateway: Address | None = None
    """Router of the range, by default its first address; without an interface this machine has it."""

    first: Address | None = None
    """First address that VMs may get; without one the sixteenth of the range."""

    last: Address | None = None
    """Last address that VMs may get; without one the last but one of the range."""

    interface: Interface = ""
    """Network interface that leads to the range; without one only this machine reaches it."""

    lose_addresses: StrictBool = False
    """Take the interface although it has addresses, at which this machine then no longer answers."""

    mtu: Annotated[StrictInt, Field(ge=1280, le=9216)] = 1500
    """Largest packet, in bytes, that the way outside carries; VMs send none that are larger."""

    @property
    def router(self) -> IPv4Address:
        return self.gateway or self.range[1]

    @property
    def pool(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address that VMs may get."""
        return self.first or self.range[16], self.last or self.range[-2]


class Network(Part):
    """Addresses of the cloud."""

    address: Address | None = None
    """Address at which users reach the cloud; without one that of this machine's default route."""

    pods: Range = ranges.PODS
    """IPv4 range of the control plane's pods and of machine containers."""

    external: External = External()
    """The network outside, on which floating addresses of VMs are reached."""

    dns: tuple[Resolver, ...] = ()
    """Resolvers of subnets that name none; by default this machine's, else that of the charm neutron."""


class Proxy(Part):
    """The proxy through which this machine, its image builds and charms reach the world."""

    http: str = ""
    """URL of the proxy for HTTP."""

    https: str = ""
    """URL of the proxy for HTTPS."""

    no_proxy: str = ""
    """Names, domains and ranges that are reached without a proxy, separated by commas."""


class Charm(Part):
    """How an application is deployed."""

    config: dict[str, str | StrictInt | FiniteFloat | StrictBool] = {}
    """Options of the charm; they can be changed later."""

    units: Annotated[StrictInt, Field(ge=1)] = 1
    """Number of units; the embedded substrate runs one."""

    storage: dict[str, Size] = {}
    """Size by storage label, such as 20G; it cannot be changed later."""


class Software(Part):
    """What the cloud runs."""

    charms: dict[str, Charm] = {}
    """How applications differ from their charm's defaults, by name."""

    images: dict[str, ImageReference] = {}
    """Container images to pull instead of building them: reference by the name of the recipe."""


class DemoNetwork(Part):
    """The demo project's own network."""

    range: Range = ranges.DEMO
    """IPv4 range of the network."""

    dns: tuple[Resolver, ...] = ()
    """Resolvers of VMs on it; without one those of the cloud."""


class Quota(Part):
    """How much the demo project may use."""

    instances: Annotated[StrictInt, Field(ge=-1)] = 20
    """Number of VMs; -1 is no limit."""

    cores: Annotated[StrictInt, Field(ge=-1)] = 40
    """Number of virtual CPUs; -1 is no limit."""

    ram: Annotated[StrictInt, Field(ge=-1)] = 65536
    """Memory in MiB; -1 is no limit."""


class Flavor(Part):
    """A size of VMs."""

    ram: Annotated[StrictInt, Field(ge=1)]
    """Memory in MiB."""

    vcpus: Annotated[StrictInt, Field(ge=1)]
    """Number of virtual CPUs."""

    disk: Annotated[StrictInt, Field(ge=0)]
    """Root disk in GiB; 0 is the size of the image."""


class Demo(Part):
    """What `sunbeam configure` makes for a first VM."""

    project: Name = "demo"
    """Name of the project, its network and its router."""

    user: Name = "demo"
    """Name of the user."""

    password: str = ""
    """Password of the user: a reference; without one it is made up."""

    network: DemoNetwork = DemoNetwork()
    """The project's own network."""

    quota: Quota = Quota()
    """How much the project may use."""

    flavors: dict[str, Flavor] = {
        "m1.tiny": Flavor(ram=192, vcpus=1, disk=1),
        "m1.small": Flavor(ram=1024, vcpus=1, disk=10),
        "m1.medium": Flavor(ram=2048, vcpus=2, disk=20),
    }
    """Sizes of VMs by name."""


class Features(Part):
    """Optional capabilities by name; this version has none."""


class Node(Part):
    """A machine of the cloud."""

    name: HostName | None = None
    """Name of the machine; of the first one, without this key, its host name."""

    roles: tuple[Role, ...] = ("control", "compute")
    """What the machine does."""


class Manifest(Part):
    """A cloud.  Without a manifest it is made of the defaults."""

    schema_version: Annotated[Literal[1], BeforeValidator(_whole), Field(alias="schema")] = 1
    """Version of this format."""

    name: Title = ""
    """Name of the cloud, in the title of the dashboard's pages."""

    substrate: Literal["embedded"] = "embedded"
    """What runs the operators."""

    region: Name = "RegionOne"
    """Name of the OpenStack region."""

    network: Network = Network()
    """Addresses of the cloud."""

    proxy: Proxy = Proxy()
    """The proxy through which this machine, its image builds and charms reach the world."""

    software: Software = Software()
    """What the cloud runs."""

    demo: Demo = Demo()
    """What `sunbeam configure` makes for a first VM."""

    features: Features = Features()
    """Optional capabilities by name; this version has none."""

    nodes: tuple[Node, ...] = ()
    """The machines; this version makes a cloud of one."""

    def dump(self) -> dict[str, Any]:
        """As JSON would hold it, defaults included; keys without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
