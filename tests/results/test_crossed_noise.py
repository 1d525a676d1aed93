"""The noise of a mean over seeds and rows."""

import numpy as np
import pytest

from keras_mtl.results.crossed_noise import cross_validated_noise, crossed_noise, mean_squares


def drawn(rng, seeds, rows, of_seeds, of_rows, residual):
    """A matrix of differences whose true mean is 0."""
    return (
        of_seeds * rng.standard_normal((seeds, 1))
        + of_rows * rng.standard_normal((1, rows))
        + residual * rng.standard_normal((seeds, rows))
    )


def test_mean_squares_are_those_of_a_two_way_analysis_of_variance():
    values = np.random.default_rng(0).random((3, 7))
    design = [np.ones(21), *np.eye(3).repeat(7, axis=1)]  # Fitted by least squares, step by step.
    full = [*design, *np.tile(np.eye(7), 3)]
    rows_only = [np.ones(21), *np.tile(np.eye(7), 3)]

    def left(columns):
        x, y = np.transpose(columns), values.ravel()
        return ((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).sum()

    found = mean_squares(values)

    assert found.mean == pytest.approx(values.mean())
    assert found.residual == pytest.approx(left(full) / 12)
    assert found.seeds == pytest.approx((left(rows_only) - left(full)) / 2)
    assert found.rows == pytest.approx((left(design) - left(full)) / 6)


@pytest.mark.parametrize("parts", [(1, 2, 3), (0.5, 6, 1), (0, 0, 1)])
def test_the_variance_is_what_means_of_other_seeds_and_rows_have(parts):
    rng = np.random.default_rng(1)
    many = [mean_squares(drawn(rng, 6, 20, *parts)) for _ in range(600)]

    estimated = np.mean([crossed_noise(one).error ** 2 for one in many])

    true = parts[0] ** 2 / 6 + parts[1] ** 2 / 20 + parts[2] ** 2 / 120
    floors = 1.6 if parts == (0, 0, 1) else 1.1  # Variances are not taken for negative.
    assert 0.9 * true < estimated < floors * true


def test_degrees_of_freedom_are_those_of_what_varies_most():
    rng = np.random.default_rng(2)
    assert crossed_noise(mean_squares(drawn(rng, 5, 400, 3, 0, 1))).degrees == pytest.approx(4, 0.2)
    assert crossed_noise(mean_squares(drawn(rng, 5, 400, 0, 3, 1))).degrees > 200


def test_scores_without_rows_have_the_noise_of_their_seeds():
    scores = np.array([[0.1], [0.4], [0.3]])
    noise = crossed_noise(mean_squares(scores))
    assert noise.error == pytest.approx(scores.std(ddof=1) / np.sqrt(3))
    assert noise.degrees == pytest.approx(2)


def test_repeated_cross_validation_is_corrected_for_shared_rows():
    values = drawn(np.random.default_rng(3), 4, 50, 0, 1, 1)
    squares = mean_squares(values)

    noise = cross_validated_noise(squares, folds=5)

    within = values.var(axis=1, ddof=1).mean() / 50
    between = max(values.mean(axis=1).var(ddof=1) - squares.residual / 50, 0)
    assert noise.error**2 == pytest.approx((within + between) * (1 / 4 + 5 / 4), rel=0.05)
    assert noise.degrees == 19
