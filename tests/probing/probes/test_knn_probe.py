import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.heads.probe_targets import NumberTargets
from keras_mtl.probing.probes.known_probes import PROBES

PROBE = PROBES.find("knn")


def test_it_is_the_classifier_of_scikit_learn():
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    expected = cross_val_score(
        KNeighborsClassifier(), StandardScaler().fit_transform(FEATURES), CODES, cv=folds
    )
    assert score(PROBE, TARGETS["classes"]).score == pytest.approx(expected.mean())


def test_labels_of_0_and_1_are_averaged():
    assert score(PROBE, TARGETS["yes or no"]).score > 0.7


def test_few_samples_have_fewer_neighbours():
    targets = NumberTargets(np.arange(4.0)[:, None])
    assert PROBE.make_estimator(targets, 2).n_neighbors == 2
    assert PROBE.make_estimator(TARGETS["numbers"], 2).n_neighbors == 5
