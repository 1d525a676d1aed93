import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from keras_mtl.explaining.class_scores import ClassScores
from keras_mtl.explaining.confusion import Confusion
from keras_mtl.explaining.intervals import wilson


def scores_of(true, predicted, classes):
    names = [str(index) for index in range(classes)]
    return ClassScores.from_counts(Confusion.of(true, predicted, names), 0.95)


def drawn(rows, classes, seed=0):
    generator = np.random.default_rng(seed)
    true = generator.integers(classes, size=rows)
    noise = generator.integers(classes, size=rows)
    return true, np.where(generator.random(rows) < 0.7, true, noise)


def test_scores_are_those_of_scikit_learn():
    true, predicted = drawn(300, 5)
    scores = scores_of(true, predicted, 5)
    expected = precision_recall_fscore_support(true, predicted)
    found = [[one.precision, one.recall, one.f1, one.support] for one in scores]
    assert np.transpose(found) == pytest.approx(np.array(expected), abs=1e-12)
    for one in scores:
        right = int(((true == predicted) & (true == int(one.name))).sum())
        assert (one.recall_low, one.recall_high) == wilson(right, one.support)
        assert (one.precision_low, one.precision_high) == wilson(right, one.predicted)
        assert one.f1_low < one.f1 < one.f1_high


def test_the_interval_of_f1_holds_it_as_often_as_it_says():
    """Of one class whose F1 is known: 40 rows right, 15 missed, 15 wrongly named, on average."""
    generator = np.random.default_rng(0)
    truth, held = 80 / 110, []
    for right, missed, wrong, _ in generator.multinomial(200, [0.2, 0.075, 0.075, 0.65], 2000):
        true = np.repeat([0, 0, 1, 1], [right, missed, wrong, 1])
        predicted = np.repeat([0, 1, 0, 1], [right, missed, wrong, 1])
        one = scores_of(true, predicted, 2)[0]
        held.append(one.f1_low <= truth <= one.f1_high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_what_cannot_be_counted_is_none():
    """Class 2 is absent and never predicted, class 1 absent and predicted, class 3 never found."""
    scores = scores_of(np.array([0, 0, 3]), np.array([0, 1, 0]), 4)
    assert scores[2].precision is None and scores[2].recall is None and scores[2].f1 is None
    assert scores[1].precision == 0 and scores[1].recall is None and scores[1].f1 == 0
    assert scores[3].precision is None and scores[3].recall == 0
    assert repr(scores).splitlines()[4].split() == ["2", "-", "-", "-", "0", "0"]
    assert [one.name for one in scores.worst(2)] == ["1", "3"]
    assert len(scores[:2]) == 2 and scores.to_frame().loc["0", "support"] == 2
