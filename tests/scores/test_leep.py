import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.scores.leep import leep
from keras_mtl.scores.nce import nce


def example(seed=0, samples=30, sources=4, classes=3):
    generator = np.random.default_rng(seed)
    labels = np.concatenate(
        [np.arange(classes), generator.integers(classes, size=samples - classes)]
    )
    return generator.dirichlet(np.ones(sources), size=samples), labels


def leep_by_loops(probabilities, labels):
    samples, sources = probabilities.shape
    joint = {(y, z): 0.0 for y in set(labels) for z in range(sources)}
    for row, label in zip(probabilities, labels, strict=True):
        for z in range(sources):
            joint[label, z] += row[z] / samples
    total = 0.0
    for row, label in zip(probabilities, labels, strict=True):
        used = [z for z in range(sources) if row[z] > 0]
        marginal = {z: sum(joint[y, z] for y in set(labels)) for z in used}
        total += math.log(sum(row[z] * joint[label, z] / marginal[z] for z in used))
    return total / samples


@pytest.mark.parametrize(
    "probabilities, labels, expected",
    [
        ([[1, 0], [0, 1]], [0, 1], 0),
        ([[0.5, 0.5], [0.5, 0.5]], [0, 1], -math.log(2)),
        ([[1, 0, 0], [0, 1, 0]], [3, 8], 0),
        ([[0.8, 0.2], [0.2, 0.8]], [0, 1], math.log(0.8**2 + 0.2**2)),
    ],
)
def test_values_by_hand(probabilities, labels, expected):
    assert leep(probabilities, labels) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 1000))
def test_equals_the_definition(seed):
    probabilities, labels = example(seed)
    assert leep(probabilities, labels) == pytest.approx(leep_by_loops(probabilities, labels))


@given(st.integers(0, 1000))
def test_of_certain_predictions_is_nce(seed):
    probabilities, labels = example(seed)
    predicted = probabilities.argmax(axis=1)
    assert leep(np.eye(4)[predicted], labels) == pytest.approx(nce(predicted, labels), abs=1e-12)


@given(st.integers(0, 1000))
def test_the_order_of_rows_and_source_classes_does_not_matter(seed):
    probabilities, labels = example(seed)
    generator = np.random.default_rng(seed)
    rows, columns = generator.permutation(30), generator.permutation(4)
    shuffled = leep(probabilities[rows][:, columns], labels[rows])
    assert shuffled == pytest.approx(leep(probabilities, labels), abs=1e-12)


def test_unused_source_classes_change_nothing():
    probabilities, labels = example()
    padded = np.hstack([probabilities, np.zeros((30, 5))])
    assert leep(padded, labels) == pytest.approx(leep(probabilities, labels), abs=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_takes_what_a_softmax_gives(dtype):
    probabilities, labels = example(sources=1000)
    assert leep(probabilities.astype(dtype), labels) == pytest.approx(
        leep(probabilities, labels), abs=1e-3
    )
