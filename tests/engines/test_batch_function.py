import numpy as np

from keras_mtl.engines.batch_function import BatchFunction


class Sizes(BatchFunction):
    """Notes the sizes of batches, and gives their rows."""

    def __init__(self):
        self.sizes = []

    def __call__(self, inputs):
        self.sizes.append(len(inputs["a"]))
        return [inputs["a"], inputs["b"] * 2]


def test_a_smaller_batch_is_filled_up_and_its_own_rows_come_back():
    function = Sizes()
    for rows in (4, 1, 3, 5):
        batch = {"a": np.arange(rows), "b": np.arange(rows * 2).reshape(rows, 2)}
        first, second = function.of_filled(batch, 4)
        assert np.array_equal(first, batch["a"]) and np.array_equal(second, batch["b"] * 2)
    assert function.sizes == [4, 4, 4, 5]
