"""Bad input is refused by the scores with what was given, what was expected and the fix."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.scores.checks import (
    check_features,
    check_labels,
    check_probabilities,
    check_targets,
    encode_labels,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "features, message",
    [
        ([[1.0, NAN], [INF, NAN]], r"2 NaN and 1 infinite .* shape \(2, 2\), .* index \(0, 1\)"),
        ([1.0, 2.0], r"\(samples, width\).* Received the shape: \(2,\)"),
        (np.ones((2, 3, 3, 4)), r"features\.mean\(axis=\(1, 2\)\)"),
        (np.ones((3, 0)), r"empty\. Received the shape: \(3, 0\)"),
        (np.ones((0, 3)), r"empty\. Received the shape: \(0, 3\)"),
        ([[0.5], [1.0, 2.0]], "rows of one shape"),
        ([["1", "2"]], "real numbers.*<U1"),
        ([[1j]], "real numbers.*complex128"),
        (csr_matrix(np.eye(3)), "real numbers.*object"),
    ],
)
def test_bad_features(features, message):
    with pytest.raises(InvalidFeatures, match=message):
        check_features(features)


@pytest.mark.parametrize(
    "labels, message",
    [
        ([0, 1], r"each of the 3 samples\. Received: 2 rows"),
        ([4, 4, 4], r"two classes at least\. Received one class: 4"),
        ([0.0, 0.5, 1.5], r'kind="regression".* Received: 2 of 3 .* index \(1,\) is 0\.5'),
        ([0.0, NAN, 1.0], r"1 NaN and 0 infinite .* index \(1,\)"),
        (np.eye(3), r"`labels\.argmax\(axis=1\)`\. Received the shape: \(3, 3\)"),
        (["cat", "dog", "cat"], r"real numbers.*<U3, such as 'cat'.*LabelEncoder"),
        ([], r"one sample at least.*\(0,\)"),
        ([[0], [1, 2], [0]], "`labels` must be an array with rows of one shape"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(InvalidLabels, match=message):
        check_labels(labels, 3)


@pytest.mark.parametrize(
    "labels", [[5, -1, 5], [5.0, -1.0, 5.0], [[5], [-1], [5]], [True, False, True]]
)
def test_labels_become_codes(labels):
    assert check_labels(labels, 3).tolist() == [1, 0, 1]


def test_source_labels_may_hold_one_class():
    assert encode_labels([3, 3], "source_labels").tolist() == [0, 0]


@pytest.mark.parametrize(
    "targets, message",
    [
        ([[0.5, 2.0], [1.5, 2.0]], r"Received in column 1: 2 only"),
        ([0.5, INF], r"0 NaN and 1 infinite .* index \(1,\)"),
        ([0.5, 1.0, 2.0], r"each of the 2 samples\. Received: 3 rows"),
        (np.ones((2, 2, 2)), r"Received the shape: \(2, 2, 2\)"),
        (["0.5", "1.5"], r"real numbers.*<U3"),
    ],
)
def test_bad_targets(targets, message):
    with pytest.raises(InvalidLabels, match=message):
        check_targets(targets, 2)


@pytest.mark.parametrize(
    "probabilities, message",
    [
        ([[0.5, 0.5], [2.0, 3.0]], r"softmax.* 1 of 2 rows .* row 1 .* sums to 5"),
        ([[1.5, -0.5], [0.5, 0.5]], r"row 0 has the minimum -0\.5"),
        ([[0.5], [0.7]], r"np\.concatenate\(\[1 - p, p\], axis=1\)"),
        ([[NAN, 1.0]], r"1 NaN"),
    ],
)
def test_bad_probabilities(probabilities, message):
    with pytest.raises(InvalidFeatures, match=message):
        check_probabilities(probabilities)
