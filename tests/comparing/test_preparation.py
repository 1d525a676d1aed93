import gc
import weakref

import numpy as np
import pytest

from _comparisons import experiment, named_blobs, with_test
from keras_mtl.comparing.preparation import prepare, prepare_all


def test_rows_that_no_run_needs_are_left_out():
    x, y = named_blobs()
    one = with_test(labels=[6], seeds=[3, 5])
    runner, planned = prepare(one, one.keys, verbose=0)
    drawn = np.unique(np.concatenate([one.draws[6, seed][0].rows for seed in (3, 5)]))
    assert len(drawn) < 40
    assert runner.material.inputs[0].tolist() == x[drawn].tolist()
    assert len(runner.material.features["first"].drawn) == len(drawn)
    for each in planned:
        rows = one.draws[each.key.labels, each.key.seed][0].rows
        (part,) = each.parts
        assert runner.material.inputs[0][part.rows].tolist() == x[rows].tolist()
        assert (
            one.task.labels.classes[runner.material.values[part.rows]].tolist() == y[rows].tolist()
        )
        assert part.judged is None


@pytest.mark.slow
def test_features_do_not_depend_on_what_is_left_to_do():
    one = experiment(cut="auto", labels=[6, 20])
    whole, planned = prepare(one, one.keys, verbose=0)
    part, left = prepare(one, one.keys[-1:], verbose=0)
    assert [each.cut for each in left[0].parts] == [each.cut for each in planned[-1].parts]
    for cut, features in part.material.features.items():
        assert np.array_equal(features.drawn, whole.material.features[cut].drawn)


def test_each_fold_is_cut_by_its_own_labels():
    one = experiment(cut="auto", labels=[20], seeds=1)
    _, (first, other) = prepare(one, one.keys, verbose=0)
    assert len(first.parts) == 5
    assert [part.cut for part in first.parts] == [part.cut for part in other.parts]
    x, y = named_blobs()
    for fold, part in list(enumerate(first.parts))[:2]:
        changed = y.copy()  # Labels of other rows than those of the fold's draw do not count.
        hidden = np.setdiff1d(np.arange(60), part.rows)
        changed[hidden] = np.roll(changed[hidden], 1)
        blind = experiment(x, changed, cut="auto", labels=[20], seeds=1)
        draws = dict(one.draws)
        vars(blind)["draws"] = draws
        _, (again, _) = prepare(blind, blind.keys, verbose=0)
        assert again.parts[fold].cut == part.cut


def test_all_labels():
    one = experiment(labels=[6])
    runner, planned = prepare_all(one, "others")
    assert len(planned.parts[0].rows) == len(runner.material.values) == 60
    assert planned.key == ("others", 60, 0)


def test_what_runs_keep_goes_with_the_runner():
    one = experiment(strategies=["frozen"], labels=[20], seeds=1)
    runner, (planned,) = prepare(one, one.keys, verbose=0)
    assert not runner.run(planned).error
    vectors = weakref.ref(runner.task.vectors("first"))
    assert runner.task.model is one.task.model
    del runner
    one.task.trunks._made.clear()
    gc.collect()
    assert vectors() is None
