import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from keras_mtl.explaining.number_explanation import NumberExplanation


def explained(rows=200, true=None, **options):
    generator = np.random.default_rng(0)
    true = generator.normal([50, -3], [10, 0.1], (rows, 2)) if true is None else true
    predicted = true + generator.normal(1, 5, true.shape) * true.std(axis=0) / 10
    names = ["height", "depth"][: true.shape[1]]
    numbers = np.arange(rows) + 7
    return NumberExplanation("net", numbers, true, predicted, targets=names, confidence=0.95)


def test_scores_are_those_of_scikit_learn():
    explanation = explained()
    assert explanation.to_frame().index.tolist() == ["height", "depth"]
    for column, score in enumerate(explanation.scores):
        pair = explanation.true[:, column], explanation.predicted[:, column]
        assert score.r2 == pytest.approx(r2_score(*pair))
        assert score.mae == pytest.approx(mean_absolute_error(*pair))
        assert score.rmse == pytest.approx(root_mean_squared_error(*pair))
        assert score.bias == pytest.approx((pair[1] - pair[0]).mean())
        assert score.r2_low < score.r2 < score.r2_high < 1
        assert score.mae_low < score.mae < score.mae_high
    spread = np.abs(explanation.residuals[:, 0]).std() / 200**0.5
    score = explanation.scores[0]
    assert score.mae_high - score.mae_low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_the_largest_errors_count_in_standard_deviations():
    explanation = explained()
    sizes = np.abs(explanation.residuals) / explanation.true.std(axis=0)
    worst = explanation.mistakes(3)
    row, column = np.unravel_index(sizes.argmax(), sizes.shape)
    assert (worst[0].row, worst[0].target) == (row + 7, ["height", "depth"][column])
    assert worst[0].error == explanation.residuals[row, column]
    assert worst[0].predicted - worst[0].true == pytest.approx(worst[0].error)


def test_what_is_printed_and_drawn(tmp_path):
    explanation = explained()
    assert "net: errors on 200 rows" in repr(explanation)
    assert "percentile bootstrap, 1,000 resamples" in repr(explanation)
    assert "<table>" in explanation._repr_html_()
    assert explanation.plot(tmp_path / "numbers.png").exists()
    assert len(explanation.plot().axes) == 4


def test_equal_numbers_have_no_r2():
    constant = explained(true=np.full((20, 1), 1e6 + 0.1)).scores[0]
    assert np.isnan([constant.r2, constant.r2_low]).all() and constant.mae < 1e-9
    alone = explained(1, true=np.ones((1, 1))).scores[0]
    assert np.isnan([alone.r2, alone.mae_low]).all()
    assert "-" in repr(explained(1, true=np.ones((1, 1))).scores)
