import numpy as np
import pytest

from keras_mtl.balancing import GradientGate
from keras_mtl.errors import InvalidBalancer, TaskNotFound

GATE = GradientGate("hair").for_tasks(["sex", "hair", "age"])


def test_what_opposes_the_main_task_is_left_out():
    rng = np.random.default_rng(0)
    for _ in range(20):
        gradients = rng.normal(size=(3, 4)).astype("float32")
        kept = [row for row in gradients if row @ gradients[1] >= 0]
        np.testing.assert_allclose(GATE.combine(gradients), np.sum(kept, axis=0), atol=1e-5)


def test_without_the_main_task_all_are_kept():
    gradients = np.array([[1, 2], [0, 0], [-1, 5]], "float32")
    np.testing.assert_allclose(GATE.combine(gradients), [0, 7])


def test_a_main_task_that_is_not_there():
    with pytest.raises(TaskNotFound, match=r"names the task 'hairs'.* Did you mean 'hair'?"):
        GradientGate("hairs").for_tasks(["hair", "sex"])
    with pytest.raises(InvalidBalancer, match="must know the names of the tasks"):
        GradientGate("hair").combine([[1.0], [2.0]])
    with pytest.raises(ValueError, match=r"`main` is the name .* Received: 3"):
        GradientGate(3)
