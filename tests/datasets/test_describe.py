import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight

from keras_mtl.datasets import describe, digits, from_arrays
from keras_mtl.errors import InvalidTaskData


def pairs(rows=30, start=0):
    x = np.arange(start, start + rows, dtype="float32")[:, None]
    return {"sex": (x, np.arange(rows) % 2), "age": (x[:10], x[:10, 0] / 3)}


def test_rows_classes_and_rows_in_common():
    arrays = {
        "x": np.zeros((40, 2)),
        "hair": np.array(["black", "red", None, "black"] * 10, object),
        "age": np.linspace(20, 60, 40) + 0.5,
        "tags": np.tile([[1, 0], [1, 1], [0, 0], [1, 0]], (10, 1)),
    }
    data = from_arrays(arrays, tasks=["hair", "age", "tags"], labels={"age": 12})
    hair, age, tags = description = describe(data)
    assert (hair.rows, hair.unlabelled, hair.classes) == (30, 10, 2)
    assert hair.balance == "black: 66.7%, red: 33.3%"
    assert (age.rows, age.unlabelled, age.classes, age.kind) == (12, 28, None, "regression")
    assert age.balance.startswith(f"mean {data['age'].y.mean():.4g}, deviation")
    assert tags.balance == "0: 75.0%, 1: 25.0%" and tags.shared == "hair 30, age 12"
    common = len(set(data["hair"].rows) & set(data["age"].rows))
    assert hair.shared == f"age {common}, tags 30"
    assert [(row.name, row.rows) for row in description.class_table[:2]] == [
        ("black", 20),
        ("red", 10),
    ]


def test_the_parts_of_a_source_and_of_arrays():
    data = from_arrays(
        {"x": np.zeros((40, 2)), "y": np.arange(40) % 2}, split={"train": 0.5, "test": 0.5}
    )
    description = describe(data)
    assert [(row.part, row.rows) for row in description] == [("train", 20), ("test", 20)]
    assert description.notes == ("No row is in two parts.",)  # though all rows are alike
    apart = describe({"train": pairs(), "test": pairs(start=100)})
    assert "No row is in two parts." in repr(apart)
    leak = describe({"train": pairs(), "test": pairs(20, start=25)})
    assert leak.notes == (
        "Attention: 5 rows of `test` are rows of `train` too (25.0% of its rows).",
    )
    shared = {
        (one.task, one.other_task): one.rows
        for one in leak.shared_table
        if (one.part, one.other_part) == ("train", "test")
    }
    assert shared["sex", "sex"] == shared["sex", "age"] == 5 and shared["age", "sex"] == 0


def test_arrays_of_every_kind():
    x = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["u", "v", "w"]})
    rows = describe(
        {
            "frame": (x, pd.Series(["p", "q", None])),
            "named": ({"a": x.a.to_numpy()}, np.ma.masked_equal([0, 1, 5], 5)),
            "weighted": (x, [2, 3, 3], [1, 1, 1]),
        }
    )
    assert [(one.rows, one.unlabelled, one.classes) for one in rows] == [
        (2, 1, 2),
        (2, 1, 2),
        (3, 0, 2),
    ]
    assert rows[2].balance == "3: 66.7%, 2: 33.3%" and rows[2].shared.startswith("frame 3")


def test_shares_are_those_of_scikit_learn():
    y = digits()["digit"][1]
    weights = compute_class_weight("balanced", classes=np.arange(10), y=y)
    shares = [row.share for row in describe(digits()).class_table if row.task == "digit"]
    assert shares == pytest.approx(1 / (10 * weights))


def test_it_shows_as_a_table_a_page_and_a_frame():
    description = describe({"train": pairs(), "test": pairs(start=100)})
    assert repr(description).splitlines()[0].split() == [
        *["part", "task", "kind", "rows", "unlabelled", "classes", "balance", "rows"],
        *["in", "common"],
    ]
    assert "part" not in repr(describe(pairs())).splitlines()[0]
    assert "No row is in two parts." in description._repr_html_()
    assert description.to_frame().rows.tolist() == [30, 10, 30, 10]
    assert description.class_table.to_frame().share.sum() == pytest.approx(2)
    assert "rows in common" in repr(description.shared_table)
    assert "part" in repr(description.class_table)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (3, TypeError, "what a source"),
        ({}, InvalidTaskData, "no tasks"),
        ({"sex": np.zeros(3)}, InvalidTaskData, "pair of arrays.*`ndarray`"),
        ({"sex": (np.zeros(3), None)}, InvalidTaskData, "must be an array. Received: None"),
        ({"sex": (np.zeros(2), [[1], [1, 2]])}, InvalidTaskData, "are no array"),
        ({"sex": (np.zeros((3, 2)), np.zeros(2))}, InvalidTaskData, r"\[3\] rows.*2 labels"),
    ],
)
def test_bad_data(data, error, message):
    with pytest.raises(error, match=message):
        describe(data)
