import numpy as np
import pytest

from keras_mtl.balancing import Bloop, RunningMean

BLOOP = Bloop("hair", rate=0.1).for_tasks(["sex", "hair", "age"])


def test_helpers_are_projected_off_the_mean():
    rng = np.random.default_rng(0)
    gradients, mean = rng.normal(size=(3, 5)), rng.normal(size=5)
    off = np.eye(5) - np.outer(mean, mean) / (mean @ mean)
    expected = gradients[1] + off @ (gradients[0] + gradients[2])
    found = BLOOP.combine(gradients.astype("float32"), mean=mean)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_before_there_is_a_mean_the_gradients_are_added_up():
    gradients = np.array([[-1, 2], [1, 0], [3, 3]], "float32")
    np.testing.assert_allclose(BLOOP.combine(gradients), [3, 5])


def test_what_the_step_is_asked_to_keep():
    assert BLOOP.running_mean == RunningMean(task=1, rate=0.1)


def test_bad_rates():
    for rate in (0, 1.5, "a"):
        with pytest.raises(ValueError, match="`rate`"):
            Bloop("hair", rate=rate)
