"""What every `DataSource` promises; `test_recognise.py` tells which one is made of what."""

import numpy as np
import pytest

from _streams import SIZES, Batches, Loader, X, Y
from keras_mtl.batches.loaders import LoaderData
from keras_mtl.batches.orders import Order
from keras_mtl.batches.reading import OneTask
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource

KINDS = {
    "arrays": lambda: recognise(X, Y),
    "pydataset": lambda: recognise(Batches()),
    "loader": lambda: recognise(Loader()),
    "generator": lambda: recognise(iter(Loader())),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_takes_the_first_batches(kind):
    whole = [batch[0] for batch in KINDS[kind]().batches(3)]
    for limit in (0, 1, 2):
        part = [batch[0] for batch in KINDS[kind]().batches(limit)]
        assert len(part) == min(limit, len(whole))
        for x, same in zip(part, whole, strict=False):
            np.testing.assert_array_equal(x, same)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("index", "count"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_a_share_is_every_so_many_batches(kind, index, count):
    whole = [batch[0] for batch in KINDS[kind]().batches(3)]
    share = [batch[0] for batch in KINDS[kind]().share(index, count)]
    for x, same in zip(share, whole[index::count], strict=True):
        np.testing.assert_array_equal(x, same)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_read_once_is_gone_after_a_pass(kind):
    source = KINDS[kind]()
    first, again = (sum(len(y) for _, y, *_ in source.batches(3)) for _ in range(2))
    assert first == sum(SIZES)
    assert source.is_read_once == (kind == "generator")
    if not source.is_read_once:
        assert again == first


def test_a_kind_is_named_by_the_class_of_the_data():
    kinds = {name: make().kind for name, make in KINDS.items()}
    expected = {"arrays": "ndarray", "pydataset": "Batches", "loader": "Loader"}
    assert kinds == {**expected, "generator": "generator"}


class TableSource(DataSource):
    """A kind of data that the package does not know."""

    def batches(self, limit=None):
        return iter([(X[: SIZES[0]], Y[: SIZES[0]])][:limit])

    def task_data(self, reader, order):
        return LoaderData(self, reader)


def test_another_kind_needs_two_methods():
    with pytest.raises(TypeError, match="abstract"):
        DataSource([], None)
    source = TableSource({}, 1)
    assert (source.kind, source.is_read_once, source.is_endless) == ("dict", False, False)
    data = source.task_data(OneTask("sex"), Order(32, True, 0))
    assert data.num_batches == 1
    (batch,) = data.one_pass()
    np.testing.assert_array_equal(batch.y, Y[: SIZES[0]])
