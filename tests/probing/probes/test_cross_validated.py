import numpy as np
import pytest

from _probe_labels import TARGETS
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import ClassTargets
from keras_mtl.probing.probes.known_probes import PROBES


def test_folds_that_a_class_cannot_fill_are_refused():
    rare = ClassTargets(np.array([0] * 30 + [1] * 29 + [2]))
    with pytest.raises(InvalidLabels, match="smallest class has 1 samples, fewer than the 5"):
        PROBES.find("knn").check(rare, 5)
    with pytest.raises(InvalidLabels, match="data set has 60 samples, fewer than the 61"):
        PROBES.find("knn").check(TARGETS["numbers"], 61)
    with pytest.raises(ValueError, match="`folds` is a whole number, at least 2"):
        PROBES.find("logistic").check(TARGETS["classes"], 1)
    PROBES.find("ridge").check(rare, 5)
