"""What every kind of task promises: its shapes, bounds, decoding and targets go together."""

import keras
import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
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
