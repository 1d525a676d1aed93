"""Batches of streams that differ between workers are found before their step."""

from types import SimpleNamespace

import numpy as np
import pytest

from _told_workers import ToldWorkers, same
from keras_mtl.batches.batch import Batch
from keras_mtl.errors import WorkersDiffer
from keras_mtl.training.distribution.same_batches import check_all_ended, check_same_batches


def step(*told, shared):
    state = SimpleNamespace(workers=ToldWorkers(*told))
    return SimpleNamespace(feeds=("sex", "hair"), shared=shared, state=state)


def batches():
    x = np.ones((3, 2))
    return {"sex": Batch(x, np.arange(3)), "hair": Batch(x, np.arange(3), mask=np.ones(3, bool))}


def other(own):
    return {**own, "hair": "another"}


def test_the_worker_that_read_another_batch_is_named():
    with pytest.raises(WorkersDiffer, match=r"^worker 2 .* read another batch of `hair`.*a seed"):
        check_same_batches(step(same, other, shared={"sex": False, "hair": False}), batches())


@pytest.mark.parametrize(("told", "shared"), [(same, {"hair": False}), (other, {})])
def test_the_same_batches_and_arrays_pass(told, shared):
    check_same_batches(step(told, shared=shared), batches())


def test_labels_weights_masks_and_the_form_of_inputs_tell_batches_apart():
    seen = []
    own = step(lambda given: seen.append(given) or given, shared={"hair": False})
    batch = batches()["hair"]
    changes = (
        {"y": np.arange(1, 4)},
        {"mask": None},
        {"sample_weight": np.ones(3)},
        {"x": np.ones((3, 5))},
        {},
    )
    for change in changes:
        check_same_batches(own, {**batches(), "hair": batch._replace(**change)})
    assert len({one["hair"] for one in seen}) == len(changes)


def test_a_stream_that_ends_on_one_worker_only_is_refused_on_all():
    hair = {"hair": False}
    with pytest.raises(WorkersDiffer, match=r"worker 1 .* read another batch of `hair`.*or none"):
        check_all_ended(step(other, shared=hair))
    with pytest.raises(WorkersDiffer, match="or none"):
        check_same_batches(step(lambda own: {"hair": "end"}, shared=hair), batches())
    check_all_ended(step(same, shared=hair))
