import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_mtl
from keras_mtl.datasets import frame_to_inputs, from_frame
from keras_mtl.errors import InvalidFeatures, InvalidTaskData


def people(rows=60, seed=0):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draw.integers(18, 80, size=rows),
            "hours": draw.normal(38, 9, size=rows).astype("float32"),
            "job": draw.choice(["clerk", "chef", "pilot"], size=rows),
            "town": pd.Categorical(draw.choice(["Rome", "Oslo"], size=rows)),
            "sex": np.resize(["f", "m"], rows),
            "income": draw.choice(["low", "high"], size=rows).astype(object),
            "pay": draw.normal(size=rows),
        }
    )
    frame.loc[::5, "income"] = None
    return frame


INPUTS = ["age", "hours", "job", "town"]


def test_columns_become_inputs_and_labels():
    frame = people()
    data = from_frame(frame, INPUTS, {"sex": "sex", "income": "income", "pay": "pay"})
    x, y = data["income"]
    labelled = frame[frame.income.notna()]
    assert data["income"].rows.tolist() == labelled.index.tolist()
    assert {name: array.dtype.name for name, array in x.items()} == {
        "age": "int64",
        "hours": "float32",
        "job": "object",
        "town": "object",
    }
    assert all(x[name].tolist() == labelled[name].tolist() for name in INPUTS)
    assert np.array(data["income"].classes)[y].tolist() == labelled.income.tolist()
    assert data["pay"].kind == "regression" and data["pay"].y.tolist() == pytest.approx(frame.pay)
    assert len(data["sex"]) == 60 and data["sex"].head().classes == ("f", "m")


def test_inputs_by_default_by_another_name_and_side_by_side():
    frame = people()
    whole = from_frame(frame, tasks=["sex", "income", "pay"])
    assert whole.input_names == ("age", "hours", "job", "town")
    named = from_frame(frame, {"numbers": ["age", "hours"], "work": "job"}, "sex")["sex"].x
    assert named["numbers"].tolist() == pytest.approx(frame[["age", "hours"]].to_numpy())
    assert named["work"].tolist() == frame.job.tolist()
    assert from_frame(frame, "age", "sex")["sex"].x.tolist() == frame.age.tolist()


@settings(max_examples=15)
@given(st.integers(0, 99), st.integers(6, 40))
def test_parts_share_no_row_and_budgets_are_nested(seed, budget):
    frame = people(120)
    arguments = {"split": {"train": 0.7, "test": 0.3}, "seed": seed}
    parts = from_frame(frame, INPUTS, ["sex", "income"], labels={"income": budget}, **arguments)
    train, test = parts["train"], parts["test"]
    rows = {task: set(train[task].rows.tolist()) for task in train}
    assert not any(rows[one] & set(test[other].rows.tolist()) for one in rows for other in rows)
    assert len(train["income"]) == budget and len(test["income"]) > len(frame) * 0.2
    fewer = from_frame(frame, INPUTS, ["sex", "income"], labels={"income": 5}, **arguments)
    assert set(fewer["train"]["income"].rows.tolist()) <= rows["income"]


