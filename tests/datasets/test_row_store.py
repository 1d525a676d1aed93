import numpy as np
import pytest

from keras_mtl.batches.row_reader import ArrayRows, InputSpec
from keras_mtl.datasets.row_store import CachedRows, RowStore


class Counting(ArrayRows):
    """Remembers which rows were read."""

    def __init__(self, arrays):
        super().__init__(arrays, is_single=False)
        self.asked = []

    def read(self, rows):
        self.asked += rows.tolist()
        return super().read(rows)


@pytest.mark.parametrize("in_files", [False, True])
def test_each_row_is_read_once(in_files, tmp_path):
    x = np.arange(60.0).reshape(20, 3)
    reader = Counting({"x": x, "name": np.array([f"row {i}" for i in range(20)], object)})
    cached = CachedRows(reader, np.arange(2, 20), tmp_path if in_files else None)
    for rows in ([5, 3, 5], [3, 19, 2], [19, 5]):
        read = cached.read(np.array(rows))
        assert np.array_equal(read["x"], x[rows])
        assert read["name"].tolist() == [f"row {row}" for row in rows]
    assert sorted(reader.asked) == [2, 3, 5, 19]
    assert list(tmp_path.iterdir()) == []


def test_knows_what_is_missing():
    store = RowStore({"x": InputSpec((), "int64")}, np.array([4, 7, 9]), 12)
    assert store.missing(np.array([9, 4, 9])).tolist() == [4, 9]
    store.put(np.array([9]), {"x": np.array([90])})
    assert store.missing(np.array([9, 4])).tolist() == [4]
    assert store.get(np.array([9, 9]))["x"].tolist() == [90, 90]
