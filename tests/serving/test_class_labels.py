"""Classes from numbers, as `Head.decode` gives them."""

import keras
import numpy as np
import pytest

import keras_mtl
from keras_mtl.exporting.output_meanings import described_outputs
from keras_mtl.serving.class_labels import class_labels

HEADS = {
    "named": keras_mtl.Head(classes=["cat", "dog", "owl"]),
    "numbered": keras_mtl.Head(4),
    "at_places": keras_mtl.Head(classes=["a", "b"], pooling="none"),
    "logits": keras_mtl.Head(classes=["cat", "dog"], from_logits=True),
    "binary": keras_mtl.Head(kind="binary", classes=["no", "yes"]),
    "binary_logits": keras_mtl.Head(1, "binary", from_logits=True),
    "multilabel": keras_mtl.Head(kind="multilabel", classes=["hat", "scarf", "tie"]),
    "multilabel_numbers": keras_mtl.Head(2, "multilabel"),
}


@pytest.mark.parametrize("name", HEADS)
def test_they_are_those_of_the_head(name):
    head = HEADS[name]
    features = keras.Input((5, 4) if name == "at_places" else (4,))
    model = keras.Model(features, head(features))
    (output,) = described_outputs(model, ["head"], None)
    rows = np.random.default_rng(0).normal(size=(6, *model.output.shape[1:]))
    expected, actual = head.decode(rows), class_labels(rows, output)
    assert actual.dtype == expected.dtype
    assert actual.tolist() == expected.tolist()
