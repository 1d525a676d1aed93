import numpy as np

from keras_mtl.linear.folds import stratified_folds


def test_each_fold_has_its_share_of_each_class():
    codes = np.repeat([0, 1, 2], [50, 25, 10])
    folds = stratified_folds(codes, 5)
    for fold in range(5):
        np.testing.assert_array_equal(np.bincount(codes[folds == fold]), [10, 5, 2])


def test_rare_classes_are_in_some_folds_and_the_only_sample_of_a_class_in_none():
    codes = np.repeat([0, 1, 2], [10, 2, 1])
    folds = stratified_folds(codes, 5)
    assert len(set(folds[codes == 1])) == 2
    assert folds[codes == 2] == [-1]


def test_folds_are_the_same_each_time_and_other_with_another_seed():
    codes = np.arange(40) % 2
    np.testing.assert_array_equal(stratified_folds(codes, 5), stratified_folds(codes, 5))
    assert (stratified_folds(codes, 5) != stratified_folds(codes, 5, seed=1)).any()
