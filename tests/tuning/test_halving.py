"""Which trials a search needs next: a function of those that have ended."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.tuning.halving import (
    Budget,
    FinishedTrial,
    PlannedTrial,
    expected_trials,
    plan_trials,
    trials_to_start_from,
)

RANKING = ["third", "first", "second", "fourth"]
BUDGET = Budget(frozen_trials=3, tuned_trials=2, factor=2, epochs=8)


def run(budget, ranking, merit_of, stop_after=None):
    """Trials run one by one, each the first of the plan that has not ended."""
    ended = []
    while stop_after is None or len(ended) < stop_after:
        probed = ranking if ended else None
        waiting = [
            s for s in plan_trials(budget, probed, ended) if s not in {e.planned for e in ended}
        ]
        if not waiting:
            break
        ended.append(FinishedTrial(str(len(ended)), waiting[0], merit_of(waiting[0])))
    return ended


def merit_by_name(step):
    return {"": 0.0, "first": 1.0, "second": 2.0, "third": 3.0, "fourth": 4.0}[step.cut]


def test_probe_then_frozen_then_rungs():
    assert [ended.planned for ended in run(BUDGET, RANKING, merit_by_name)] == [
        PlannedTrial("probe"),
        PlannedTrial("frozen", "third", 8),
        PlannedTrial("frozen", "first", 8),
        PlannedTrial("frozen", "second", 8),
        PlannedTrial("fine-tuned", "third", 4, 0, "1"),
        PlannedTrial("fine-tuned", "second", 4, 0, "3"),
        PlannedTrial("fine-tuned", "third", 8, 1, "4"),
    ]


def test_nothing_is_fine_tuned_if_nothing_may_be():
    phases = [e.planned.phase for e in run(Budget(2, 0, 2, 8), RANKING, merit_by_name)]
    assert phases == ["probe", "frozen", "frozen"]


@pytest.mark.parametrize("tuned", [3, 7, 10**30])
def test_no_more_are_fine_tuned_than_heads_are_trained(tuned):
    budget = Budget(3, tuned, 2, 8)
    assert budget.rungs == [3, 1]
    assert budget.shortest == budget.epochs_of(0) == 4
    phases = [e.planned.phase for e in run(budget, RANKING, merit_by_name)]
    assert phases == ["probe"] + ["frozen"] * 3 + ["fine-tuned"] * 4


def test_failed_trials_are_not_promoted():
    ended = run(BUDGET, RANKING, lambda step: None if step.cut == "third" else 1.0)
    assert [e.planned.cut for e in ended if e.planned.phase == "fine-tuned"] == [
        "first",
        "second",
        "first",
    ]


def test_the_search_ends_if_everything_fails():
    assert len(run(BUDGET, RANKING, lambda step: None if step.cut else 0.0)) == 4


BUDGETS = st.builds(
    Budget,
    st.integers(1, 6),
    st.integers(0, 6),
    st.integers(2, 3),
    st.integers(1, 20),
    refits=st.integers(0, 3),
)


@given(
    budget=BUDGETS,
    merits=st.lists(st.floats(0, 1) | st.none(), min_size=40, max_size=40),
)
def test_weights_that_a_later_trial_starts_from_are_never_given_up(budget, merits):
    order = iter(merits)
    ended = run(budget, RANKING, lambda step: next(order) if step.cut else 0.0)
    available = set()
    for count in range(1, len(ended) + 1):
        step = ended[count - 1].planned
        assert not step.start or step.phase == "refit" or step.start in available
        so_far = ended[:count]
        available.add(ended[count - 1].trial_id)
        available &= trials_to_start_from(budget, plan_trials(budget, RANKING, so_far), so_far)


@pytest.mark.parametrize("budget", [BUDGET, Budget(3, 0, 2, 8), Budget(3, 1, 2, 8)])
@pytest.mark.parametrize("merit", [None, 0.0, float("-inf")])
def test_nothing_starts_from_a_probe(budget, merit):
    plan = plan_trials(budget, None, [])
    assert trials_to_start_from(budget, plan, [FinishedTrial("0", plan[0], merit)]) == set()


@given(
    budget=BUDGETS,
    fails=st.lists(st.booleans(), min_size=40, max_size=40),
    stop=st.integers(0, 40),
)
def test_the_trials_that_are_expected_come_unless_others_fail(budget, fails, stop):
    order = iter(fails)
    ended = run(budget, RANKING, lambda step: None if step.cut and next(order) else 0.5, stop)
    rest = run(budget, RANKING, merit_by_name)  # without failures
    plan = plan_trials(budget, RANKING if ended else None, ended)

    expected = expected_trials(budget, len(RANKING), plan, ended)

    assert expected[: len(plan)] == plan
    if not any(one.merit is None for one in ended):
        assert list(map(kind, expected)) == [kind(one.planned) for one in rest]


def kind(step):
    return step.phase if step.phase == "refit" else (step.phase, step.epochs, step.rung)


def test_the_best_trials_are_trained_on_all_rows_when_all_others_have_ended():
    ended = run(replace(BUDGET, refits=2), RANKING, lambda step: merit_by_name(step) - step.rung)

    assert [one.planned for one in ended[-2:]] == [
        PlannedTrial("refit", "third", 8, 0, "1"),
        PlannedTrial("refit", "third", 4, 0, "4"),
    ]
    assert [one.planned.phase for one in ended].count("refit") == 2
    assert trials_to_start_from(BUDGET, plan_trials(BUDGET, RANKING, ended), ended) == set()


def test_what_failed_is_not_expected_to_go_on():
    ended = run(BUDGET, RANKING, lambda step: None if step.cut else 0.0)
    assert len(expected_trials(BUDGET, 4, plan_trials(BUDGET, RANKING, ended), ended)) == 4


def test_each_trial_survives_as_values():
    step = PlannedTrial("fine-tuned", "third", 4, 1, "0002")
    assert PlannedTrial.from_values({**step.to_values(), "learning_rate": 0.1}) == step


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 1, 2, 3), "frozen_trials"),
        ((1, -1, 2, 3), "tuned_trials"),
        ((1, 1, 1, 3), "factor"),
        ((1, 1, 2, 0), "epochs"),
        ((1, 1, 2, 2**31), "epochs"),
    ],
)
def test_a_budget_out_of_range_is_refused(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        Budget(*arguments)
