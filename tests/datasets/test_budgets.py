import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.datasets.budgets import nested_budget

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=60).map(np.array)


@st.composite
def budgets(draw):
    labels = draw(LABELS)
    return labels, draw(st.integers(len(np.unique(labels)), len(labels))), draw(st.integers(0, 99))


@given(budgets())
def test_rows_are_distinct_and_every_class_is_there(case):
    labels, budget, seed = case
    rows = nested_budget(labels, budget, seed)
    assert len(set(rows.tolist())) == len(rows) == budget
    assert set(labels[rows]) == set(labels)


@given(budgets())
def test_every_class_has_its_share_rounded_or_one(case):
    """There is one number of rows per label that, rounded, gives every class its count."""
    labels, budget, seed = case
    counts = np.bincount(labels[nested_budget(labels, budget, seed)], minlength=6)
    sizes = np.bincount(labels, minlength=6)
    can_lose, can_gain = counts > 1, counts < sizes
    lowest = ((counts - 0.5) / np.maximum(sizes, 1))[can_lose].max(initial=0)
    highest = ((counts + 0.5) / np.maximum(sizes, 1))[can_gain].min(initial=np.inf)
    assert lowest <= highest + 1e-12


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 99))
def test_classes_of_one_size_get_counts_that_differ_by_one_at_most(size, classes, seed):
    labels = np.repeat(np.arange(classes), size)
    for budget in range(classes, len(labels) + 1):
        assert np.ptp(np.bincount(labels[nested_budget(labels, budget, seed)])) <= 1


@given(budgets())
def test_a_smaller_budget_is_the_beginning_of_a_larger_one(case):
    labels, budget, seed = case
    everything = nested_budget(labels, len(labels), seed)
    assert np.array_equal(nested_budget(labels, budget, seed), everything[:budget])


def test_seeds_differ_and_repeat():
    labels = np.arange(100) % 4
    first, again, other = (nested_budget(labels, 20, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert set(first) != set(other)


@pytest.mark.parametrize("budget", [2, 7, 0, -1])
def test_a_budget_out_of_range_is_refused(budget):
    message = rf"`budget` must be between 3.* and 6.* Received: {budget}\."
    with pytest.raises(ValueError, match=message):
        nested_budget([0, 0, 1, 1, 2, 2], budget)


@pytest.mark.parametrize("budget", [3.0, "3", None, True])
def test_a_budget_that_is_no_integer_is_refused(budget):
    with pytest.raises(TypeError, match=r"`labels\['digit'\]`"):
        nested_budget([0, 1], budget, name="labels['digit']")


def test_labels_of_the_wrong_rank_are_refused():
    with pytest.raises(ValueError, match=r"shape \(samples,\)\. Received: \(2, 2\)"):
        nested_budget(np.eye(2), 2)
