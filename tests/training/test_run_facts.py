"""What the workers of a run compare, and the batches that are too small for them."""

import numpy as np
import pytest

from _told_workers import ToldWorkers, same
from _two_tasks import sex_and_hair, two_sets
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.run_facts import check_batches, facts_of_run
from keras_mtl.training.run_setup import set_up
from keras_mtl.training.settings import Settings


def run(data=None, model=None, seed=1, **settings):
    model = model or sex_and_hair()
    return set_up(model.training_state, data or two_sets(), None, Settings(**settings), seed)


def differing(other):
    facts, others = facts_of_run(run()), facts_of_run(other)
    return {name for name in facts | others if facts.get(name) != others.get(name)}


def other_data():
    data = two_sets()
    data["hair"][1][3] = 2 - data["hair"][1][3]
    return data


def other_weights():
    model = sex_and_hair()
    model.trunk.layers[0].bias.assign(np.ones(6))
    return model


def test_the_same_run_has_the_same_facts():
    assert not differing(run())


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: run(other_data()), {"the data of `hair`"}),
        (lambda: run(epochs=2), {"`epochs`"}),
        (lambda: run(model=other_weights()), {"the weights of the model"}),
        (lambda: run(model=sex_and_hair(optimizer="adam")), {"the optimizer"}),
        (lambda: run(seed=2), {"the seed", "the data of `sex`", "the data of `hair`"}),
        (lambda: run(class_weight={"sex": {1: 2.0}}), {"the class weights"}),
        (
            lambda: run(validation_data=two_sets()),
            {"the data to validate of `sex`", "the data to validate of `hair`"},
        ),
    ],
)
def test_what_differs_has_a_name(other, words):
    assert words <= differing(other()) <= words | {"the schedule"}


@pytest.mark.parametrize("size", [1, 2])
def test_a_batch_smaller_than_the_workers_is_refused(size):
    data = run(batch_size={"sex": 4, "hair": size}).data
    words = rf"A batch of `hair` has {size} rows?, and 3 workers with 3 devices share it"
    with pytest.raises(InvalidTaskData, match=words):
        check_batches(ToldWorkers(same, same), data)
    check_batches(ToldWorkers(), data)
