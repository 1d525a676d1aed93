"""What every kind of task promises: its shapes, bounds, decoding and targets go together."""

import keras
import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import labels_by_name
from keras_mtl.heads.kinds.known_kinds import KINDS

UNITS = {"classification": 3, "binary": 1, "multilabel": 3, "regression": 2}
kinds = pytest.mark.parametrize("name", UNITS)


@kinds
@pytest.mark.parametrize("places", [(), (4,)])
def test_labels_of_each_shape_and_bound_are_accepted(name, places):
    kind, units = KINDS.find(name), UNITS[name]
    bounds = kind.label_bounds(units)
    for shape in kind.label_shapes(units, places):
        for value in [0.5] if bounds is None else [bounds.least, bounds.most]:
            labels = np.full((5, *shape), value)
            assert kind.check_labels(labels, units, places, "`y`").tolist() == labels.tolist()
    with pytest.raises(InvalidLabels, match=rf"a head of kind `{name}`.* needs \(5, "):
        kind.check_labels(np.zeros((5, 7, 7, 7)), units, (4,), "`y`")


@kinds
def test_values_beyond_the_bounds_are_refused(name):
    kind, units = KINDS.find(name), UNITS[name]
    bounds = kind.label_bounds(units)
    if bounds is None:
        return
    (shape, *_) = kind.label_shapes(units, ())
    for value in (bounds.least - 1, bounds.most + 1):
        with pytest.raises(InvalidLabels, match=f"`y` holds .*{value}; "):
            kind.check_labels(np.full((5, *shape), value), units, (), "`y`")


@kinds
@pytest.mark.parametrize("from_logits", [False, True])
def test_losses_are_new_each_time_and_survive_saving(name, from_logits):
    head = Head(UNITS[name], name, from_logits=from_logits)
    first, second = head.make_loss(), head.make_loss()
    assert first is not second
    restored = keras.losses.deserialize(keras.losses.serialize(first))
    assert head.has_loss(restored)
    assert not head.has_loss(keras.losses.Huber())
    assert [metric.name for metric in head.make_metrics()] in (["accuracy"], ["mae"])


def test_names_mean_nothing_unless_a_kind_says_so():
    assert KINDS.find("regression").units_of_classes(2) is None


@pytest.mark.parametrize("name", ["classification", "binary", "multilabel"])
def test_labels_by_name_are_what_outputs_decode_to(name):
    kind, count = KINDS.find(name), 2 if name == "binary" else 3
    units, classes = kind.units_of_classes(count), ["a", "b", "c"][:count]
    assert units == UNITS[name]
    labels, missing = kind.encode(np.array([1, 0, -1]), count)
    assert kind.check_labels(labels, units, (), "`y`").shape == missing.shape
    assert missing.reshape(3, -1).all(axis=1).tolist() == [False, False, True]
    outputs = labels.reshape(3, -1) if name != "classification" else np.eye(count)[labels]
    names = kind.named(kind.decode(outputs[:2], from_logits=False), classes)
    assert names.tolist() == ([("b",), ("a",)] if name == "multilabel" else ["b", "a"])


def test_a_kind_of_the_user_says_what_names_mean():
    """Ordered classes as answers to the questions whether a class is over 0, 1 ..."""

    class Ordered(type(KINDS.find("multilabel"))):
        def units_of_classes(self, count):
            return count - 1

        def encode(self, indices, count):
            over = (indices[:, None] > np.arange(count - 1)).astype("int32")
            return over, np.broadcast_to(indices[:, None] < 0, over.shape)

        def named(self, decoded, classes):
            return np.array(classes)[decoded.sum(axis=-1)]

    labels = labels_by_name(["low", "high", "mid"], Ordered(), ["low", "mid", "high"], "`y`")
    assert labels.values.tolist() == [[0, 0], [1, 1], [1, 0]]
    assert not labels.missing.any()
    names = Ordered().named(labels.values, ["low", "mid", "high"])
    assert names.tolist() == ["low", "high", "mid"]
