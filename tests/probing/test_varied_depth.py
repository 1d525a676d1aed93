import numpy as np
import pytest

from keras_mtl.probing.varied_depth import count_directions, varied_depth

RANDOM = np.random.default_rng(0)


def of_rank(rank, samples=10, width=20):
    """Features that vary alike in `rank` directions."""
    drawn = RANDOM.normal(size=(samples, rank))
    left = np.linalg.qr(drawn - drawn.mean(axis=0))[0]
    right = np.linalg.qr(RANDOM.normal(size=(width, rank)))[0]
    return left @ right.T + RANDOM.normal(size=width)


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_directions_that_vary_alike_are_counted(rank):
    assert count_directions(of_rank(rank)) == pytest.approx(rank)


def test_it_is_the_ratio_of_the_variances():
    features = RANDOM.normal(size=(12, 5)) * [5, 4, 3, 2, 1]
    variances = np.linalg.eigvalsh(np.cov(features.T))
    expected = variances.sum() ** 2 / (variances**2).sum()
    assert count_directions(features) == pytest.approx(expected)
    assert count_directions(3 * features + 7) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ranks", "depth"), [((2, 6, 5, 2), 2), ((2, 6, 3, 1), 1), ((4, 4, 4), 2), ((7, 2), 0)]
)
def test_the_deepest_of_those_that_vary_much(ranks, depth):
    assert varied_depth([of_rank(rank) for rank in ranks]) == depth


def test_features_that_do_not_vary():
    assert varied_depth([np.ones((3, 4)), of_rank(2), np.ones((3, 2))]) == 1
    assert varied_depth([np.ones((1, 4)), np.ones((1, 2))]) == 1
