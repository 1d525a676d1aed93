"""The data that `--data` names, for the inputs of a model."""

import numpy as np
import pytest

from keras_mtl.cli.data_sources import DataOptions, read_data, read_parts, read_task
from keras_mtl.cli.failures import CommandFailed, ExitCode
from keras_mtl.cli.model_files import read_model


@pytest.fixture
def person(folder):
    return read_model(folder / "sex.keras")


def options(folder, name, *others, **given):
    return DataOptions(str(folder / name), *others, **given)


def test_arrays(folder, person):
    rows = read_task(options(folder, "people.npz"), person, 10)
    stored = np.load(folder / "people.npz")
    x, y = rows
    assert np.array_equal(x, stored["x"][rows.rows]) and np.array_equal(y, stored["y"][rows.rows])
    assert len(rows) == 10
    ages = read_task(options(folder, "people.npz", "age"), person)
    assert ages.kind == "regression" and len(ages) == 40


def test_columns_of_a_table_become_the_only_input(folder, person):
    rows = read_task(options(folder, "people.csv", "hair"), person)
    x, y = rows
    assert list(x) == ["numbers"] and x["numbers"].shape == (40, 3)
    assert rows.classes == ("black", "brown")
    expected = np.load(folder / "people.npz")
    assert x["numbers"] == pytest.approx(expected["x"], abs=1e-4)
    assert np.array_equal(y, expected["y"])
    some = options(folder, "people.csv", "hair", "c,b,a")
    assert np.array_equal(read_task(some, person).x["numbers"], x["numbers"][:, ::-1])


def test_pictures_get_the_size_of_the_model(folder):
    rows = read_task(options(folder, "pictures", "hair"), read_model(folder / "portrait.keras"))
    assert (rows.name, rows.classes) == ("hair", ("black", "brown"))
    assert rows.x.shape == (8, 4, 4, 1) and set(rows.x[rows.y == 1].ravel()) <= set(range(140, 256))


def test_rows_to_test_on_are_a_part_or_other_data(folder, person):
    given = options(folder, "people.npz")
    train, test = read_parts(given, "0.25", person, 12)
    assert len(train) == 12 and len(test) == 10 and not set(train.rows) & set(test.rows)
    train, test = read_parts(given, str(folder / "people.npz"), person)
    assert len(train) == len(test) == 40
    assert read_parts(given, None, person)[1] is None
    with pytest.raises(CommandFailed, match="between 0 and 1") as caught:
        read_parts(given, "2", person)
    assert caught.value.code is ExitCode.USAGE


def test_classes_of_other_data_keep_their_numbers(person, tmp_path):
    rows = [f"{number},0,0,{('black', 'brown', 'grey')[number % 3]}" for number in range(9)]
    (tmp_path / "all.csv").write_text("\n".join(["a,b,c,hair", *rows]))
    some = [row for row in rows if "black" not in row]
    (tmp_path / "some.csv").write_text("\n".join(["a,b,c,hair", *some]))
    given = options(tmp_path, "all.csv", "hair")
    _, test = read_parts(given, str(tmp_path / "some.csv"), person)
    assert test.y.tolist() == [1, 2] * 3 and test.classes == ("black", "brown", "grey")


@pytest.mark.parametrize(
    ("source", "task", "said"),
    [
        ("peple.csv", "hair", "does not exist. Did you mean 'people.csv'?"),
        ("sex.keras", None, "a folder of pictures"),
        ("people.csv", "hiar", "hiar.*Did you mean 'hair'"),
        ("people.npz", "agee", "agee.*Did you mean 'age'"),
        ("pictures", None, "takes no pictures"),
        ("cut.npz", None, "cannot be read"),
        ("only.csv", "c", "has the width 3; the table has 1 columns"),
    ],
)
def test_data_that_cannot_be_used(folder, person, tmp_path, source, task, said):
    (tmp_path / "cut.npz").write_bytes((folder / "people.npz").read_bytes()[:-100])
    (tmp_path / "only.csv").write_text("a,c\n1,x\n2,y\n")
    place = tmp_path if (tmp_path / source).exists() else folder
    with pytest.raises(CommandFailed, match=said) as caught:
        read_task(options(place, source, task), person)
    assert caught.value.code is ExitCode.BAD_DATA


def test_the_task_has_to_be_named(folder, person):
    with pytest.raises(CommandFailed, match="--task income") as caught:
        read_data(options(folder, "people.csv"), person)
    assert caught.value.code is ExitCode.USAGE


def test_pictures_that_cannot_be_decoded(folder, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        (tmp_path / "faces" / name / "1.png").write_bytes(b"no picture")
    with pytest.raises(CommandFailed, match=r"can be decoded.*a/1\.png") as caught:
        read_task(options(tmp_path, "faces"), read_model(folder / "portrait.keras"))
    assert caught.value.code is ExitCode.BAD_DATA


@pytest.mark.backend("tensorflow", reason="one backend shows that the name is handed on")
def test_sets_of_tensorflow_datasets(folder, tmp_path):
    with pytest.raises(CommandFailed, match="no_such_set") as caught:
        read_task(
            DataOptions("tfds:no_such_set", data_dir=tmp_path),
            read_model(folder / "portrait.keras"),
        )
    assert caught.value.code is ExitCode.BAD_DATA
