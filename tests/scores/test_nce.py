import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from keras_mtl.scores.nce import nce


@pytest.mark.parametrize(
    "source, labels, expected",
    [
        ([0, 0, 1, 1], [5, 5, 7, 7], 0),
        ([0, 1, 2, 3], [5, 5, 7, 7], 0),
        ([0, 0, 1, 1], [5, 7, 5, 7], -math.log(2)),
        ([9, 9, 9, 9], [5, 7, 5, 7], -math.log(2)),
        ([0, 0, 0, 1], [0, 0, 1, 1], 0.75 * (2 * math.log(2 / 3) + math.log(1 / 3)) / 3),
    ],
)
def test_values_by_hand(source, labels, expected):
    assert nce(source, labels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 4)), min_size=2, max_size=50))
def test_is_the_mutual_information_less_the_entropy(pairs):
    source, labels = np.array([*pairs, (0, 0), (0, 1)]).T
    expected = mutual_info_score(source, labels) - mutual_info_score(labels, labels)
    assert nce(source, labels) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed):
    generator = np.random.default_rng(seed)
    source, labels = generator.integers(3, size=(2, 30))
    order = generator.permutation(30)
    assert nce(source[order], labels[order]) == pytest.approx(nce(source, labels), abs=1e-12)


def test_refuses_source_labels_of_another_length():
    with pytest.raises(ValueError, match=r"each of the 3 samples\. Received: 2 rows"):
        nce([0, 1, 2], [0, 1])