def test_rows_of_a_group_are_in_one_part():
    frame = people(60).assign(person=np.arange(60) // 4)
    frame["income"] = np.where(np.arange(60) % 9 == 4, None, frame.income)
    data = from_frame(frame, None, ["sex", "income"], groups="person")
    assert "person" not in data.input_names and "age" in data.input_names
    parts = data.split({"train": 0.5, "test": 0.5})
    held = [set(frame.person[part.rows]) for part in parts.values()]
    assert not held[0] & held[1] and len(held[0] | held[1]) == 15
    with pytest.raises(InvalidTaskData, match=r"`groups` names the column 'persn'.*'person'"):
        from_frame(frame, ["age"], "sex", groups="persn")


def test_gaps_are_refused_left_out_or_filled_from_the_rows_to_train_on():
    frame = people(100)
    frame["age"] = frame.age.astype("Int64")
    frame.loc[3, "age"] = None
    frame.loc[[3, 8], "job"] = None
    with pytest.raises(InvalidTaskData, match="gaps in 2 of 100 rows: `age` in 1, `job` in 2"):
        from_frame(frame, INPUTS, "sex")
    dropped = from_frame(frame, INPUTS, "sex", missing="drop")
    assert dropped.rows.tolist() == [row for row in range(100) if row not in (3, 8)]
    assert "2 of 100 rows had a gap in an input and were left out" in repr(dropped)
    x = dropped["sex"].inputs_of(np.array([3]))  # the fourth of those that are left
    assert x["age"].tolist() == [frame.age[4]]
    split = {"train": 0.5, "test": 0.5}
    parts = from_frame(frame, INPUTS, "sex", missing="fill", encode=True, split=split)
    (train,) = (part for part in parts.values() if part.part == "train")
    median = frame.age[train.rows].median()
    (whole,) = ({**part["sex"].x, "rows": part.rows} for part in parts.values() if 3 in part.rows)
    assert whole["age"][list(whole["rows"]).index(3)] == median
    with pytest.raises(InvalidTaskData, match="Each row has a gap"):
        from_frame(frame.assign(age=None), INPUTS, "sex", missing="drop")


def test_texts_become_numbers_by_the_rows_to_train_on():
    frame = people(40)
    frame.loc[frame.index[-1], "job"] = "astronaut"
    parts = from_frame(frame, INPUTS, "sex", encode=True, split={"train": 0.5, "test": 0.5})
    known = sorted(set(frame.job[parts["train"].rows]))
    for part in parts.values():
        expected = [known.index(j) + 1 if j in known else 0 for j in frame.job[part.rows]]
        assert part["sex"].x["job"].tolist() == expected
        assert part["sex"].x["job"].dtype == "int32"
    later = frame_to_inputs(parts["train"], pd.DataFrame({**frame[:2], "job": ["?", known[0]]}))
    assert later["job"].tolist() == [0, 1] and later["age"].tolist() == frame.age[:2].tolist()
    ages = from_frame(frame, ["age", "job"], "sex", encode=["age"])["sex"].x
    assert ages["age"].tolist() == (pd.factorize(frame.age, sort=True)[0] + 1).tolist()
    assert ages["job"].tolist() == frame.job.tolist()


def test_several_columns_are_one_task():
    frame = people(30)
    dark = np.arange(30) % 3
    for name, value in {"black": dark == 0, "blond": dark == 1, "red": dark == 2}.items():
        frame[name] = np.where(value, 1, -1)
    frame.loc[4, ["black", "blond", "red"]] = -1
    columns = ["black", "blond", "red"]
    data = from_frame(frame, ["age"], {"hair": columns, "sex": "sex"}, unclear="missing")
    assert len(data["hair"]) == 29 and len(data["sex"]) == 30
    assert data["hair"].y.tolist() == np.delete(dark, 4).tolist()
    assert data["hair"].classes == ("black", "blond", "red")
    with pytest.warns(UserWarning, match="1 have none.*no label for this task"):
        assert len(from_frame(frame, ["age"], {"hair": columns, "sex": "sex"})["hair"]) == 29
    left = from_frame(frame, ["age"], {"hair": columns, "sex": "sex"}, unclear="drop")
    assert 4 not in left["sex"].rows and "1 have none" in repr(left)
    several = from_frame(frame, ["age"], {"all": columns}, kinds={"all": "multilabel"})
    assert several["all"].head().units == 3 and several["all"].classes == ("black", "blond", "red")
    numbers = from_frame(frame, ["age"], {"both": ["hours", "pay"]})["both"]
    assert numbers.kind == "regression" and numbers.y.shape == (30, 2)


def test_categories_keep_their_order():
    frame = people(10)
    sizes = pd.Categorical(["S", "M"] * 5, categories=["S", "M", "L"])
    data = from_frame(frame.assign(size=sizes), ["age"], "size")["size"]
    assert data.classes == ("S", "M", "L") and data.y.tolist() == [0, 1] * 5


def test_an_input_that_tells_the_labels_is_said():
    frame = people()
    with pytest.raises(InvalidTaskData, match=r"'sex', which has the labels.*\(leakage\)"):
        from_frame(frame, ["age", "sex"], ["sex", "income"])
    frame["code"] = (frame.sex == "m") + 7
    with pytest.warns(UserWarning, match=r"'code' tells the labels of the task 'sex' exactly"):
        from_frame(frame, ["age", "code"], ["sex", "income"])


def test_texts_where_the_model_wants_numbers():
    frame = people()
    inputs = {"age": keras.Input((1,), name="age"), "job": keras.Input((1,), name="job")}
    trunk = keras.Model(inputs, keras.layers.Concatenate()(list(inputs.values())))
    data = from_frame(frame, ["age", "job"], "sex")
    with pytest.raises(InvalidFeatures, match=r"`job`.*takes numbers.*Received: object"):
        keras_mtl.MultiTaskModel(trunk, {"sex": 2}).fit(data, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": ["agee"]}, InvalidTaskData, "`inputs` names the column 'agee'.*'age'"),
        ({"inputs": []}, TypeError, "list of columns"),
        ({"inputs": ["age", "age"]}, ValueError, "twice"),
        ({"inputs": {"both": ["age", "job"]}}, InvalidTaskData, "side by side.*'job'"),
        ({"inputs": {"both": []}}, TypeError, r"`inputs\['both'\]`"),
        ({"tasks": "sexx"}, InvalidTaskData, "`tasks` names the column 'sexx'.*Did you mean 'sex'"),
        ({"tasks": None}, TypeError, "which column has the labels"),
        ({"tasks": {}}, ValueError, "names no task"),
        ({"tasks": {"sex": 3}}, TypeError, r"`tasks\['sex'\]`"),
        ({"tasks": {"sex": ["sex", "sex"]}}, ValueError, "none twice"),
        ({"tasks": {"both": ["sex", "pay"]}}, ValueError, "'sex' of the task 'both' holds"),
        ({"missing": "dorp"}, ValueError, "Did you mean 'drop'"),
        ({"unclear": "no"}, ValueError, "`unclear` is one of"),
        ({"encode": ["hourss"]}, ValueError, "Did you mean 'hours'"),
        ({"encode": "job"}, TypeError, "list of columns"),
        ({"kinds": {"sx": "binary"}}, ValueError, "`kinds` is for the tasks.*'sex'"),
        ({"kinds": "binary"}, TypeError, "dict by task"),
        ({"labels": {"sx": 9}}, ValueError, "sex"),
        ({"labels": {"sex": 99}}, ValueError, "between 2"),
        ({"split": {"train": 2}}, ValueError, "add up to 1"),
        ({"seed": -1}, ValueError, "seed"),
    ],
)
def test_bad_arguments(arguments, error, message):
    given = {"frame": people(), "inputs": ["age", "hours"], "tasks": "sex", **arguments}
    with pytest.raises(error, match=message):
        from_frame(**given)


def test_infinite_numbers_are_named():
    frame = people()
    frame.loc[5, "hours"] = np.inf
    with pytest.raises(InvalidTaskData, match=r"'hours' has infinite numbers in 1 rows.*\[5\]"):
        from_frame(frame, ["hours"], "sex")


def test_numbers_that_are_text_because_of_a_question_mark_are_said():
    frame = people(30)
    ages = frame.age.astype(str)
    frame["age"] = np.where(np.arange(30) % 9 == 2, "?", ages)
    with pytest.warns(
        UserWarning, match=r"'age' is text, but 26 of 30 .*\['\?'\].*na_values"
    ) as said:
        from_frame(frame, INPUTS, "sex")
    assert said[0].filename == __file__
    frame["age"] = ages  # All of them: a code, such as that of a post office.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_frame(frame, INPUTS, "sex")
