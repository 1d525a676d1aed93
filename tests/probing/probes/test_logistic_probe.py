import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.standardising import standardise


def test_it_is_the_logistic_regression_of_scikit_learn():
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    estimator = LogisticRegression(max_iter=1000)
    expected = cross_val_score(estimator, standardise(FEATURES), CODES, cv=folds)
    found = score(PROBES.find("logistic"), TARGETS["classes"])
    assert found.score == pytest.approx(expected.mean())
