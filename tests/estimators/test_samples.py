import numpy as np
import pytest

from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.samples import LabelledSamples, Samples


class Doubling:
    """Doubles its inputs, and counts how often it is asked to."""

    calls = 0

    def outputs(self, inputs, batch_size, verbose):
        self.calls += 1
        return 2 * inputs[0]


def test_features_are_computed_once_and_kept_by_parts():
    model = Doubling()
    samples = Samples([np.arange(8.0).reshape(4, 2)], 32)
    whole = samples.features(model)
    part = samples.take(np.array([2, 0]))
    np.testing.assert_array_equal(part.features(model), whole[[2, 0]])
    assert (model.calls, len(part)) == (1, 2)
    assert Doubling().outputs(part.inputs, 32, 0).tolist() == whole[[2, 0]].tolist()
    samples.features(Doubling())
    assert samples.features(model) is not whole  # Only the last ones are kept.


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(InvalidFeatures, match="NaN or infinite"):
        Samples([np.full((3, 2), np.inf)], 32).features(Doubling())


def test_samples_without_weight_are_left_out():
    samples = Samples([np.arange(3.0)[:, None]], 32)
    data = LabelledSamples.of(samples, np.array([5, 6, 7]), [0, 2, 3])
    assert (data.values.tolist(), data.weights.tolist()) == ([6, 7], [2, 3])
    assert data.samples.inputs[0].tolist() == [[1], [2]]
    assert LabelledSamples.of(samples, np.zeros(3), [True, False, True]).weights is None
    assert LabelledSamples.of(samples, np.zeros(3), None).weights is None
