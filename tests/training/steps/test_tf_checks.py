"""Labels that a compiled loop reads are checked by the bounds that their kind gives."""

import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels

pytestmark = pytest.mark.backend("tensorflow", reason="only there a loop reads data sets itself")
tf = pytest.importorskip("tensorflow")
HEADS = {
    "classes": Head(3),
    "binary": Head(1, "binary"),
    "numbers": Head(1, "regression"),
    "unknown": None,
}


@pytest.mark.parametrize(
    ("head", "labels"),
    [
        ("classes", np.array([0, 2, -1])),
        ("classes", np.array([0, 2], "uint8")),
        ("classes", np.array([0.0, 2.0, np.nan], "float32")),
        ("classes", np.array([True, False])),
        ("binary", np.array([0.0, 0.3, 1.0, np.nan], "float32")),
        ("binary", np.array([0, 1], "int8")),
        ("numbers", np.array([-7.5, np.inf], "float32")),
        ("unknown", np.array([-7, 200])),
    ],
)
def test_labels_that_fit_are_read(head, labels):
    from keras_mtl.training.steps.tf_checks import checked_labels

    read = tf.function(lambda y: checked_labels(y, "hair", HEADS[head]))(tf.constant(labels))
    np.testing.assert_array_equal(read, labels)


@pytest.mark.parametrize(
    ("head", "labels", "message"),
    [
        ("classes", np.array([0, 3]), "the class 3"),
        ("classes", np.array([0, 200], "uint8"), "the class 200"),
        ("classes", np.array([0, -2]), "the class -2"),
        ("classes", np.array([0.5], "float32"), "whole numbers"),
        ("binary", np.array([-1, 1]), "holds -1"),
        ("binary", np.array([1.5], "float32"), "holds 1.5"),
    ],
)
def test_labels_that_do_not_fit_stop_the_loop(head, labels, message):
    from keras_mtl.training.steps.tf_checks import checked_labels, refused_labels

    with pytest.raises(tf.errors.OpError) as stopped:
        tf.function(lambda y: checked_labels(y, "hair", HEADS[head]))(tf.constant(labels))
    refused = refused_labels(stopped.value)
    assert isinstance(refused, InvalidLabels)
    assert "`hair`" in str(refused) and message in str(refused)


def test_missing_labels_are_told_from_others():
    from keras_mtl.training.steps.tf_checks import missing_labels

    nan = missing_labels(tf.constant([0.0, np.nan]), None)
    assert nan.numpy().tolist() == [False, True]
    classes = tf.constant([0, -1])
    assert missing_labels(classes, HEADS["classes"]).numpy().tolist() == [False, True]
    assert missing_labels(classes, HEADS["binary"]) is None
    assert missing_labels(tf.cast(classes, "uint8"), HEADS["classes"]) is None
