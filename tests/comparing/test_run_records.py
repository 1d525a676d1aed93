import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.comparing.run_records import key_of, line_of, record_of
from keras_mtl.results.run import Run

SCORES = st.floats(allow_infinity=False)
RUNS = st.builds(
    Run,
    strategy=st.text(min_size=1),
    labels=st.integers(2, 10**6),
    seed=st.integers(0, 2**32 - 1),
    cut=st.none() | st.text(),
    score=SCORES,
    seconds=SCORES,
    parameters=st.integers(0, 10**9),
    error=st.text(),
    history=st.dictionaries(st.text(), st.lists(st.floats(-1e3, 1e3))),
    gains=st.none() | st.lists(st.floats(0, 1, width=32)).map(lambda g: np.array(g, "float32")),
)


@pytest.mark.slow
@given(RUNS)
def test_a_line_says_what_it_was_made_from(run):
    line = line_of(run)
    again = record_of(line)
    assert line.count(b"\n") == 1
    assert line_of(again) == line
    assert key_of(again) == key_of(run)
    assert np.array_equal(again.score, run.score, equal_nan=True)
    if run.gains is not None:
        assert again.gains.dtype == "float32"
        assert np.array_equal(again.gains, run.gains)
    for damaged in (line[:-1], line[: len(line) // 2], line.replace(b'"seed"', b'"seee"')):
        with pytest.raises(ValueError):
            record_of(damaged)


def test_a_run_that_begins():
    key = RunKey("frozen", 20, 3)
    assert record_of(line_of(key)) == key
    assert str(key) == "`frozen` with 20 labels (seed 3)"


def test_right_and_wrong_answers_are_small():
    gains = (np.random.default_rng(0).random(10_000) > 0.3).astype("float32")
    assert len(line_of(Run("frozen", 20, 0, None, 0.7, 1.0, 1, gains=gains))) < 4_000
