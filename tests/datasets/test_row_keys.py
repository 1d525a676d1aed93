import numpy as np
import pandas as pd

from keras_mtl.datasets import from_arrays
from keras_mtl.datasets.row_keys import row_keys

X = np.arange(12).reshape(6, 2)


def test_rows_of_one_source_have_numbers():
    arrays = {"x": X * 0, "y": np.arange(6) % 2, "z": [0, 1, -1, 0, 1, 2]}
    data = from_arrays(arrays, tasks=["y", "z"])
    assert row_keys([data["y"], data["z"]]) == [[0, 1, 2, 3, 4, 5], [0, 1, 3, 4, 5]]


def test_rows_of_arrays_have_hashes_of_their_values():
    other = from_arrays({"x": X[::-1].astype("float32"), "y": np.arange(6) % 2})["y"]
    frame = pd.DataFrame({"a": list("uvw"), "b": [1, 2, 1]})
    one, same, another, framed = row_keys([X, X, other, frame])
    assert one == same == another[::-1] and len(set(one)) == 6 and len(set(framed)) == 3
    assert row_keys([X.astype("int8"), X + 1.0])[0] == one
    assert not set(row_keys([X, X + 0.5])[0]) & set(row_keys([X, X + 0.5])[1])
