"""Which strategies are better beyond the noise, and how often that is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from _measured_runs import run, run_of_rows, runs
from keras_mtl.results.run_groups import RunGroups
from keras_mtl.results.standing import standings

UNLIKE = (0.05, 0.6)
"""How much the trainings of the steadiest strategy vary, and of the other extreme."""
SETTINGS = {
    "rows": {"strategies": 2, "seeds": 8, "rows": 200, "noises": (0.02, 0.02), "suiting": 4},
    "trainings": {"strategies": 5, "seeds": 4, "rows": 400, "noises": UNLIKE},
}


def simulated(seed, strategies, seeds, rows, noises, effects=None, counts=(20, 100), suiting=0.8):
    """Runs of strategies that are right with known probabilities, and differ in their noise."""
    rng = np.random.default_rng(seed)
    easiness = rng.normal(0, 2, rows)
    made = []
    for number, noise in enumerate(np.geomspace(*noises, strategies)):
        suits = easiness + rng.normal(0, suiting, rows) + (effects[number] if effects else 0)
        for labels in counts:
            for one in range(seeds):
                right = rng.random(rows) < 1 / (1 + np.exp(-suits - noise * rng.normal()))
                made.append(run_of_rows(f"way{number}", labels, one, right))
    return made


def standing(all_runs, level=0.05):
    return standings(RunGroups(all_runs), level, None)


@pytest.mark.parametrize("setting", SETTINGS)
def test_equal_strategies_are_rarely_told_apart(setting):
    comparisons = [standing(simulated(seed, **SETTINGS[setting])) for seed in range(40)]
    wrong = sum(any(one.behind for one in comparison) for comparison in comparisons)
    assert wrong <= 5  # Of 40 with 5%, that many or fewer are in 98% of all cases.


def test_two_equal_best_strategies_are_rarely_told_apart():
    """The best two differ in their noise from the others, so no variance may be shared."""
    tied, effects = {"way3", "way4"}, (-1, -1, -1, 0, 0)
    many = [simulated(seed, 5, 4, 300, UNLIKE, effects, (20,)) for seed in range(40)]
    assert sum(bool(tied & set(one.behind)) for (one,) in map(standing, many)) <= 5


def test_a_better_strategy_is_found():
    found = [standing(simulated(seed, 5, 5, 1000, UNLIKE, (1.5, 0, 0, 0, 0))) for seed in range(8)]
    assert sum(all(one.is_clear and one.best == "way0" for one in each) for each in found) >= 6


def test_order_of_runs_and_names_do_not_matter():
    some = simulated(0, 5, 4, 400, UNLIKE, (0.4, 0, 0, 0.2, -2))
    names = {f"way{number}": name for number, name in enumerate("cbeda")}
    renamed = [replace(one, strategy=names[one.strategy]) for one in some]
    shuffled = [renamed[place] for place in np.random.default_rng(0).permutation(len(renamed))]

    for one, other in zip(standing(some), standing(shuffled), strict=True):
        assert names[one.best] == other.best
        assert [names[name] for name in one.tied] == list(other.tied)
        assert [names[name] for name in one.behind] == list(other.behind)


def test_the_best_is_clear_with_the_p_value_of_the_next_alone():
    """Others far behind ask for no correction, but each number of labels does (Holm)."""
    near = {"a": [0.8, 0.84, 0.81, 0.83], "b": [0.79, 0.80, 0.79, 0.80]}
    far = {"c": [0.1, 0.12, 0.11, 0.13], "d": [0.2, 0.22, 0.23, 0.21]}
    (alone,) = standing(runs({name: {20: scores} for name, scores in near.items()}))
    p_value = alone.differences["b"].p_value

    def clear(counts, level):
        all_runs = runs({n: dict.fromkeys(counts, s) for n, s in (near | far).items()})
        return [one.is_clear for one in standing(all_runs, level)]

    assert clear((20,), 1.01 * p_value) == [True]
    assert clear((20,), 0.99 * p_value) == [False]
    assert clear((20, 50, 100), 2.99 * p_value) == [False] * 3
    assert clear((20, 50, 100), 3.01 * p_value) == [True] * 3


def test_what_is_not_measured_is_not_judged():
    (one,) = standing([run("a", 20, 0, 0.9), run("b", 20, 0, 0.1), run("c", 20, 0, np.nan)])
    assert (one.best, one.tied, one.behind) == ("a", ("b",), ())
    assert standing([run("a", 20, 0, np.nan)]) == []
    (alone,) = standing(runs({"a": {20: [0.5, 0.6]}}))
    assert not alone.is_clear
    assert not alone.tied


def test_no_lead_is_clear_that_the_shared_seeds_contradict():
    """The best mean comes from a seed in which the other one failed."""
    ones = runs({"a": {20: [0.5, 0.51, 0.52]}, "b": {20: [0.6, 0.61, 0.63]}})
    (one,) = standing([*ones, run("a", 20, 3, 1.0), run("b", 20, 3, np.nan)])
    assert one.best == "a"
    assert one.tied == ("b",)
