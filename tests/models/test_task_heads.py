"""Heads that are copied, and heads that are shared."""

import keras
import pytest
from keras import layers

from keras_mtl.errors import HeadMismatch
from keras_mtl.models.task_heads import CopiedHeads, SharedHeads, task_heads

FEATURES = keras.KerasTensor((None, 4))


def test_heads_of_users_are_copied_and_those_of_another_model_are_not():
    dense = layers.Dense(2)
    copied, shared = task_heads({"age": dense, "hair": 3}, ["trunk"]), SharedHeads({"age": dense})

    assert isinstance(copied, CopiedHeads) and task_heads(shared, []) is shared
    assert copied.tasks == ("age", "hair") and shared.tasks == ("age",)
    assert {task: y.shape for task, y in copied.outputs(FEATURES).items()} == {
        "age": (None, 2),
        "hair": (None, 3),
    }
    assert not dense.built
    assert shared.outputs(FEATURES)["age"].shape == (None, 2) and dense.built


def test_what_is_no_head_is_refused_before_anything_is_copied():
    for heads in ({}, None, [2, 3]):
        with pytest.raises(ValueError, match="gives each task its head"):
            CopiedHeads(heads, [])
    with pytest.raises(HeadMismatch, match="'age' is None"):
        CopiedHeads({"age": None}, [])
    with pytest.raises(ValueError, match="'base'"):
        CopiedHeads({"base": 2}, ["base"])
