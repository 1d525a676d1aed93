import keras
import numpy as np
import pytest

from _fitting import CLASSES, inputs, labels, trained
from keras_mtl.batches.recognise import recognise
from keras_mtl.caching.pass_data import ArrayPassData, StreamPassData, pass_data
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.transferring import transfer

X, Y = inputs(), labels()


@pytest.fixture(scope="module")
def model():
    return transfer(trained(), 1, head=CLASSES, verify=False)


def batches():
    return [(X[start : start + 16], Y[start : start + 16]) for start in (0, 16, 32)]


def test_targets_are_kept_with_streams_only(model):
    arrays = pass_data(model, recognise(X, Y), batch_size=16)
    stream = pass_data(model, recognise(batches()))
    assert (type(arrays), type(stream)) == (ArrayPassData, StreamPassData)
    assert arrays.num_batches == stream.num_batches == 3
    for (x, none), (same, kept) in zip(arrays.batches(), stream.batches(), strict=True):
        np.testing.assert_array_equal(x, same)
        assert none == []
        assert len(kept[0]) == len(x)


def test_a_part_of_a_stream(model):
    data = pass_data(model, recognise(iter(batches())), steps=2)
    assert data.num_batches == 2
    assert data.is_read_once
    assert len(list(data.batches())) == 2


def test_fingerprints_are_of_inputs_as_they_are_given(model):
    first = pass_data(model, recognise(X, Y), batch_size=16).fingerprint()
    assert pass_data(model, recognise(X, Y), batch_size=7).fingerprint() == first
    assert pass_data(model, recognise(X + 1, Y), batch_size=16).fingerprint() != first
    stream = pass_data(model, recognise(batches())).fingerprint()
    assert pass_data(model, recognise(batches()[::-1])).fingerprint() == stream
    other = [(x, y + 1) for x, y in batches()]
    assert pass_data(model, recognise(other)).fingerprint() != stream


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], InvalidFeatures, "The list has no batches"),
        (iter([]), ValueError, "does not say where it ends. Give `steps_per_epoch`"),
        ([(X,)], InvalidLabels, "A batch has no labels"),
        ([(X[:, :2], Y)], InvalidFeatures, "A batch of the data does not fit"),
        ([(X[0], Y[0])], InvalidFeatures, r"add `\.batch\(32\)`"),
    ],
)
def test_streams_that_cannot_be_run_over_are_refused(model, data, error, message):
    with pytest.raises(error, match=message):
        list(pass_data(model, recognise(data)).batches())


def test_what_keras_refuses_is_refused(model):
    with pytest.raises(ValueError, match="class_weight"):
        pass_data(model, recognise(iter(batches())), class_weight={0: 1.0}, steps=2)
    with pytest.raises(ValueError, match="same number of samples"):
        pass_data(model, recognise(X, Y[1:]), batch_size=16)
    targets = keras.utils.to_categorical(Y)
    assert pass_data(model, recognise(X, targets), batch_size=16, steps=None).num_batches == 3
