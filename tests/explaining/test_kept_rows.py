import numpy as np

from keras_mtl.explaining.kept_rows import WorstRows


def test_the_worst_rows_are_kept_whatever_the_batches():
    badness = np.random.default_rng(0).uniform(-1, 1, 50).clip(0)
    values = np.arange(100).reshape(50, 2)
    expected = [int(row) for row in np.argsort(-badness, kind="stable")[:7]]
    for size in (1, 8, 50):
        worst = WorstRows(most=7)
        for start in range(0, 50, size):
            rows = slice(start, start + size)
            worst.add(start, badness[rows], [values[rows], -values[rows]])
        assert list(worst.inputs) == expected
        assert all(np.array_equal(own[1], -values[row]) for row, own in worst.inputs.items())


def test_rows_that_are_right_are_not_kept():
    worst = WorstRows()
    batch = np.ones((3, 2))
    worst.add(0, np.array([0.0, 0.5, 0.0]), [batch])
    batch[:] = 0
    assert list(worst.inputs) == [1] and worst.inputs[1][0].tolist() == [1, 1]
