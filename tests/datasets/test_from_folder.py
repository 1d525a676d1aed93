import numpy as np
import pandas as pd
import pytest

from keras_mtl.datasets import from_folder
from keras_mtl.errors import DataNotFound, InvalidTaskData

image = pytest.importorskip("PIL.Image")
ROWS = 12


def picture(number, size=(6, 5)):
    height, width = size
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path, number, size=(6, 5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.fromarray(picture(number, size)).save(path)


@pytest.fixture
def animals(tmp_path):
    for number in range(ROWS):
        save(tmp_path / ["cat", "dog", "owl"][number % 3] / f"{number}.png", number)
    (tmp_path / "cat" / "notes.txt").write_text("hidden files and other files do not count")
    save(tmp_path / ".trash" / "1.png", 1)
    return tmp_path


@pytest.fixture
def portraits(tmp_path):
    for number in range(ROWS):
        save(tmp_path / "faces" / f"{number:04}.png", number)
    people = people_of(range(ROWS))
    people.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def people_of(numbers):
    numbers = np.array(numbers)
    return pd.DataFrame(
        {
            "age": numbers + 20.5,
            "file": [f"{number:04}.png" for number in numbers],
            "sex": np.array(["f", "m"])[numbers % 2],
            "hair": np.where(numbers % 4 == 3, None, np.array(["black", "red"])[numbers % 2 ^ 1]),
        }
    )


def test_folders_are_the_classes(animals):
    data = from_folder(animals, "animal")["animal"]
    assert data.classes == ("cat", "dog", "owl") and data.x.shape == (ROWS, 6, 5, 3)
    assert data.x.dtype == "uint8" and data.y.tolist() != sorted(data.y.tolist())
    found = {(one.tobytes(), data.classes[label]) for one, label in zip(*data, strict=True)}
    expected = {
        (picture(number).tobytes(), ["cat", "dog", "owl"][number % 3]) for number in range(ROWS)
    }
    assert found == expected
    again = from_folder(str(animals), "animal", classes={"animal": ["owl", "dog", "cat", "ape"]})
    assert again["animal"].y.tolist() == [2 - label for label in data.y]
    assert list(from_folder(animals)) == ["class"]


@pytest.mark.parametrize("column", ["faces/{:04}.png", "{:04}.png", "{:04}", ".\\faces\\{:04}.png"])
def test_a_table_has_the_labels(portraits, column):
    people = people_of(range(ROWS)).assign(file=[column.format(n) for n in range(ROWS)])
    people[::-1].to_csv(portraits / "labels.csv", index=False)
    tasks = {"sex": "sex", "hair": "hair", "age": "age"}
    data = from_folder(portraits, tasks)
    assert data["sex"].classes == ("f", "m") and len(data["hair"]) == 9
    for task in tasks:
        known = people[people[task].notna()]
        expected = {picture(n).tobytes(): known[task][n] for n in known.index}
        names = data[task].classes
        for one, label in zip(*data[task], strict=True):
            assert expected[one.tobytes()] == (label if names is None else names[label])


def test_several_columns_are_one_class(portraits):
    """As in CelebA's own table, where 1 is yes and -1 is no."""
    people = people_of(range(ROWS))
    for name, number in {"Black_Hair": 0, "Red_Hair": 1}.items():
        people[name] = np.where(np.arange(ROWS) % 3 == number, 1, -1)
    people.to_csv(portraits / "labels.csv", index=False)
    tasks = {"hair": ["Black_Hair", "Red_Hair"], "sex": "sex"}
    with pytest.warns(
        UserWarning, match="4 of 12 rows have no class of .*no label for this task"
    ) as warned:
        data = from_folder(portraits, tasks)
    assert warned[0].filename == __file__
    assert len(data["hair"]) == 8 and data["hair"].classes == ("Black_Hair", "Red_Hair")
    assert len(data["sex"]) == ROWS
    assert len(from_folder(portraits, tasks, unclear="drop")["sex"]) == 8


def test_tables_of_every_kind(portraits):
    people = people_of(range(ROWS))
    by_frame = from_folder(portraits, "sex", table=people, files="file")
    assert by_frame["sex"].y.tolist() == from_folder(portraits, "sex")["sex"].y.tolist()
    (portraits / "labels.csv").rename(portraits / "faces" / "people.csv")
    from_folder(portraits, "sex", table="faces/people.csv")
    from_folder(portraits, "sex", table=portraits / "faces" / "people.csv")
    with pytest.raises(InvalidTaskData, match="two or more classes, or a table"):
        from_folder(portraits, "sex")
    for name in ("a.csv", "b.csv"):
        people.to_csv(portraits / name)
    with pytest.raises(InvalidTaskData, match=r"several tables: 'a\.csv', 'b\.csv'"):
        from_folder(portraits, "sex")


def test_parts_share_no_picture_and_a_seed_draws_them(animals):
    arguments = {"split": {"train": 0.5, "test": 0.5}, "labels": {"animal": 3}, "seed": 5}
    parts = from_folder(animals, "animal", **arguments)
    pixels = {part: {one.tobytes() for one in data["animal"].x} for part, data in parts.items()}
    assert not pixels["train"] & pixels["test"]
    assert len(parts["train"]["animal"]) == 3 and len(parts["test"]["animal"]) == 6
    again = from_folder(animals, "animal", **arguments)
    assert (again["train"]["animal"].x == parts["train"]["animal"].x).all()


def test_pictures_of_several_sizes(animals):
    save(animals / "cat" / "large.png", 99, size=(9, 12))
    with pytest.raises(InvalidTaskData, match=r"2 different sizes.*\(6, 5\).*\(9, 12\).*size="):
        from_folder(animals, "animal")
    data = from_folder(animals, "animal", size=(4, 3))["animal"]
    assert data.x.shape == (ROWS + 1, 4, 3, 3)
    resized = image.fromarray(picture(99, (9, 12))).resize((3, 4), image.Resampling.BILINEAR)
    assert np.asarray(resized).tolist() in data.x.tolist()
    grey = from_folder(animals, "animal", size=(4, 4), color_mode="grayscale")["animal"].x
    assert grey.shape == (ROWS + 1, 4, 4, 1)


def test_files_that_cannot_be_decoded(animals):
    whole = (animals / "dog" / "1.png").read_bytes()
    for number in range(12):
        (animals / "owl" / f"bad{number:02}.png").write_bytes(whole[: 40 + number])
    (animals / "owl" / "empty.jpg").write_bytes(b"")
    with pytest.raises(InvalidTaskData, match=r"13 of 25 pictures.*'owl/bad00\.png'.* and 3 more"):
        from_folder(animals, "animal")
    data = from_folder(animals, "animal", on_bad="skip")
    assert len(data["animal"]) == ROWS and "13 pictures that cannot be decoded" in repr(data)
    for path in animals.glob("*/*.png"):
        path.write_bytes(b"nothing")
    with pytest.raises(InvalidTaskData, match="None of the 25 pictures can be decoded"):
        from_folder(animals, "animal", on_bad="skip")


def test_rows_without_a_picture_and_pictures_without_a_row(portraits):
    people_of(range(2, ROWS + 13)).to_csv(portraits / "labels.csv", index=False)
    with pytest.raises(InvalidTaskData) as raised:
        from_folder(portraits, "sex")
    message = str(raised.value)
    assert "13 rows name no picture in the folder: '0012.png'" in message and "3 more" in message
    assert "2 pictures have no row: 'faces/0000.png', 'faces/0001.png'" in message
    data = from_folder(portraits, "sex", on_bad="skip")
    assert len(data["sex"]) == ROWS - 2
    assert "13 rows name no picture" in repr(data) and "2 pictures have no row" in repr(data)
    people_of([*range(ROWS), 3]).to_csv(portraits / "labels.csv", index=False)
    with pytest.raises(
        InvalidTaskData, match=r"several rows in the column 'file': 'faces/0003\.png'"
    ):
        from_folder(portraits, "sex")


def test_folders_that_are_no_classes(animals):
    with pytest.raises(InvalidTaskData, match=r"labels of one task.*several tasks give a table"):
        from_folder(animals, ["sex", "hair"])
    with pytest.raises(InvalidTaskData, match=r"'cat' is none of the `classes`.*mean 'cut'"):
        from_folder(animals, "animal", classes={"animal": ["cut", "dog", "owl"]})
    save(animals / "loose.png", 0)
    with pytest.raises(InvalidTaskData, match=r"1 pictures are in no folder.*'loose\.png'"):
        from_folder(animals, "animal")
    assert "1 pictures in no folder" in repr(from_folder(animals, "animal", on_bad="skip"))
    (animals / "fish").mkdir()
    skipped = from_folder(animals, "animal", on_bad="skip")
    assert "Folders without pictures were left out: 'fish'" in repr(skipped)


def test_folders_of_parts_are_told_from_classes(tmp_path):
    for part in ("train", "test"):
        for number, animal in enumerate(["cat", "dog"]):
            save(tmp_path / part / animal / "1.png", number)
    with pytest.raises(InvalidTaskData, match=r"look like parts.*from_folder\('.*test'\)"):
        from_folder(tmp_path, "animal")
    assert len(from_folder(tmp_path / "train", "animal")["animal"]) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"path": 3}, ValueError, "path of a folder"),
        ({"path": "nowhere"}, DataNotFound, "no folder 'nowhere'"),
        ({"tasks": "sexx"}, InvalidTaskData, "`tasks` names the column 'sexx'.*'sex'"),
        ({"files": "fil"}, InvalidTaskData, "`files` names the column 'fil'.*'file'"),
        ({"files": "hair"}, InvalidTaskData, "'hair' does not name pictures"),
        ({"table": "label.csv"}, DataNotFound, "no file 'label.csv'"),
        ({"table": 3}, TypeError, "`table` is a `pandas.DataFrame`"),
        ({"size": (3, 0)}, ValueError, "height and the width"),
        ({"size": "96"}, ValueError, "height and the width"),
        ({"color_mode": "RGB"}, ValueError, "color_mode"),
        ({"on_bad": "skp"}, ValueError, "Did you mean 'skip'"),
        ({"seed": None}, ValueError, "seed"),
        ({"kinds": {"sx": "binary"}}, ValueError, "'sx'"),
    ],
)
def test_bad_arguments(portraits, arguments, error, message):
    with pytest.raises(error, match=message):
        from_folder(**{"path": portraits, "tasks": "sex", **arguments})


def test_an_empty_folder(tmp_path):
    with pytest.raises(InvalidTaskData, match="holds no pictures: no file ends with"):
        from_folder(tmp_path)


def test_pictures_of_a_group_are_in_one_part(portraits, animals):
    """Whatever order the table has, and whatever was left out."""
    people = people_of([*range(ROWS), 90])[::-1].assign(person=lambda rows: rows.age // 3)
    (portraits / "faces/0003.png").write_bytes(b"no picture")
    parts = from_folder(
        portraits,
        "sex",
        table=people,
        groups="person",
        split={"train": 0.5, "test": 0.5},
        on_bad="skip",
    )
    names = {picture(number).tobytes(): (number + 20.5) // 3 for number in range(ROWS)}
    held = [{names[one.tobytes()] for one in part["sex"].x} for part in parts.values()]
    assert not held[0] & held[1] and sum(len(part.rows) for part in parts.values()) == ROWS - 1
    with pytest.raises(ValueError, match="`groups` is a column of a table"):
        from_folder(animals, table=False, groups="person")
