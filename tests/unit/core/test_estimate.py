from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sunbeam.core.estimate import Expected, forecast


def test_needs_follow_one_another_and_the_rest_runs_beside() -> None:
    found = forecast([Expected("a", 10), Expected("b", 5, needs=("a",)), Expected("c", 12)])
    assert found.seconds == 15 and found.critical == ("a", "b")
    assert found.ends == {"a": 10, "b": 15, "c": 12}


def test_a_lane_takes_so_many_at_a_time_the_longest_first() -> None:
    builds = [
        Expected(name, seconds, lane="builders", width=2)
        for name, seconds in (("a", 1), ("b", 5), ("c", 4), ("d", 3))
    ]
    assert forecast(builds).ends == {"b": 5, "c": 4, "d": 7, "a": 6}


def test_work_that_awaits_others_ends_after_them() -> None:
    found = forecast([Expected("image", 100), Expected("wait", 25, awaits=("image",))])
    assert found.seconds == 125 and found.critical == ("image", "wait")
    assert forecast([Expected("wait", 25, awaits=("image",))], done=["image"]).seconds == 25


def test_slots_of_the_engine_bound_it() -> None:
    assert forecast([Expected(str(i), 1) for i in range(10)], parallel=2).seconds == 5


def test_what_runs_has_some_of_it_behind() -> None:
    tasks = [Expected("a", 10), Expected("b", 5, needs=("a",))]
    assert forecast(tasks, running={"a": 4}).seconds == 11
    assert forecast(tasks, running={"a": 40}).seconds == 5
    assert forecast(tasks, done=["a", "b"]).seconds == 0


names = st.integers(min_value=1, max_value=12)


@given(st.data(), names)
def test_every_task_ends_after_what_it_needs(data: st.DataObject, count: int) -> None:
    tasks = []
    for number in range(count):
        before = [str(each) for each in range(number)]
        draw = st.lists(st.sampled_from(before), unique=True) if before else st.just([])
        needs = tuple(data.draw(draw))
        tasks.append(Expected(str(number), data.draw(st.integers(0, 9)), needs=needs, lane="x", width=2))
    found = forecast(tasks, parallel=3)
    assert set(found.ends) == {task.task for task in tasks}
    for task in tasks:
        assert all(found.ends[task.task] >= found.ends[need] + task.seconds for need in task.needs)
    assert found.seconds == max(found.ends.values()) <= sum(task.seconds for task in tasks)
    assert found.critical[-1] in found.ends
