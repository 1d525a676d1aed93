import pytest

from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.comparing.run_progress import TimeLeft, shown_progress
from keras_mtl.results.run import Run


def ended(strategy, labels, seed, seconds, error=""):
    return Run(strategy, labels, seed, None, 0.75, seconds, 1, error=error)


def test_time_left():
    keys = [RunKey(s, labels, seed) for s in "ab" for labels in (10, 100) for seed in (0, 1)]
    now = [0.0]
    left = TimeLeft(keys, 2, clock=lambda: now[0])
    now[0] = 500.0  # Processes start, which no run that is left has to wait for.
    assert left.end(ended("a", 10, 0, 8.0)) == "more than 1 min 24 s"  # (8 + 2 * 80) / 2.
    now[0] += 1.5
    left.end(ended("b", 10, 0, 2.0))
    now[0] += 3.0  # 6 seconds of training took 4.5, where 3 would do.
    assert left.end(ended("b", 100, 0, 4.0)) == "about 2 min 10 s"  # (8 + 2 * 80 + 2 + 4) * .75.
    for key in keys[1:4]:
        left.end(ended(*key, 0.0, error="ValueError"))
    for key in keys[5:]:
        text = left.end(ended(*key, 1.0))
    assert text == "0 s"


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_what_is_shown(capsys, verbose):
    keys = [RunKey("frozen", 10, seed) for seed in (0, 1)]
    with shown_progress(keys, 3, "accuracy", verbose) as tell:
        tell(ended("frozen", 10, 0, 1.0))
        tell(ended("frozen", 10, 1, float("nan"), error="ValueError: no"))
    out = capsys.readouterr().out
    if verbose == 0:
        assert out == ""
    elif verbose == 1:
        assert "5/5 runs, 0 s left" in out
    else:
        first, last = out.splitlines()
        assert first.startswith("Run 4 of 5: `frozen` with 10 labels (seed 0): accuracy 0.7500.")
        assert last.startswith(
            "Run 5 of 5: `frozen` with 10 labels (seed 1): failed: ValueError: no."
        )


def test_an_error_passes_through():
    with (
        pytest.raises(ZeroDivisionError),
        shown_progress([RunKey("a", 1, 0)], 0, "accuracy", 1) as tell,
    ):
        tell(ended("a", 1, 0, 1 / 0))
