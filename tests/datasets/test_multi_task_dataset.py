import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_mtl
from _processes import PATHS
from _rows import two_tasks
from keras_mtl.datasets.multi_task_dataset import in_parts
from keras_mtl.errors import InvalidTaskData, TaskNotFound

QUICK = settings(max_examples=25)
CASES = st.tuples(st.integers(30, 80), st.floats(0.3, 1.0), st.integers(0, 99))


def counts_of(data, task):
    return np.bincount(data[task].labels, minlength=3)


@QUICK
@given(CASES, st.integers(0, 9))
def test_budgets_are_nested_and_stratified_and_leave_other_tasks_alone(case, seed):
    rows, labelled, drawn = case
    data = two_tasks(rows, labelled=labelled, seed=drawn)
    most = len(data["hair"])
    sizes = sorted({3, most // 2, most} - {0, 1, 2}) if most >= 3 else []
    there = np.count_nonzero(counts_of(data, "hair"))
    parts = [data.budget({"hair": size}, seed=seed) for size in sizes if size >= there]
    for smaller, larger in pairwise(parts):
        assert np.array_equal(smaller["hair"].rows, larger["hair"].rows[: len(smaller["hair"])])
    for part in parts:
        share = len(part["hair"]) / most
        expected = np.maximum(1, counts_of(data, "hair") * share)
        assert (np.abs(counts_of(part, "hair") - expected)[counts_of(data, "hair") > 0] <= 2).all()
        assert np.array_equal(part["sex"].rows, data["sex"].rows)
        assert set(part["hair"].rows) <= set(data["hair"].rows)


@QUICK
@given(CASES, st.floats(0.5, 0.8), st.integers(0, 9))
def test_no_row_is_in_two_parts_of_any_tasks(case, share, seed):
    rows, _, drawn = case
    data = two_tasks(rows, labelled=1.0, seed=drawn)
    parts = data.split({"train": share, "test": 1 - share}, seed=seed)
    rows_of = {
        name: set().union(*(part[task].rows.tolist() for task in part))
        for name, part in parts.items()
    }
    assert not rows_of["train"] & rows_of["test"]
    assert rows_of["train"] | rows_of["test"] == set(range(rows))
    balance = np.mean(data["sex"].labels)
    for part in parts.values():
        assert abs(np.mean(part["sex"].labels) - balance) < 0.2
        x, y = part["sex"]
        assert np.array_equal(y, x[:, 0] > 0)


def drawn():
    parts = in_parts(two_tasks(), {"train": 0.6, "test": 0.4}, {"hair": 12}, seed=7)
    return {name: {t: d.rows.tolist() for t, d in part.items()} for name, part in parts.items()}


@pytest.mark.slow
def test_another_process_draws_the_same_rows():
    code = (
        f"import sys, json; sys.path[:0] = {PATHS}; "
        "from datasets.test_multi_task_dataset import drawn; print(json.dumps(drawn()))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert json.loads(output.stdout.splitlines()[-1]) == drawn()


def test_only_the_first_part_has_a_budget():
    parts = drawn()
    assert len(parts["train"]["hair"]) == 12 < len(parts["test"]["hair"])


def test_heads_know_the_names_of_the_classes():
    data = two_tasks()
    heads = data.heads(hidden=(5,))
    assert heads["hair"].classes == ("black", "blond", "grey") and heads["sex"].hidden == (5,)
    assert data.head("sex").units == 2


@pytest.mark.slow
def test_trains_several_tasks_in_turn_and_jointly():
    import keras

    parts = two_tasks().split({"train": 0.7, "test": 0.3})
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
    model = keras_mtl.MultiTaskModel(trunk, parts["train"].heads())
    history = model.fit(parts["train"], validation_data=parts["test"], verbose=0)
    assert {"hair_loss", "val_sex_accuracy"} <= set(history.history)
    joint = model.evaluate(parts["test"].joint(), verbose=0)
    assert joint["hair_loss"] == pytest.approx(
        model.evaluate(parts["test"], verbose=0)["hair_loss"], abs=1e-5
    )


def test_joint_data_have_gaps_where_a_budget_leaves_rows_out():
    data = two_tasks().budget({"hair": 10})
    joint = data.joint()
    assert len(joint) == 90 and set(joint.labels) == {"sex", "hair"}
    labelled = joint.labels["hair"] >= 0
    assert set(joint.rows[labelled]) == set(data["hair"].rows)
    assert (joint.labels["hair"][~labelled] == -1).all()


@QUICK
@given(st.integers(1, 6), st.integers(10, 40))
def test_shards_have_each_row_once_and_nearly_equal_sizes(count, rows):
    data = two_tasks(rows, labelled=1.0)
    shards = [data.shard(count, index)["sex"].rows for index in range(count)]
    assert sorted(np.concatenate(shards)) == list(range(rows))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_prints_what_each_task_has():
    text = repr(two_tasks().budget({"hair": 10}))
    assert "train: 90 rows" in text and "hair" in text and "80" in text


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda data: data["hiar"], TaskNotFound, "Did you mean 'hair'"),
        (lambda data: data.budget({"hiar": 9}), TaskNotFound, "Did you mean 'hair'"),
        (lambda data: data.budget({"hair": 900}), ValueError, r"Labels by class: \{'black'"),
        (lambda data: data.budget({"hair": 1.5}), TypeError, r"labels\['hair'\]"),
        (lambda data: data.split({"train": 0.5}), ValueError, "add up to 1"),
        (lambda data: data.split({"train": 0.999, "test": 0.001}), InvalidTaskData, "no rows"),
        (lambda data: data.split(0.5), ValueError, "dict of the share"),
        (lambda data: data.shard(2, 2), ValueError, "below `count`"),
        (lambda data: in_parts(data, labels={"hiar": 9}), ValueError, "Did you mean 'hair'"),
        (lambda data: two_tasks(labelled=0.0), InvalidTaskData, "all 90 labels are missing"),
    ],
)
def test_bad_arguments_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(two_tasks())
