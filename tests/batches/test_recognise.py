"""Which kind of source each kind of data is; `test_kinds_of_data.py` has them in every verb."""

import keras
import numpy as np
import pytest

from _rows import two_tasks
from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.generators import GeneratorSource
from keras_mtl.batches.loaders import LoaderSource
from keras_mtl.batches.pydatasets import PyDatasetSource
from keras_mtl.batches.recognise import recognise
from keras_mtl.errors import InvalidInputs

X, Y = np.ones((4, 3)), np.arange(4)


class Endless(keras.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return X, Y


class ArrayLike:
    """As of another library: iterable, but an array."""

    def __array__(self, *args, **kwargs):
        return X

    def __iter__(self):
        return iter(X)


@pytest.mark.parametrize(
    "value",
    [X, ArrayLike(), X.tolist(), [X, X], {"a": X}, "text", 5, None, (X, Y), [[1, 2], [3, 4]]],
)
def test_what_has_no_batches_counts_as_arrays(value):
    assert isinstance(recognise(value), ArraySource)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (iter([(X, Y)]), GeneratorSource),
        ([(X, Y)], LoaderSource),
        ([[X, Y]], LoaderSource),
        ([], LoaderSource),
        (map(lambda batch: batch, [(X, Y)]), GeneratorSource),
        (Endless(), PyDatasetSource),
    ],
)
def test_what_has_batches_is_a_stream(data, kind):
    source = recognise(data)
    assert type(source) is kind
    assert source.kind == type(data).__name__
    assert source.is_endless == isinstance(data, Endless)
    assert source.is_read_once == (kind is GeneratorSource)


@pytest.mark.parametrize("beside", [{"y": Y}, {"sample_weight": Y}])
def test_labels_beside_a_stream_are_refused(beside):
    (argument,) = beside
    with pytest.raises(ValueError, match=f"`{argument}` goes with arrays.*`list_iterator`"):
        recognise(iter([(X, Y)]), **beside)


def test_the_data_of_several_tasks_are_refused():
    data = two_tasks()
    with pytest.raises(InvalidInputs, match=r"the tasks \['sex', 'hair'\].*`data\['sex'\]`"):
        recognise(data)
    with pytest.raises(InvalidInputs, match=r"the parts \['a', 'b'\].*`data\['a'\]\['sex'\]`"):
        recognise({"a": data, "b": data})
