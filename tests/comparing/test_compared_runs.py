"""The table of some runs, and whether all that were planned are there."""

from keras_mtl.comparing.compared_runs import ComparedRuns
from keras_mtl.comparing.comparison_facts import ComparisonFacts
from keras_mtl.results.run import Run

FACTS = ComparisonFacts("Ways", "9 test rows", "accuracy", None, 3, {}, {}, "")


def test_runs_as_a_table():
    runs = [Run("frozen", 20, seed, None, 0.5 + seed / 10, 1.0, 10) for seed in (0, 1)]
    some = ComparedRuns(FACTS, runs)
    assert some.runs == tuple(runs) and not some.is_complete
    assert some.best().score == 0.55 and some.metric == "accuracy"
    assert repr(some).startswith("Ways: accuracy, 9 test rows\n")
    failed = Run("joint", 20, 0, None, float("nan"), 1.0, 0, error="no data")
    whole = ComparedRuns(FACTS, [*runs, failed])
    assert whole.is_complete and whole.footer == "`joint` failed: no data"
