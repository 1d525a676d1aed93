import itertools

import keras
import numpy as np
import pytest

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.factory import task_data

X = np.arange(40, dtype="float32").reshape(20, 2)
Y = np.arange(20)


def make(**options):
    return task_data("hair", (X, Y), **{"batch_size": 6, **options})


def test_a_pass_holds_every_row_once_and_the_last_batch_may_be_short():
    data = make()
    assert data.num_batches == 4
    rows = [data.rows(position) for position in range(4)]
    assert [len(batch) for batch in rows] == [6, 6, 6, 2]
    assert sorted(np.concatenate(rows).tolist()) == list(range(20))
    assert rows[0].dtype == np.int32


def test_each_pass_has_another_order():
    data = make()
    orders = [data.order(number).tolist() for number in range(5)]
    assert len({tuple(order) for order in orders}) == 5
    assert data.rows(4 * 3 + 1).tolist() == orders[3][6:12]


def test_any_batch_can_be_had_again():
    rows = make().row_blocks(range(30))
    again = make()
    for position in (29, 0, 13, 12, 3):
        np.testing.assert_array_equal(again.rows(position), rows[position])


def test_seeds_and_names_shuffle_differently():
    orders = [make().order(0), make(seed=1).order(0)]
    orders.append(task_data("sex", (X, Y)).order(0))
    assert len({tuple(order.tolist()) for order in orders}) == 3


def test_without_shuffling_the_rows_stay_in_order():
    data = make(shuffle=False)
    assert np.concatenate(data.row_blocks(range(8))).tolist() == [*range(20), *range(20)]


@pytest.mark.parametrize("start", [0, 3, 4, 11])
def test_batches_go_on_from_a_position(start):
    data = make()
    for position, batch in zip(range(start, start + 9), data.batches(start), strict=False):
        rows = data.rows(position)
        np.testing.assert_array_equal(batch.x, X[rows])
        np.testing.assert_array_equal(batch.y, Y[rows])


def test_one_pass_ends():
    batches = list(make().one_pass(2))
    np.testing.assert_array_equal(np.concatenate([batch.y for batch in batches]), make().order(2))


def test_opening_reads_the_same_batches():
    pairs = zip(make().open(3), make().batches(3), strict=False)
    for opened, batch in itertools.islice(pairs, 6):
        np.testing.assert_array_equal(opened.x, batch.x)


def test_weights_and_masks_come_with_their_rows():
    mask = Y % 3 > 0
    data = make(sample_weight=Y * 2.0, mask=mask)
    for batch in data.one_pass():
        np.testing.assert_array_equal(batch.sample_weight, batch.x[:, 0])
        np.testing.assert_array_equal(batch.mask, batch.x[:, 0] // 2 % 3 > 0)
        np.testing.assert_array_equal(batch.y, np.where(batch.mask, batch.x[:, 0] // 2, 0))
    assert data.whole.sample_weight.dtype == np.float32


def test_arrays_are_not_copied():
    data = make()
    assert np.shares_memory(data.whole.x, X)
    assert np.shares_memory(data.whole.y, Y)


def test_numbers_are_in_the_precision_of_the_backend():
    data = task_data("age", (X.astype("float64"), Y / 2))
    assert data.whole.x.dtype == data.whole.y.dtype == keras.config.floatx()
    assert task_data("age", (X.astype("uint8"), Y)).whole.x.dtype == np.uint8


def test_trees_of_arrays_are_gathered():
    whole = Batch({"a": X, "b": Y}, {"sex": Y, "hair": X}, {"sex": None, "hair": X[:, 0]}, None)
    batch = ArrayData("both", whole, shuffle=False).whole.rows(np.array([3, 1]))
    assert isinstance(batch, Batch)
    assert batch.x["b"].tolist() == [3, 1]
    assert batch.y["hair"].tolist() == X[[3, 1]].tolist()
    assert batch.sample_weight["sex"] is None
    assert batch.mask is None


def test_the_fingerprint_is_that_of_rows_labels_and_order():
    own = make().fingerprint()
    assert own == make().fingerprint()
    other_x, other_y = X.copy(), Y.copy()
    other_x[-1] += 1
    other_y[10] += 1
    others = [
        make(batch_size=5),
        make(seed=1),
        make(shuffle=False),
        make(mask=Y > 3),
        make(sample_weight=Y),
        task_data("hair", (other_x, Y), batch_size=6),
        task_data("hair", (X, other_y), batch_size=6),
        task_data("hair", (X[:19], Y[:19]), batch_size=6),
        task_data("hair", (X.astype("int32"), Y), batch_size=6),
    ]
    assert len({own, *(other.fingerprint() for other in others)}) == len(others) + 1


def test_the_fingerprint_reads_few_rows():
    """A large file mapped into memory is not read."""
    touched = []

    class Watched(np.ndarray):
        def __getitem__(self, rows):
            touched.append(len(rows))
            return np.asarray(super().__getitem__(rows))

    x = np.zeros((5000, 1), dtype="float32").view(Watched)
    ArrayData("sex", Batch(x, np.zeros(5000))).fingerprint()
    assert touched == [256]
