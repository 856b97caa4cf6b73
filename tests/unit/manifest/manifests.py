"""Manifests without mistakes, made at random: every key of the model, each with whatever it can hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from pydantic import BaseModel

from sunbeam.core.manifest import software
from sunbeam.core.manifest.model import HOST_NAME, INTERFACE, NAME, SIZE, External, Manifest
from sunbeam.core.manifest.rules import RESERVED_PROJECTS, RESERVED_USERS, broken_rules

Values = st.SearchStrategy[Any]

RANGE = "172.24.4.0"
"""Of external networks: the default's, so that addresses fit where no range is said."""


def shaped(pattern: str) -> st.SearchStrategy[str]:
    """Python's ``$`` would let a line end follow, which the model's does not."""
    return st.from_regex(pattern.strip("^$"), fullmatch=True)


names = shaped(NAME)
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="$", exclude_categories=["Cs", "Cc"]), max_size=30
)
references = st.sampled_from(["${env:HOME}", f"${{file:{Path(__file__).parent / '__init__.py'}}}"])
traps = st.sampled_from(["no", "010", "1.5", "~", "- a", "a: b", "#", "null", "$${env:HOME}", "a $${b}"])


def some(**keys: Values) -> Values:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


VALUES: dict[str, Values] = {
    "boolean": st.booleans() | references,
    "int": st.integers(-(10**6), 10**6) | references,
    "float": st.floats(allow_nan=False, allow_infinity=False) | references,
    "string": texts | traps | references,
}
sizes = shaped(SIZE)
quotas = st.integers(-1, 10**6)
resolvers = st.lists(st.ip_addresses(network="192.0.2.0/24").map(str), max_size=3)
urls = references | st.sampled_from(
    ["", "http://proxy.example.org:3128", "https://me@192.0.2.7:8080/", "http://me:${env:HOME}@proxy:3128"]
)


def options(charm: str) -> Values:
    known = software.charms()[charm].options.items()
    free = [(name, what["type"]) for name, what in known if (charm, name) not in software.DECIDED]
    return st.lists(st.one_of(*(st.tuples(st.just(name), VALUES[kind]) for name, kind in free))).map(dict)


def charm(name: str) -> Values:
    storage = some(**dict.fromkeys(software.charms()[name].storage, sizes))
    return some(config=options(name), units=st.just(1), storage=storage)


charms = st.lists(st.sampled_from(sorted(software.charms())), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: charm(name) for name in names})
)
images = st.dictionaries(st.sampled_from(sorted(software.images())), shaped(r"[a-z./:@-]{1,30}"))


@st.composite
def externals(draw: st.DrawFn) -> dict[str, Any]:
    """Addresses of VMs are on either side of the gateway."""
    addresses = External.model_validate({"range": f"{RANGE}/{draw(st.integers(22, 30))}"}).range
    highest = addresses.num_addresses - 2
    gateway = draw(st.integers(1, highest))
    sides = [(low, high) for low, high in ((1, gateway - 1), (gateway + 1, highest)) if low <= high]
    low, high = draw(st.sampled_from(sides))
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    places = {"gateway": gateway, "first": first, "last": last}
    made: dict[str, Any] = draw(
        some(
            range=st.just(str(addresses)),
            **{key: st.just(str(addresses[place])) for key, place in places.items()},
            interface=shaped(INTERFACE),
            lose_addresses=st.booleans(),
            mtu=st.integers(1280, 9216),
        )
    )
    assume(not any(broken_rules(Manifest.model_validate({"network": {"external": made}}))))
    return made


networks = some(
    address=st.ip_addresses(network="198.51.100.0/24").map(str),
    pods=st.integers(0, 255).map(lambda third: f"10.77.{third}.0/24"),
    external=externals(),
    dns=resolvers,
)
flavors = st.fixed_dictionaries(
    {"ram": st.integers(1, 10**6), "vcpus": st.integers(1, 10**6), "disk": st.integers(0, 10**6)}
)
demos = some(
    project=names.filter(lambda name: name not in RESERVED_PROJECTS),
    user=names.filter(lambda name: name not in {*RESERVED_USERS, *software.charms()}),
    password=st.just("") | references,
    network=some(range=st.integers(0, 255).map(lambda third: f"192.168.{third}.0/24"), dns=resolvers),
    quota=some(instances=quotas, cores=quotas, ram=quotas),
    flavors=st.dictionaries(names | texts.filter(bool) | traps, flavors, max_size=3),
)
nodes = some(
    name=shaped(HOST_NAME),
    roles=st.permutations(["control", "compute"]) | st.just(["control"]),
)
manifests = some(
    schema=st.just(1),
    name=texts.map(lambda text: text[:60]),
    substrate=st.just("embedded"),
    region=names,
    network=networks,
    proxy=some(http=urls, https=urls, no_proxy=texts | traps | references),
    software=some(charms=charms, images=images),
    demo=demos,
    features=st.just({}),
    nodes=st.lists(nodes, max_size=1),
).map(Manifest.model_validate)


def keys_said(part: BaseModel, above: str = "") -> Iterator[str]:
    """The keys that were written, as the reference of manifests spells them: ``demo.flavors.NAME.ram``."""
    for name in part.model_fields_set:
        key, value = f"{above}{type(part).model_fields[name].alias or name}", getattr(part, name)
        if isinstance(value, BaseModel) and type(value).model_fields:
            yield from keys_said(value, f"{key}.")
            continue
        yield key
        below = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
        for each in below:
            if isinstance(each, BaseModel):
                yield from keys_said(each, f"{key}.NAME." if isinstance(value, dict) else f"{key}[].")
