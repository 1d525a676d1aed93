"""Inputs to predict that differ between workers are found before they are used."""

import numpy as np
import pytest

from _told_workers import ToldWorkers, same
from keras_mtl.errors import WorkersDiffer
from keras_mtl.training.distribution.same_inputs import same_inputs


def test_inputs_to_predict_are_compared_by_their_values():
    given = [np.zeros(3), np.ones(3)]
    assert list(same_inputs(ToldWorkers(same), given)) == given
    seen = []
    list(same_inputs(ToldWorkers(lambda own: seen.append(own["x"]) or own), given))
    assert len(set(seen)) == 3 and seen[-1] == "end"
    with pytest.raises(WorkersDiffer, match="read another batch of `x`"):
        list(same_inputs(ToldWorkers(lambda own: {"x": seen[1]}), given))
