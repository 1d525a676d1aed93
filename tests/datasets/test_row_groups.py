import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.datasets.from_arrays import from_arrays
from keras_mtl.errors import InvalidTaskData

SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}


def people(rows, largest, seed=0, *, gaps=True):
    """Labels of two tasks for the pictures of people, of whom each has one sex and one colour."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(rows), random.integers(1, largest + 1, rows))[:rows]
    sex, hair = random.integers(0, 2, rows)[person], random.integers(0, 3, rows)[person]
    sex[:2], hair[:3] = [0, 1], [0, 1, 2]
    names = np.array([f"person {number}" for number in person], object)
    order = random.permutation(rows)
    hair = np.where(random.random(rows) < 0.3 * gaps, -1, hair)
    return {"x": order, "sex": sex[order], "hair": hair[order], "person": names[order]}


def split(arrays, shares=SHARES, **options):
    return from_arrays(arrays, "x", ["sex", "hair"], groups="person", split=shares, **options)


@settings(max_examples=8, deadline=None)
@given(rows=st.integers(150, 300), largest=st.integers(1, 6), seed=st.integers(0, 99))
def test_all_rows_of_a_group_are_in_one_part(rows, largest, seed):
    arrays = people(rows, largest, seed)
    parts = split(arrays, seed=seed)
    held = {part: set(arrays["person"][data.rows]) for part, data in parts.items()}
    assert sum(map(len, held.values())) == len(set.union(*held.values()))
    assert sorted(np.concatenate([data.rows for data in parts.values()])) == list(range(rows))
    for part, data in parts.items():
        assert abs(len(data.rows) / rows - SHARES[part]) < (largest + 2) / rows
    for task in ("sex", "hair"):  # Stratified, as nearly as whole groups allow.
        for code in np.unique(parts["train"][task].y):
            counts = [(data[task].y == code).sum() for data in parts.values()]
            expected = np.array(list(SHARES.values())) * sum(counts)
            assert np.abs(counts - expected).max() <= 2 * largest + 3
    few = split(arrays, seed=seed, labels={"hair": 20})["train"]["hair"].rows
    many = split(arrays, seed=seed, labels={"hair": 40})["train"]["hair"].rows
    assert set(few) < set(many) <= set(parts["train"].rows)
    assert all(np.array_equal(split(arrays, seed=seed)[one].rows, parts[one].rows) for one in parts)


def test_groups_stay_whole_in_later_splits():
    arrays = people(80, 4)
    data = from_arrays(arrays, "x", "sex", groups="person")
    parts = data.split({"a": 0.5, "b": 0.5})
    halves = parts["a"].budget({"sex": 10}).split({"c": 0.5, "d": 0.5})
    held = [set(arrays["person"][one.rows]) for one in (parts["b"], *halves.values())]
    assert sum(map(len, held)) == len(set.union(*held))


def test_the_classes_of_a_task_may_go_with_the_groups():
    """A class of one person can be in one part only; the parts have their shares all the same."""
    arrays = people(200, 5)
    parts = from_arrays(
        {**arrays, "who": arrays["person"]}, "x", "who", groups="person", split=SHARES
    )
    assert [abs(len(parts[one].rows) - 200 * SHARES[one]) < 6 for one in SHARES] == [True] * 3
    few = {"x": np.arange(9), "sex": np.arange(9) % 2, "person": [0] * 7 + [1, 2]}
    parts = from_arrays(few, "x", "sex", groups="person", split=SHARES, kinds={"sex": "regression"})
    assert sorted(len(part.rows) for part in parts.values()) == [1, 1, 7]


def test_parts_that_are_given_are_checked():
    arrays = {f"train_{name}": array for name, array in people(60, 3).items()}
    patterns = {"train": "train_{}", "test": "test_{}"}
    other = {f"test_{name}": array for name, array in people(60, 3).items()}
    with pytest.raises(InvalidTaskData, match=r"groups of 'person' .* in 'train' and in 'test'"):
        split({**arrays, **other}, patterns)
    other["test_person"] = np.array([f"other {one}" for one in other["test_person"]])
    assert len(split({**arrays, **other}, patterns)["test"].rows) == 60


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ("persn", InvalidTaskData, "Did you mean 'person'"),
        ("sex", ValueError, "labels of the task 'sex'"),
        (["person"], TypeError, "`groups` is the name"),
        ("gap", InvalidTaskData, r"1 rows have no value of 'gap', such as the rows \[2\]"),
        ("half", InvalidTaskData, "one text or whole number a row"),
        ("pairs", InvalidTaskData, "one text or whole number a row"),
        ("one", InvalidTaskData, "'one' has 1 groups in 80 rows, too few for the 3 parts"),
    ],
)
def test_what_groups_no_rows_is_refused(groups, error, message):
    rows = np.arange(80)
    arrays = {
        **people(80, 3, gaps=False),
        "gap": np.where(rows == 2, "", "a"),
        "half": rows / 2,
        "pairs": np.zeros((80, 2), int),
        "one": np.zeros(80, int),
    }
    with pytest.raises(error, match=message):
        from_arrays(arrays, "x", ["sex", "hair"], groups=groups, split=SHARES)


def test_a_group_with_two_names_is_refused():
    arrays = people(20, 3, gaps=False)
    arrays["person"] = np.array([1, "1"] * 10, object)
    with pytest.raises(InvalidTaskData, match="some values of 'person' are texts"):
        split(arrays, None)


def test_groups_are_those_of_all_rows():
    data = split(people(20, 3, gaps=False), None)
    with pytest.raises(InvalidTaskData, match="Received: 20 values for 19 rows"):
        type(data)(data.reader, data.rows[1:], {}, groups=data.groups)
