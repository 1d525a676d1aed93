import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.comparing.label_draws import draw, folded, most_labels

CLASSES = np.array([0] * 12 + [1] * 6 + [2] * 2)


@given(st.integers(0, 50), st.sampled_from([None, 5]))
def test_draws_are_nested_stratified_and_away_from_the_judged_rows(seed, folds):
    most = most_labels(len(CLASSES), folds)
    few, more = (draw(CLASSES, labels, seed, folds) for labels in (6, most))
    for small, large in zip(few, more, strict=True):
        assert small.rows.tolist() == large.rows[:6].tolist()
        assert set(CLASSES[small.rows]) == {0, 1, 2}
        judged = [] if small.judged is None else small.judged.tolist()
        assert not set(judged) & set(large.rows.tolist())
    if folds:
        judged = np.concatenate([one.judged for one in few])
        assert sorted(judged.tolist()) == list(range(len(CLASSES)))


def test_each_fold_has_its_share():
    counts = [np.bincount(CLASSES[rows], minlength=3) for rows in folded(CLASSES, 5, seed=1)]
    assert np.ptp(counts, axis=0).tolist() == [1, 1, 1]
    assert sorted(map(len, folded(np.zeros(7, int), 5, 0))) == [1, 1, 1, 2, 2]


def test_other_seeds_draw_other_rows():
    drawn = {tuple(draw(CLASSES, 5, seed, None)[0].rows.tolist()) for seed in range(10)}
    assert len(drawn) == 10
