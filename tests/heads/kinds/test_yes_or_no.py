"""What binary and multilabel tasks share: probabilities of yes, and labels from 0 to 1."""

import keras
import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.heads.kinds.known_kinds import KINDS

kinds = pytest.mark.parametrize(("name", "units"), [("binary", 1), ("multilabel", 3)])


@kinds
def test_outputs_are_cut_in_the_middle_of_their_range(name, units):
    outputs = np.linspace(-0.2, 1.2, 15 * units).reshape(15, units)
    for from_logits, threshold in ((False, 0.5), (True, 0.0)):
        head = Head(units, name, from_logits=from_logits)
        decoded = head.decode(outputs)
        assert decoded.dtype == np.int32
        np.testing.assert_array_equal(decoded, outputs > threshold)
        (metric,) = head.make_metrics()
        metric.update_state(decoded, outputs)
        assert float(metric.result()) == 1


@kinds
def test_labels_are_from_0_to_1_and_need_not_be_whole(name, units):
    bounds = KINDS.find(name).label_bounds(units)
    assert (bounds.least, bounds.most, bounds.whole) == (0, 1, False)


@kinds
def test_a_binary_cross_entropy_shows_the_kind_by_the_number_of_outputs(name, units):
    for loss in (keras.losses.BinaryCrossentropy(), keras.losses.binary_crossentropy):
        known = [kind for kind in KINDS.names if KINDS.find(kind).recognises(loss, units)]
        assert known == [name]
