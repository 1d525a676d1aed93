"""The heads of models of every class."""

import keras
import pytest

from keras_mtl import Head, MultiTaskModel, errors, transfer
from keras_mtl.models.model_heads import chosen_head, heads_of


def trained():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


def two_tasks():
    heads = {"animal": 3, "size": Head(1, "regression"), "plain": keras.layers.Dense(2)}
    return MultiTaskModel(trained(), heads)


def test_heads_by_task_or_by_name():
    single = transfer(trained(), cut=0, head=3)
    assert heads_of(single) == {"head": single.head}
    several = two_tasks()
    assert list(heads_of(several)) == ["animal", "size"]
    assert heads_of(trained()) == {}
    inputs = keras.Input((3,))
    own = keras.Model(inputs, {"a": Head(2, name="one")(inputs), "b": Head(3, name="two")(inputs)})
    assert list(heads_of(own)) == ["one", "two"]


def test_the_head_of_a_task_is_chosen():
    several = two_tasks()
    assert chosen_head(several, "size", "verb") == ("size", several.heads["size"])
    single = transfer(trained(), cut=0, head=3)
    assert chosen_head(single, None, "verb") == ("head", single.head)


@pytest.mark.parametrize(
    ("build", "task", "kind", "message"),
    [
        (two_tasks, None, ValueError, r"the heads \['animal', 'size'\]; name one by `task`"),
        (two_tasks, "animl", errors.TaskNotFound, "Did you mean 'animal'"),
        (two_tasks, "plain", ValueError, "`verb` needs a `keras_mtl.Head`.*for `plain`"),
        (trained, None, ValueError, "`verb` needs a `keras_mtl.Head`"),
        (lambda: transfer(trained(), cut=0, head=3), "hed", errors.TaskNotFound, "'head'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(build, task, kind, message):
    with pytest.raises(kind, match=message):
        chosen_head(build(), task, "verb")
