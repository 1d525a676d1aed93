"""What every probe promises."""

import numpy as np
import pytest

from _probe_labels import TARGETS, score
from keras_mtl.errors import InvalidLabels
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.probes.probe_method import ProbeScore


@pytest.mark.parametrize("name", PROBES.names)
@pytest.mark.parametrize("labels", TARGETS)
def test_labels_that_it_suits_are_scored_and_others_refused(name, labels):
    targets, probe = TARGETS[labels], PROBES.find(name)
    if probe.needs_classes and not targets.are_classes:
        with pytest.raises(InvalidLabels, match=rf"'{name}'.* taken for {targets.meaning}"):
            probe.check(targets, 4)
        return
    found = score(probe, targets)
    assert np.isfinite(found.score)
    again = score(probe, targets)
    assert found[:3] == again[:3]
    np.testing.assert_array_equal(found.gains, again.gains)
    assert (found.spread is None) == (probe.unit is not None)
    assert (found.fit is not None) == (name == "ridge")


def test_the_spread_is_the_standard_error():
    gains = np.array([1.0, 0.0, 1.0, 1.0])
    assert ProbeScore.of_gains(gains, fit=0.2) == (0.75, 0.25, 0.2, gains)
