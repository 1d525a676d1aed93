import keras
import numpy as np
import pandas

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import (
    digest_of_arrays,
    digest_of_rows,
    digest_of_samples,
    digest_of_values,
)

ROWS = np.arange(24.0).reshape(8, 3)


def in_batches(size, *arrays):
    return [[array[i : i + size] for array in arrays] for i in range(0, len(arrays[0]), size)]


def test_arrays_whatever_the_size_of_the_batches():
    first = digest_of_arrays(in_batches(3, ROWS))
    assert first == digest_of_arrays(in_batches(8, ROWS))
    others = [ROWS[::-1], ROWS.astype("float32"), ROWS.reshape(8, 3, 1), ROWS[:-1]]
    assert first not in [digest_of_arrays(in_batches(3, other)) for other in others]


def test_a_stream_whatever_the_order_of_its_samples():
    targets = np.arange(8)
    order = np.random.default_rng(0).permutation(8)
    first = digest_of_samples(in_batches(3, ROWS, targets))
    assert first == digest_of_samples(in_batches(3, ROWS[order], targets[order]))
    assert first != digest_of_samples(in_batches(3, ROWS, targets[order]))
    assert first != digest_of_samples(in_batches(4, ROWS, targets))


def test_text():
    words = np.array([["red"], ["blue"]], dtype=object)
    first = digest_of_arrays([[words]])
    assert first != digest_of_arrays([[words[::-1]]])
    assert first == digest_of_arrays(in_batches(1, words))


def test_values_of_any_kind_count_by_what_they_hold():
    first = digest_of_values(ROWS, "`x`")
    assert first == digest_of_values(ROWS.tolist(), "`x`")
    assert first == digest_of_values(pandas.DataFrame(ROWS), "`x`")
    assert first != digest_of_values([ROWS, ROWS], "`x`")
    floats = ROWS.astype("float32")
    assert digest_of_values(floats, "`x`") == digest_of_values(keras.ops.array(floats), "`x`")


def test_digests_are_those_of_earlier_versions():
    """Otherwise caches would be computed again, and backups and searches refused."""
    labels = np.arange(8)
    assert digest_of_arrays([[ROWS]]) == "6c7ee7360019ea1a882131e8e62c624c"
    samples = digest_of_samples(in_batches(3, ROWS, labels))
    assert samples == "7d12b09e6ac4e1ebdc4226b0d4b0ea6d"
    values = digest_of_values({"b": ROWS, "a": labels}, "`x`")
    assert values == "ed9a25df72d32f09f775e54f37d5c21f"
    rows = digest_of_rows(Batch(ROWS, {"b": labels, "a": ROWS}), ["sex", 3])
    assert rows == "b6b5c3b71d2703e0fbdda9ed46a26ae6"
