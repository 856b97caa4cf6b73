"""The resolver against a random world: any order of events, any crash, the same end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from sunbeam.operators.entities import Seen, SeenRelation, WorkloadState
from sunbeam.operators.hooks import Hook
from sunbeam.operators.resolver import (
    OwnedSecretView,
    RelationView,
    UnitView,
    is_finished,
    is_moot,
    next_hook,
    next_moment,
)
from sunbeam.operators.seen import seen_after

NOW = "2025-06-01T12:00:00.000000Z"
LATER = "2025-06-01T12:07:00.000000Z"


@dataclass
class Link:
    """One relation as the world has it."""

    is_peer: bool
    leaving: bool = False
    members: dict[str, int] = field(default_factory=dict)
    application_version: int = 0


@dataclass
class World:
    """What is wanted of the unit ``app/0``, what it has seen, and every hook that ran, in order."""

    seen: Seen = field(default_factory=Seen)
    life: str = "alive"
    charm_url: str = "local:app-0"
    config: int = 0
    storage: list[str] = field(default_factory=lambda: ["data/0"])
    boot: int = 0
    links: dict[str, Link] = field(default_factory=dict)
    committed: list[Hook] = field(default_factory=list)

    def view(self) -> UnitView:
        relations = tuple(
            RelationView(
                number=number,
                endpoint=f"ep{number}",
                remote_application="app" if link.is_peer else f"remote{number}",
                is_peer=link.is_peer,
                leaving=link.leaving or self.life != "alive",
                members=dict(link.members),
                application_version=link.application_version,
            )
            for number, link in self.links.items()
        )
        return UnitView(
            name="app/0",
            seen=self.seen,
            now=NOW,
            life="alive" if self.life == "alive" else "dying",
            charm_url=self.charm_url,
            config_hash=f"config-{self.config}",
            is_leader=True,
            storage=tuple(self.storage),
            relations=relations,
            containers={"web": WorkloadState(boot_id=f"boot-{self.boot}" if self.boot else "")},
        )

    def step(self, crash: bool) -> bool:
        """Run the next hook; a crash comes after it ran and before its commit.  False: nothing to do."""
        hook = next_hook(self.view())
        if hook is None:
            return False
        if not crash:
            self.seen = seen_after(hook, self.seen)
            self.committed.append(hook)
            self.drop_left_relations()
        return True

    def drop_left_relations(self) -> None:
        for number in [number for number, link in self.links.items() if link.leaving]:
            if number not in self.seen.relations:
                del self.links[number]

    def settle(self) -> None:
        for _ in range(500):
            if not self.step(crash=False):
                return
        raise AssertionError(f"no end: {[hook.name for hook in self.committed[-10:]]}")


UNITS = st.sampled_from(["u/0", "u/1", "u/2"])
NUMBERS = st.sampled_from(["1", "2", "3"])
EVENTS = st.one_of(
    st.tuples(st.just("relate"), NUMBERS, UNITS),
    st.tuples(st.just("enter"), NUMBERS, UNITS),
    st.tuples(st.just("write"), NUMBERS, UNITS),
    st.tuples(st.just("write-app"), NUMBERS, UNITS),
    st.tuples(st.just("leave"), NUMBERS, UNITS),
    st.tuples(st.just("break"), NUMBERS, UNITS),
    st.tuples(st.just("configure"), NUMBERS, UNITS),
    st.tuples(st.just("upgrade"), NUMBERS, UNITS),
    st.tuples(st.just("boot"), NUMBERS, UNITS),
    st.tuples(st.just("run"), NUMBERS, UNITS),
    st.tuples(st.just("crash"), NUMBERS, UNITS),
)


def happen(world: World, event: tuple[str, str, str]) -> None:
    kind, number, unit = event
    link = world.links.get(number)
    if kind == "relate" and link is None:
        world.links[number] = Link(is_peer=number == "1")
    elif kind == "configure":
        world.config += 1
    elif kind == "upgrade":
        world.charm_url = f"local:app-{world.config + len(world.committed)}"
    elif kind == "boot":
        world.boot += 1
    elif kind in ("run", "crash"):
        world.step(crash=kind == "crash")
    elif link is not None and not link.leaving:
        if kind == "enter":
            link.members.setdefault(unit, 1)
        elif kind == "write" and unit in link.members:
            link.members[unit] += 1
        elif kind == "write-app":
            link.application_version += 1
        elif kind == "leave":
            link.members.pop(unit, None)
        elif kind == "break" and not link.is_peer:
            link.leaving = True
            world.drop_left_relations()


def check_order(hooks: list[Hook]) -> None:
    """Of each relation: created, then per unit joined, changed at once, changed..., departed; then broken."""
    state: dict[str, str] = defaultdict(lambda: "absent")
    members: dict[str, dict[str, str]] = defaultdict(dict)
    for position, hook in enumerate(hooks):
        number, unit = hook.relation, hook.remote_unit
        if not number:
            continue
        if hook.kind == "relation-created":
            assert state[number] == "absent"
            state[number] = "created"
            members[number] = {}
            continue
        assert state[number] == "created", f"{hook.name} before relation-created"
        if hook.kind == "relation-joined":
            assert unit not in members[number]
            members[number][unit] = "joined"
            following = next((later for later in hooks[position + 1 :] if later.relation == number), None)
            assert following is None or (
                following.remote_unit == unit or following.kind in ("relation-departed", "relation-broken")
            )
        elif hook.kind == "relation-changed" and unit:
            assert unit in members[number]
            members[number][unit] = "changed"
        elif hook.kind == "relation-departed":
            del members[number][unit]
        elif hook.kind == "relation-broken":
            assert not members[number]
            state[number] = "absent"


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_any_order_of_events_and_crashes_converges(events: list[tuple[str, str, str]]) -> None:
    world = World()
    for event in events:
        happen(world, event)
    world.settle()

    check_order(world.committed)
    assert world.seen.relations == {
        number: SeenRelation(
            units=link.members,
            applications=(
                {"app" if link.is_peer else f"remote{number}": link.application_version}
                if link.application_version
                else {}
            ),
        )
        for number, link in world.links.items()
    }
    assert (world.seen.charm_url, world.seen.config_hash) == (world.charm_url, f"config-{world.config}")
    assert world.seen.started and world.seen.leader and world.seen.storage == ["data/0"]
    assert world.seen.pebble_ready == ({"web": f"boot-{world.boot}"} if world.boot else {})
    assert next_hook(world.view()) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_a_dying_unit_always_finishes_and_leaves_everything(events: list[tuple[str, str, str]]) -> None:
    world = World()
    for event in events:
        happen(world, event)
    was_installed = world.seen.installed
    world.life = "dying"
    already = len(world.committed)
    world.settle()

    check_order(world.committed)
    assert is_finished(world.view())
    last = [hook.kind for hook in world.committed[already:]]
    assert last[-2:] == (["stop", "remove"] if was_installed else [])
    if was_installed:
        assert world.seen.relations == {} and world.seen.storage == []
        broken = {hook.relation for hook in world.committed[already:] if hook.kind == "relation-broken"}
        assert "1" not in broken, "peer relations never break"


def test_a_fresh_leader_with_a_peer_relation_and_a_workload() -> None:
    world = World(links={"1": Link(is_peer=True, members={"app/1": 1})}, boot=1)
    world.settle()
    assert [hook.name for hook in world.committed] == [
        "data-storage-attached",
        "install",
        "ep1-relation-created",
        "leader-elected",
        "config-changed",
        "start",
        "web-pebble-ready",
        "ep1-relation-joined",
        "ep1-relation-changed",
    ]


def test_an_upgrade_is_followed_by_config_changed_and_start() -> None:
    world = World()
    world.settle()
    world.committed.clear()
    world.charm_url = "local:app-1"
    world.settle()
    assert [hook.name for hook in world.committed] == ["upgrade-charm", "config-changed", "start"]


def test_nothing_happens_before_the_substrate_is_ready() -> None:
    assert next_hook(UnitView("a/0", Seen(), NOW, substrate_ready=False)) is None


def test_update_status_and_secret_timers() -> None:
    seen = Seen(installed=True, started=True)
    secret = OwnedSecretView("abc", 3, next_rotation=LATER, expiries={1: NOW}, unused=(2,))
    view = UnitView("a/0", seen, NOW, owned_secrets=(secret,), update_status_at=LATER)
    hooks = []
    while hook := next_hook(view):
        hooks.append((hook.name, hook.version))
        view = UnitView(
            "a/0", seen_after(hook, view.seen), NOW, owned_secrets=(secret,), update_status_at=LATER
        )
    assert hooks == [("secret-expired", 1), ("secret-remove", 2)]
    assert next_moment(view) == "2025-06-01T12:05:00.000000Z"  # the reminder of secret-expired

    view = UnitView("a/0", view.seen, LATER, owned_secrets=(secret,), update_status_at=LATER)
    rotate = next_hook(view)
    assert rotate and (rotate.name, rotate.version) == ("secret-rotate", 3)


def test_a_failed_hook_whose_relation_is_gone_is_moot() -> None:
    changed = Hook(kind="relation-changed", endpoint="ep", relation="1", remote_unit="u/0", version=4)
    seen = Seen(installed=True, relations={"1": SeenRelation(units={"u/0": 1})})
    alive = RelationView("1", "ep", "u", members={"u/0": 4})
    leaving = RelationView("1", "ep", "u", leaving=True)
    assert not is_moot(changed, UnitView("a/0", seen, NOW, relations=(alive,)))
    assert is_moot(changed, UnitView("a/0", seen, NOW, relations=(leaving,)))
    assert is_moot(changed, UnitView("a/0", seen, NOW))
    assert is_moot(Hook(kind="config-changed"), UnitView("a/0", seen, NOW, life="dying"))
