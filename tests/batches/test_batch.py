import numpy as np

from keras_mtl.batches.batch import Batch, hint_for_dicts

ROWS = np.arange(6).reshape(3, 2)


def test_rows_of_every_part():
    batch = Batch({"a": ROWS}, {"sex": ROWS[:, 0], "hair": ROWS[:, 1]}, None, {"sex": None})
    part = batch.rows(np.array([2, 0]))
    assert part.x["a"].tolist() == [[4, 5], [0, 1]]
    assert part.y["hair"].tolist() == [5, 1]
    assert part.sample_weight is None
    assert (batch.num_rows, part.num_rows) == (3, 2)


def test_tasks_without_a_label():
    masks = {"sex": np.array([False, False]), "hair": np.array([False, True]), "age": None}
    assert Batch(ROWS, {}, None, masks).unlabelled("both") == ["sex"]
    assert Batch(ROWS, ROWS, None, np.array([False])).unlabelled("sex") == ["sex"]


def test_only_dicts_get_the_hint_for_dicts():
    assert "as_supervised=True" in hint_for_dicts({"image": ROWS})
    assert "as_supervised" not in hint_for_dicts({"sex": (ROWS, ROWS), "hair": (ROWS, ROWS)})
    assert hint_for_dicts((ROWS, ROWS)) == ""
