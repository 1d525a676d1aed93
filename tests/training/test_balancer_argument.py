"""What `compile(balancer=...)` takes, and what it refuses before it compiles anything."""

import keras
import pytest

from _two_tasks import trunk, two_tasks
from keras_mtl import Head, MultiTaskModel
from keras_mtl.balancing import GradientGate
from keras_mtl.errors import InvalidBalancer, TaskNotFound


@pytest.mark.parametrize(
    ("balancer", "error", "message"),
    [
        ("pcgrat", ValueError, "no balancer 'pcgrat'.* Did you mean 'PCGrad'"),
        (3, TypeError, "Received: 3"),
    ],
)
def test_what_is_no_balancer(balancer, error, message):
    model = two_tasks()
    before = model.optimizer
    with pytest.raises(error, match=message):
        model.compile(balancer=balancer)
    assert model.optimizer is before


def test_models_that_cannot_be_balanced():
    with pytest.raises(TaskNotFound, match=r"'hiar'.*Did you mean 'hair'"):
        two_tasks(balancer=GradientGate(main="hiar"))
    with pytest.raises(InvalidBalancer, match="at least two tasks"):
        MultiTaskModel(trunk(), {"age": Head(1, "regression")}).compile(balancer="pcgrad")
    flat = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(2.0)])
    with pytest.raises(InvalidBalancer, match=r"the trunk has no weights\. Cut the model later"):
        MultiTaskModel(flat, {"sex": 2, "hair": 3}).compile(balancer="pcgrad")


def test_weights_that_turn_a_loss_around():
    two_tasks(loss_weights={"age": -1.0})
    two_tasks(loss_weights={"age": 0.0}, balancer="pcgrad")
    with pytest.raises(InvalidBalancer, match=r"negative weight of `age`.* Received: -1\.0"):
        two_tasks(loss_weights={"age": -1.0}, balancer="pcgrad")
