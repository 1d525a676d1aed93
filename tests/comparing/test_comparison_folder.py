import pytest

from keras_mtl.common.left_behind import UNFINISHED, temporary_path
from keras_mtl.comparing.comparison_folder import SETTINGS, opened_folder
from keras_mtl.comparing.run_log import ALL, RunLog
from keras_mtl.errors import AnotherComparison, ComparisonNotWritable, FolderInUse
from keras_mtl.results.run import Run

NEEDED = {"model": "1", "x": "2", "y": "3", "cut": "auto"}
RUN = Run("frozen", 20, 0, None, 0.7, 1.0, 1)


def test_runs_stay(tmp_path):
    for known in ([], [RUN]):
        with opened_folder(tmp_path / "new" / "one", NEEDED) as (folder, runs):
            assert runs == known
            RunLog(folder).write(RUN)
    assert sorted(one.name for one in folder.iterdir()) == sorted([SETTINGS, ALL])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "9"}, "other values of the trained network. Give another"),
        ({"x": "9", "y": "9"}, "other values of `x` and `y`"),
        ({"cut": "conv"}, "a comparison with `cut='auto'`, not 'conv'"),
    ],
)
def test_another_comparison_is_refused(tmp_path, changed, message):
    with opened_folder(tmp_path, NEEDED):
        pass
    with (
        pytest.raises(AnotherComparison, match=message),
        opened_folder(tmp_path, {**NEEDED, **changed}),
    ):
        pass


def test_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with (
        pytest.raises(AnotherComparison, match="holds no comparison"),
        opened_folder(tmp_path, NEEDED),
    ):
        pass
    with pytest.raises(ComparisonNotWritable), opened_folder(tmp_path / "thesis.tex", NEEDED):
        pass
    with pytest.raises(ValueError, match="path of a folder"), opened_folder(3, NEEDED):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.tex"]


def test_one_process_at_a_time(tmp_path):
    with (
        opened_folder(tmp_path, NEEDED),
        pytest.raises(FolderInUse, match="in use by process"),
        opened_folder(tmp_path, NEEDED),
    ):
        pass


def test_without_a_folder_nothing_stays():
    with opened_folder(None, {}) as (folder, runs):
        assert runs == []
        assert folder.is_dir()
    assert not folder.exists()


def test_without_a_folder_the_next_call_removes_what_a_killed_process_left(tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "new"))
    with opened_folder(None, {}) as (folder, _):
        left = temporary_path(folder.with_name("keras_mtl_comparison"), UNFINISHED)
        left.mkdir()
        with opened_folder(None, {}) as (other, _):
            assert set((tmp_path / "new").iterdir()) == {folder, other}
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "file"))
    with pytest.raises(ComparisonNotWritable, match="file` cannot be"), opened_folder(None, {}):
        pass
