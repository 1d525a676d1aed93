import numpy as np
import pytest
from scipy import stats

from keras_mtl.comparing.compared_strategy import compared_strategies
from keras_mtl.results.run import Run

NAN = float("nan")


def runs(strategy, scores, labels=20, **fields):
    given = {"cut": "conv", "seconds": 1.0, "parameters": 9, **fields}
    return [Run(strategy, labels, seed, score=one, **given) for seed, one in enumerate(scores)]


def test_rows_say_what_the_runs_say():
    scratch, frozen = [0.5, 0.7, 0.6], [0.8, 0.7, 0.9]
    rows = compared_strategies(
        [
            *runs("from-scratch", scratch, cut=None, parameters=99),
            *runs("frozen", frozen, seconds=0.5),
            *runs("fine-tuned", [0.4], labels=5),
            *runs("broken", [NAN, NAN], error="ValueError: no", parameters=0),
        ],
        None,
    )
    assert [(row.labels, row.strategy) for row in rows] == [
        (5, "fine-tuned"),
        (20, "frozen"),
        (20, "from-scratch"),
        (20, "broken"),
    ]
    single, best, control, broken = rows
    assert (single.spread, single.difference) == (None, None)
    differences = np.subtract(frozen, scratch)
    reach = stats.t(2).ppf(0.975) * stats.sem(differences)
    assert best.score == pytest.approx(0.8)
    assert best.spread == pytest.approx(np.std(frozen, ddof=1))
    assert best.difference == pytest.approx(differences.mean())
    assert (best.low, best.high) == pytest.approx(
        (differences.mean() - reach, differences.mean() + reach)
    )
    assert (best.seconds, best.parameters, best.cut, best.runs) == (0.5, 9, "conv", 3)
    assert (control.difference, control.cut, control.parameters) == (None, None, 99)
    assert (broken.runs, broken.failures, broken.difference) == (0, 2, None)
    assert np.isnan(broken.score)
