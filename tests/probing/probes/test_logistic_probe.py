import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.preprocessing import StandardScaler

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.probing.probes.known_probes import PROBES


def test_it_is_the_logistic_regression_of_scikit_learn():
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    estimator = LogisticRegression(max_iter=1000)
    expected = cross_val_score(estimator, StandardScaler().fit_transform(FEATURES), CODES, cv=folds)
    found = score(PROBES.find("logistic"), TARGETS["classes"])
    assert found.score == pytest.approx(expected.mean())
