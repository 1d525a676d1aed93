"""What each probe makes of features and labels, against the libraries that it stands for."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import ClassTargets, NumberTargets, YesOrNoTargets
from keras_mtl.probing.probes.registry import PROBES
from keras_mtl.probing.standardising import standardise
from keras_mtl.scores.h_score import h_score
from keras_mtl.scores.logme import logme

generator = np.random.default_rng(0)
FEATURES = generator.normal(size=(60, 7))
CODES = (FEATURES[:, 0] > 0).astype(int) + (FEATURES[:, 1] > 0.5)
TARGETS = {
    "classes": ClassTargets(CODES),
    "yes or no": YesOrNoTargets((FEATURES[:, :2] > 0).astype(float)),
    "numbers": NumberTargets(
        FEATURES @ generator.normal(size=(7, 2)) + generator.normal(size=(60, 2)) / 9
    ),
}


def score(name, targets, folds=4, seed=3):
    probe = PROBES.find(name)
    probe.check(targets, folds)
    return probe.score(FEATURES, targets, folds=folds, seed=seed)


@pytest.mark.parametrize("name", PROBES.names)
@pytest.mark.parametrize("labels", TARGETS)
def test_labels_that_it_suits_are_scored_and_others_refused(name, labels):
    targets, probe = TARGETS[labels], PROBES.find(name)
    if probe.needs_classes and not targets.are_classes:
        with pytest.raises(InvalidLabels, match=rf"'{name}'.* taken for {targets.meaning}"):
            probe.check(targets, 4)
        return
    found = score(name, targets)
    assert np.isfinite(found.score)
    assert found == score(name, targets)
    assert (found.spread is None) == (probe.unit is not None)
    assert (found.fit is not None) == (name == "ridge")


@pytest.mark.parametrize(
    ("name", "estimator"),
    [("logistic", LogisticRegression(max_iter=1000)), ("knn", KNeighborsClassifier())],
)
def test_cross_validation_is_that_of_scikit_learn(name, estimator):
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    expected = cross_val_score(estimator, standardise(FEATURES), CODES, cv=folds)
    assert score(name, TARGETS["classes"]).score == pytest.approx(expected.mean())


def test_scores_are_those_of_the_scores():
    classes, numbers = TARGETS["classes"], TARGETS["numbers"]
    assert score("logme", classes).score == pytest.approx(logme(FEATURES, CODES))
    expected = logme(FEATURES, numbers.values, "regression")
    assert score("logme", numbers).score == pytest.approx(expected)
    expected = h_score(FEATURES, CODES, shrinkage="auto")
    assert score("h_score", classes).score == pytest.approx(expected)


def test_labels_that_the_features_explain_score_high():
    assert score("ridge", TARGETS["numbers"]).fit > 0.95
    assert score("logistic", TARGETS["classes"]).score > 0.6  # by chance 0.4
    assert score("knn", TARGETS["yes or no"]).score > 0.7


def test_folds_that_a_class_cannot_fill_are_refused():
    rare = ClassTargets(np.array([0] * 30 + [1] * 29 + [2]))
    with pytest.raises(InvalidLabels, match="smallest class has 1 samples, fewer than the 5"):
        PROBES.find("knn").check(rare, 5)
    with pytest.raises(InvalidLabels, match="data set has 60 samples, fewer than the 61"):
        PROBES.find("knn").check(TARGETS["numbers"], 61)
    with pytest.raises(ValueError, match="`folds` is a whole number, at least 2"):
        PROBES.find("logistic").check(TARGETS["classes"], 1)
    PROBES.find("ridge").check(rare, 5)


def test_few_samples_have_fewer_neighbours():
    probe, targets = PROBES.find("knn"), NumberTargets(np.arange(4.0)[:, None])
    assert probe.make_estimator(targets, 2).n_neighbors == 2
