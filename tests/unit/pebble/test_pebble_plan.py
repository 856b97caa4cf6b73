import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunbeam.operators.pebble.manager.errors import ApiError
from sunbeam.operators.pebble.manager.layer_schema import parse_command
from sunbeam.operators.pebble.manager.plan import Plan
from sunbeam.operators.pebble.manager.yaml_writer import write_yaml

NAMES = ["a", "b", "c", "d", "e"]


def plan_of(services: dict[str, dict[str, list[str]]]) -> Plan:
    plan = Plan()
    content = {name: {"override": "replace", "command": name, **more} for name, more in services.items()}
    plan.add("test", write_yaml({"services": content}), combine=False)
    return plan


def test_merge_rules() -> None:
    plan = Plan()
    plan.add(
        "one",
        "services: {a: {override: replace, command: one, after: [b], environment: {A: 1, B: 1}, user: root},"
        " b: {override: replace, command: b, user: root}}\n"
        "checks: {c: {override: replace, period: 5s, http: {url: 'http://x', headers: {H: 1}}}}",
        combine=False,
    )
    plan.add(
        "two",
        "services: {a: {override: merge, command: two, after: [c], environment: {B: 2}},"
        " b: {override: replace, command: other}, c: {override: merge, command: c}}\n"
        "checks: {c: {override: merge, threshold: 5, http: {headers: {I: 2}}}}",
        combine=False,
    )
    assert plan.services["a"] == {
        "override": "merge",
        "command": "two",
        "after": ["b", "c"],
        "environment": {"A": "1", "B": "2"},
        "user": "root",
    }
    assert plan.services["b"] == {"override": "replace", "command": "other"}
    assert plan.checks["c"]["http"] == {"url": "http://x", "headers": {"H": "1", "I": "2"}}
    assert (plan.checks["c"]["period"], plan.checks["c"]["threshold"]) == ("5s", 5)


def test_a_combined_layer_keeps_its_place() -> None:
    plan = Plan()
    plan.add("low", "services: {a: {override: replace, command: low}}", combine=False)
    plan.add("high", "services: {a: {override: replace, command: high}}", combine=False)
    plan.add("low", "services: {a: {override: replace, command: lower}}", combine=True)
    assert plan.services["a"]["command"] == "high"
    assert [layer.label for layer in plan.layers] == ["low", "high"]


def test_unrelated_services_have_their_own_lanes() -> None:
    plan = plan_of(
        {"a": {}, "b": {"after": ["a"]}, "c": {}, "d": {"requires": ["c"]}, "e": {"before": ["c"]}}
    )
    lanes = plan.lanes(["a", "b", "c", "d", "e"])
    assert sorted(sorted(lane) for lane in lanes) == [["a", "b"], ["c", "d", "e"]]
    assert plan.lanes(["b"]) == [["b"]], "an order does not require"
    assert sorted(plan.lanes(["d"])[0]) == ["c", "d"]
    assert sorted(plan.lanes(["c"], stopping=True)[0]) == ["c", "d"], "what requires it stops too"


@given(
    st.permutations(NAMES),
    st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] < pair[1])),
    st.sets(st.sampled_from(NAMES), min_size=1),
)
def test_lanes_respect_the_order(order: list[str], pairs: set[tuple[int, int]], wanted: set[str]) -> None:
    plan = plan_of(
        {name: {"after": [order[low] for low, high in pairs if order[high] == name]} for name in NAMES}
    )
    for stopping in (False, True):
        lanes = plan.lanes(sorted(wanted), stopping)
        assert sorted(name for lane in lanes for name in lane) == sorted(wanted)
        for low, high in pairs:
            first, second = (order[high], order[low]) if stopping else (order[low], order[high])
            if {first, second} <= wanted:
                (lane,) = [lane for lane in lanes if first in lane]
                assert lane.index(first) < lane.index(second)


@pytest.mark.parametrize("stopping", [False, True])
def test_a_loop_is_refused(stopping: bool) -> None:
    with pytest.raises(ApiError, match="services in before/after loop: a, b"):
        plan_of({"a": {"after": ["b"]}, "b": {"after": ["a"]}}).lanes(["a"], stopping)


def test_commands_may_have_default_arguments() -> None:
    assert parse_command("run --a 'b c' [ --d e ]") == ["run", "--a", "b c", "--d", "e"]
    for wrong in ("", "[ a ]", "a [ b ] c", "a ]", "a 'b"):
        with pytest.raises(ValueError, match=r"."):
            parse_command(wrong)
