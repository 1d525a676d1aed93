import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.scores.evidence import maximum_evidence
from keras_mtl.scores.logme import logme


def example(seed=0, samples=30, width=5, classes=3):
    generator = np.random.default_rng(seed)
    labels = np.concatenate(
        [np.arange(classes), generator.integers(classes, size=samples - classes)]
    )
    return generator.normal(size=(samples, width)) + labels[:, None], labels


@pytest.mark.parametrize(
    "labels, expected",
    [
        ([0, 1], -0.5 * (np.log(2 * np.pi / 2) + 1)),
        ([0, 0, 1, 1], -0.5 * (np.log(2 * np.pi / 2) + 1)),
        ([0, 1, 2, 2], -0.5 * (np.log(2 * np.pi) + (2 * np.log(1 / 4) + np.log(1 / 2)) / 3 + 1)),
    ],
)
def test_useless_features_leave_each_class_its_mean_square(labels, expected):
    assert logme(np.zeros((len(labels), 2)), labels) == pytest.approx(expected, abs=1e-12)


def test_is_the_mean_evidence_of_the_one_hot_columns():
    features, labels = example()
    one_hot = np.equal.outer(labels, [0, 1, 2]).astype(float)
    expected = maximum_evidence(features, one_hot).mean()
    assert logme(features, labels) == pytest.approx(expected, abs=1e-12)


def test_regression_is_the_mean_evidence_of_the_targets():
    features, labels = example()
    targets = np.stack([labels + 0.5, np.sin(labels)], axis=1)
    expected = maximum_evidence(features, targets).mean()
    assert logme(features, targets, kind="regression") == pytest.approx(expected, abs=1e-12)
    one = logme(features, targets[:, 0], kind="regression")
    assert one == logme(features, targets[:, :1], kind="regression")


@pytest.mark.parametrize("width", [5, pytest.param(60, marks=pytest.mark.slow)])
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_and_the_names_of_classes_do_not_matter(width, seed):
    features, labels = example(seed, width=width)
    order = np.random.default_rng(seed).permutation(len(labels))
    renamed = np.array([7, -2, 40])[labels]
    expected = logme(features, labels)
    assert logme(features[order], renamed[order]) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("width", [5, 60])
def test_informative_features_score_higher(width):
    features, labels = example(width=width)
    shuffled = np.random.default_rng(1).permutation(labels)
    assert logme(features, labels) > logme(features, shuffled)


def test_features_equal_to_a_class_have_unbounded_evidence():
    assert logme([[1.0], [1.0], [0.0]], [0, 0, 1]) == np.inf


def test_returns_a_float_for_float32_features_and_column_labels():
    features, labels = example()
    score = logme(features.astype("float32"), labels[:, None])
    assert type(score) is float
    assert score == pytest.approx(logme(features, labels), abs=1e-5)


def test_unknown_kind_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"'regresion'\. Did you mean 'regression'\?"):
        logme(*example(), kind="regresion")
