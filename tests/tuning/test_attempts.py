import pytest

from keras_mtl.tuning.attempts import UNFINISHED, Attempt, Superseded


def test_only_the_last_attempt_goes_on(tmp_path):
    first = Attempt.begin(tmp_path)
    first.check()
    unfinished = first.unfinished(tmp_path / "checkpoint.weights.h5")
    unfinished.touch()
    second = Attempt.begin(tmp_path)
    second.check()
    with pytest.raises(Superseded, match="was begun again"):
        first.check()
    assert unfinished.name.endswith(UNFINISHED)
    assert not unfinished.exists()
