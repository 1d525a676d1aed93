import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.datasets import from_arrays
from keras_mtl.errors import DataNotFound, InvalidTaskData

ROWS = 40


def writing(rows=ROWS):
    draw = np.random.default_rng(0)
    return {
        "image": draw.integers(0, 256, size=(rows, 4, 4), dtype=np.uint8),
        "digit": np.arange(rows, dtype=np.uint8) % 10,
        "writer": np.array(["Ann", "Bob"])[np.arange(rows) % 2],
        "slant": draw.normal(size=rows),
    }


def in_parts():
    parts = {"train": writing(40), "test": writing(20)}
    return {f"{part}_{name}": one for part, given in parts.items() for name, one in given.items()}


@pytest.mark.parametrize("form", ["dict", "npz", "compressed"])
def test_several_targets_of_the_same_objects(tmp_path, form):
    arrays = source = writing()
    if form != "dict":
        source = tmp_path / "writing.npz"
        (np.savez if form == "npz" else np.savez_compressed)(source, **arrays)
    data = from_arrays(source, "image", ["digit", "writer", "slant"], labels={"digit": 20})
    assert data["writer"].x.dtype == "uint8" and (data["writer"].x == arrays["image"]).all()
    assert data["writer"].classes == ("Ann", "Bob") and data["slant"].kind == "regression"
    x, y = data["digit"]
    rows = data["digit"].rows
    assert len(y) == 20 and (x == arrays["image"][rows]).all() and (y == rows % 10).all()
    several = from_arrays(source, {"a": "image", "b": "slant"}, {"d": "digit"})["d"].x
    assert (several["b"] == arrays["slant"]).all() and several["a"].shape == (ROWS, 4, 4)


def test_parts_by_the_names_of_their_arrays():
    patterns = {"train": "train_{}", "test": "test_{}"}
    arrays = in_parts()
    data = from_arrays(arrays, "image", ["digit", "writer"], split=patterns, labels={"digit": 10})
    assert list(data) == ["train", "test"] and data["test"].part == "test"
    assert len(data["train"]["digit"]) == 10 and len(data["train"]["writer"]) == 40
    assert (data["test"]["digit"].x == arrays["test_image"]).all()
    assert data["test"]["digit"].y.tolist() == arrays["test_digit"].tolist()
    assert not set(data["train"].rows) & set(data["test"].rows)
    suffixes = {name.replace("train_", "") + "_t": one for name, one in arrays.items()}
    assert list(from_arrays(suffixes, "image", "digit", split={"only": "{}_t"})) == ["only"]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(10, 20))
def test_shares_and_budgets(seed, budget):
    split = {"train": 0.75, "test": 0.25}
    data = from_arrays(
        writing(), "image", ["digit", "writer"], split=split, labels={"digit": budget}, seed=seed
    )
    assert not set(data["train"].rows) & set(data["test"].rows)
    assert len(data["train"]["digit"]) == budget
    assert sorted(set(data["train"]["digit"].y.tolist())) == list(range(10))


def test_labels_that_are_missing():
    numbers = np.array([0, 1, 2, -1, 2, 0])
    x = np.zeros((6, 2))
    for labels, present in {
        "counted": (numbers, [0, 1, 2, 4, 5]),
        "floats": (np.where(numbers < 0, np.nan, numbers), [0, 1, 2, 4, 5]),
        "masked": (np.ma.masked_equal(numbers, 2), [0, 1, 5]),
        "named": (np.array(["a", None, "b", "", "b", "a"], object), [0, 2, 4, 5]),
        "signs": (np.array([-1, 1, 1, -1, 1, 1]), range(6)),
        "numbers": (np.array([0.5, np.nan, 1, 2, 3, 4])[:, None], [0, 2, 3, 4, 5]),
    }.values():
        data = from_arrays({"x": x, "y": labels})["y"]
        assert data.rows.tolist() == list(present), labels


def test_several_arrays_are_one_task():
    names = np.arange(6) % 3
    arrays = {"x": np.zeros((6, 2)), "red": names == 0, "blue": names == 1, "grey": names == 2}
    hair = from_arrays(arrays, tasks={"hair": ["red", "blue", "grey"]})["hair"]
    assert hair.classes == ("red", "blue", "grey") and hair.y.tolist() == names.tolist()


class Objects:
    pass


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": "imag"}, InvalidTaskData, "no array 'imag'.*Did you mean 'image'"),
        ({"tasks": "digits"}, InvalidTaskData, "no array 'digits'.*Did you mean 'digit'"),
        ({"tasks": ["digit", "image"]}, InvalidTaskData, "`inputs` names 'image'.*leakage"),
        ({"split": {"train": 0.8}}, ValueError, "A split is a dict|shares of the parts"),
        ({"split": 0.8}, ValueError, r"A split is a dict .*Received: 0\.8"),
        ({"source": 3}, TypeError, "dict of arrays, or the path"),
        ({"source": "no.npz"}, DataNotFound, "no file 'no.npz'"),
        ({"source": {"image": np.zeros(3), "digit": [0, 1]}}, InvalidTaskData, "numbers of rows"),
        ({"source": {"image": [[1], [1, 2]], "digit": [0, 1]}}, InvalidTaskData, "one shape"),
        ({"source": {"image": [Objects()] * 2, "digit": [0, 1]}}, InvalidTaskData, "`Objects` in"),
        ({"source": {"image": [], "digit": []}}, InvalidTaskData, "are empty"),
        ({"source": {"image": 3, "digit": [0, 1]}}, InvalidTaskData, "one value"),
        ({"inputs": 3}, TypeError, "`inputs` is the name"),
        ({"split": {"train": "train"}}, ValueError, "`{}` for the name"),
        ({"split": {"train": "train_{}", "test": 0.5}}, ValueError, "Received: 0.5 for 'test'"),
        ({"split": {"train": "train_{}"}}, InvalidTaskData, "no array 'train_image'"),
        ({"seed": 1.5}, ValueError, "`seed` is a whole number"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        from_arrays(**{"source": writing(), "inputs": "image", "tasks": "digit", **arguments})


def test_files_that_are_no_archives(tmp_path):
    path = tmp_path / "writing.npz"
    np.savez(path, x=np.zeros((9, 50)), y=np.array([Objects(), None, "a"], object))
    with pytest.raises(InvalidTaskData, match="pickled objects"):
        from_arrays(path, "x", "y")
    np.savez(path, x=np.arange(999.0), y=np.arange(999) % 2)
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[:900] + b"0000" + whole[904:], b"nothing"):
        path.write_bytes(damaged)
        with pytest.raises(InvalidTaskData, match=r"cannot be read as an `\.npz` file|pickled"):
            from_arrays(path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(InvalidTaskData, match="a single array"):
        from_arrays(tmp_path / "one.npy")
