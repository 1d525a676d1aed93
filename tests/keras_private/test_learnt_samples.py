"""Neighbours of scikit-learn keep the samples and labels that they were fitted to."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from keras_mtl.keras_private.learnt_samples import learnt_samples, learnt_targets

X, Y = np.arange(12.0).reshape(6, 2), np.array([3, 5, 3, 5, 3, 5])


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
def test_scikit_learn_renamed_what_neighbours_keep(algorithm):
    classifier = KNeighborsClassifier(2, algorithm=algorithm).fit(X, Y)
    np.testing.assert_array_equal(learnt_samples(classifier), X)
    np.testing.assert_array_equal(classifier.classes_[learnt_targets(classifier)], Y)
    np.testing.assert_array_equal(learnt_targets(KNeighborsRegressor(2).fit(X, Y)), Y)
