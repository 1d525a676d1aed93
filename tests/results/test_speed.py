"""How many times faster strategies are."""

import numpy as np
import pytest

from _measured_runs import run
from keras_mtl.results.run_groups import RunGroups
from keras_mtl.results.speed import speeds

TIMES = {
    "frozen": {20: (2, 2, 8), 100: (4, 4, 4)},
    "fine-tuned": {20: (10, 12, 11), 100: (40,) * 3},
}


def timed(score=0.5):
    return RunGroups(
        run(name, labels, seed, score, seconds=float(seconds))
        for name, by_labels in TIMES.items()
        for labels, all_seconds in by_labels.items()
        for seed, seconds in enumerate(all_seconds)
    )


def test_it_is_the_median_over_labels_of_the_ratio_of_medians():
    (speed,) = speeds(timed())
    assert (speed.strategy, speed.against) == ("frozen", "fine-tuned")
    assert speed.times == pytest.approx(np.median([11 / 2, 40 / 4]))


def test_what_has_not_been_measured_has_no_speed():
    assert speeds(timed(np.nan)) == []
    assert speeds(timed(), quick=("features+knn",)) == []
    assert speeds(RunGroups([run("frozen", 20, 0, 0.5)])) == []
