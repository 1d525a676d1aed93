import pandas as pd
import pytest

from keras_mtl.datasets.frame_reading import check_columns, read_frame
from keras_mtl.errors import DataNotFound, InvalidTaskData

FRAME = pd.DataFrame({"age": [39, 50], "job": ["clerk", "chef"]}, index=[7, 3])


@pytest.mark.parametrize("name", ["people.csv", "people.tsv", "people.csv.gz", "PEOPLE.CSV"])
def test_text_files_are_read_as_pandas_wrote_them(tmp_path, name):
    FRAME.to_csv(tmp_path / name, index=False, sep="\t" if ".tsv" in name else ",")
    for path in (tmp_path / name, str(tmp_path / name)):
        pd.testing.assert_frame_equal(read_frame(path, "frame"), FRAME.reset_index(drop=True))


def test_parquet_files_and_tables_of_pyarrow(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    FRAME.to_parquet(tmp_path / "people.parquet", index=False)
    expected = FRAME.reset_index(drop=True)
    pd.testing.assert_frame_equal(read_frame(tmp_path / "people.parquet", "frame"), expected)
    table = pyarrow.Table.from_pandas(expected)
    pd.testing.assert_frame_equal(read_frame(table, "frame"), expected)
    pd.testing.assert_frame_equal(read_frame(expected.to_dict("list"), "frame"), expected)


def test_the_frame_of_the_caller_stays_as_it_is():
    read_frame(FRAME, "frame")
    assert FRAME.index.tolist() == [7, 3]


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("age,job\n")
    (tmp_path / "twice.csv").write_text("age,job\n1\n2,3,4,5\n")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and then nothing")
    (tmp_path / "people.xlsx").write_bytes(b"")
    (tmp_path / "bytes.csv").write_bytes(b"age\n\xff\xfe\n")
    (tmp_path / "semicolons.csv").write_text("age;job\n1;clerk\n")
    (tmp_path / "commas.tsv").write_text("age,job\n1,clerk\n")
    for name, message in {
        "empty.csv": "cannot be read as a table: No columns",
        "header.csv": "has no rows",
        "twice.csv": "cannot be read as a table",
        "damaged.parquet": "cannot be read as a table",
        "people.xlsx": "pass the frame",
        "bytes.csv": r"no text in UTF-8.*`pandas\.read_csv\('bytes\.csv', encoding=",
        "semicolons.csv": r"separated by ';': .*`pandas\.read_csv\('semicolons\.csv', sep=';'\)",
        "commas.tsv": "separated by ','",
    }.items():
        with pytest.raises(InvalidTaskData, match=message):
            read_frame(tmp_path / name, "frame")
    with pytest.raises(DataNotFound, match=r"no file.*empt\.csv'\. Did you mean 'empty\.csv'"):
        read_frame(tmp_path / "empt.csv", "frame")
    with pytest.raises(DataNotFound, match=r"is a file. Received: the folder"):
        read_frame(tmp_path, "frame")
    with pytest.raises(DataNotFound, match="no file"):
        read_frame(tmp_path / "nowhere" / "people.csv", "frame")


def test_what_makes_no_table():
    with pytest.raises(InvalidTaskData, match="makes no table"):
        read_frame({"age": [1], "job": ["a", "b"]}, "frame")
    with pytest.raises(InvalidTaskData, match=r"two columns.*\['age'\]|Two columns.*\['age'\]"):
        read_frame(pd.DataFrame([[1, 2]], columns=["age", "age"]), "frame")
    with pytest.raises(TypeError, match=r"`pandas\.DataFrame`, or the path.*Received: `int`"):
        read_frame(3, "frame")


def test_columns_that_are_not_there_are_suggested():
    check_columns(["age", "job"], FRAME, "inputs", "the table")
    for name, hint in {
        "agee": "Did you mean 'age'",
        "JOB": "Did you mean 'job'",
        "x": "'job'",
    }.items():
        with pytest.raises(InvalidTaskData, match=f"`inputs` names the column '{name}'.*{hint}"):
            check_columns([name], FRAME, "inputs", "the table")
