import numpy as np
import pytest

from _comparisons import CHEAP, Failing, Majority, experiment, with_test
from keras_mtl.comparing import all_runs
from keras_mtl.comparing.all_runs import do_all
from keras_mtl.comparing.run_log import ALL
from keras_mtl.comparing.runner import Runner
from keras_mtl.errors import AllRunsFailed, AnotherComparison


class Stopped(BaseException):
    """Ends a comparison as a kill does: nothing is tidied up."""


def stop_after(monkeypatch, runs, error):
    """Let the runner raise an error after some runs; return the runs that it begins."""
    begun, do = [], Runner.run

    def run(self, planned):
        begun.append(planned.key)
        if len(begun) > runs:
            raise error
        return do(self, planned)

    monkeypatch.setattr(Runner, "run", run)
    return begun


def numbers(runs):
    return [
        (run.strategy, run.labels, run.seed, run.cut, run.score, run.gains.tolist()) for run in runs
    ]


@pytest.mark.parametrize("make", [experiment, with_test])
def test_a_killed_comparison_goes_on(tmp_path, monkeypatch, make):
    expected = numbers(do_all(make(), None, 1, 0))
    for at in (2, 3):
        with monkeypatch.context() as patch, pytest.raises(Stopped):
            stop_after(patch, at, Stopped())
            do_all(make(), tmp_path, 1, 0)
    path = tmp_path / ALL
    path.write_bytes(path.read_bytes()[:-9])  # The last line was half written.
    begun = stop_after(monkeypatch, 99, Stopped())
    assert numbers(do_all(make(), tmp_path, 1, 0)) == expected
    assert len(begun) == 4
    assert numbers(do_all(make(), tmp_path, 1, 0)) == expected
    assert len(begun) == 4


def test_only_what_is_new_is_done(tmp_path, monkeypatch):
    do_all(with_test(), tmp_path, 1, 0)
    begun = stop_after(monkeypatch, 99, Stopped())
    more = with_test(labels=[6, 10, 20], seeds=[0, 7], strategies=[*CHEAP[:1], Majority()])
    runs = do_all(more, tmp_path, 1, 0)
    assert len(runs) == 12
    new = {key for key in more.keys if key[0] == "Majority" or key[1] == 10 or key[2] == 7}
    assert set(begun) == new
    monkeypatch.undo()
    assert numbers(runs) == numbers(do_all(more, None, 1, 0))


def test_another_metric_is_another_comparison(tmp_path):
    do_all(with_test(), tmp_path, 1, 0)
    with pytest.raises(AnotherComparison, match="`metric='accuracy'`, not 'f1_macro'"):
        do_all(with_test(metric="f1_macro"), tmp_path, 1, 0)


def test_a_strategy_that_fails_is_named_and_done_again(tmp_path):
    failing = with_test(strategies=[*CHEAP[:1], Failing()])
    with pytest.warns(UserWarning, match=r"`Failing` failed in 2 of 4 runs.*too many for me"):
        runs = do_all(failing, tmp_path, 1, 0)
    assert [bool(run.error) for run in runs] == [False] * 6 + [True] * 2
    assert np.isnan(runs[-1].score)
    with pytest.raises(AllRunsFailed, match=r"All runs failed.*20 labels.*too many for me"):
        do_all(with_test(strategies=Failing(), labels=20), tmp_path / "other", 1, 0)
    mended = with_test(strategies={"means": CHEAP[0], "Failing": Majority()})
    assert not any(run.error for run in do_all(mended, tmp_path, 1, 0))


def test_an_interruption_keeps_what_is_done(monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 3, KeyboardInterrupt())
        with pytest.warns(UserWarning, match="Interrupted: 3 of 8 runs are done"):
            assert len(do_all(with_test(), None, 1, 0)) == 3
    stop_after(monkeypatch, 0, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        do_all(with_test(), None, 1, 0)


def test_others_are_asked_if_there_are_several_jobs(monkeypatch):
    asked = []
    monkeypatch.setattr(
        all_runs, "do_in_others", lambda runner, planned, *given: asked.extend(planned)
    )
    assert do_all(with_test(), None, 2, 0) == []
    assert len(asked) == 8
