"""Folds are those of scikit-learn, each time the same, and bad ones are refused."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
)

from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.head import Head
from keras_mtl.probing.task_labels import probe_targets
from keras_mtl.tuning.folds import check_cv, identity_of_folds, make_folds

Y = np.arange(24) % 3
NUMBERS = np.linspace(0.0, 1.0, 24)
SEVERAL = np.stack([Y == 0, Y == 1], axis=1).astype(int)


def folds_of(cv, y=Y, kind="auto"):
    return make_folds(check_cv(cv), probe_targets(y, len(y), kind), y)


@pytest.mark.parametrize(
    ("y", "kind", "cv", "splitter"),
    [
        (Y, "auto", 4, StratifiedKFold(4)),
        (Y % 2, Head(1, "binary"), 4, StratifiedKFold(4)),
        (NUMBERS, "auto", 5, KFold(5)),
        (SEVERAL, "multilabel", 3, KFold(3)),
        *((Y, "auto", one, one) for one in (ShuffleSplit(3, random_state=0), KFold(2))),
        (Y, "auto", RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=1), None),
    ],
)
def test_folds_are_those_of_scikit_learn(y, kind, cv, splitter):
    expected = list((splitter or cv).split(np.zeros(len(y)), y))
    folds = folds_of(cv, y, kind)

    assert len(folds) == len(expected)
    for fold, (training, held_out) in zip(folds, expected, strict=True):
        assert np.array_equal(fold.training, training)
        assert np.array_equal(fold.held_out, held_out)


def test_pairs_of_rows_may_be_numbers_or_masks_and_come_from_a_generator():
    groups = np.arange(24) // 6
    pairs = list(GroupKFold(2).split(Y, Y, groups))
    masks = [tuple(np.isin(np.arange(24), part) for part in pair) for pair in pairs]

    taken = folds_of(pair for pair in pairs)

    assert identity_of_folds(taken) == identity_of_folds(folds_of(masks))
    assert identity_of_folds(taken) != identity_of_folds(folds_of(2))


@pytest.mark.parametrize("cv", [1, 0, True, 2.5, "5", {}, [], [(1, 2)], [1, 2], object()])
def test_what_is_no_cross_validation_is_refused(cv):
    with pytest.raises(ValueError, match="`cv` is a number of folds"):
        check_cv(cv)


@pytest.mark.parametrize(
    ("cv", "y", "match"),
    [
        (9, Y, "smallest class of `y` has 8 labels, fewer than the 9 folds"),
        (30, NUMBERS, "`y` has 24 labels, fewer than the 30 folds"),
        (ShuffleSplit(3), Y, "draws other folds each time"),
        (GroupKFold(2), Y, r"cannot split the 24 rows.*list\(splitter"),
        ([([0, 1], [2]), ([0, 24], [1])], Y, "Fold 1 of `cv` has rows that are none of the 24"),
        ([([0, 1], [2]), ([-1], [1])], Y, "Fold 1 .* none of the 24"),
        ([([0, 1], [2]), ([0.5], [1])], Y, "Fold 1 .* none of the 24"),
        ([([0, 1], []), ([0], [1])], Y, "Fold 0 .* no rows on one side"),
        ([([0, 1], [1]), ([0], [1])], Y, "Fold 0 of `cv` holds out rows that it trains on"),
    ],
)
def test_folds_that_cannot_be_used_are_refused(cv, y, match):
    with pytest.raises(ValueError, match=match):
        folds_of(cv, y)
    assert issubclass(InvalidLabels, ValueError)
