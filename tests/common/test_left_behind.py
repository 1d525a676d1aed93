"""What killed processes left is found by the next one that writes to the same path."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_mtl.common.atomic_files import (
    left_unfinished,
    write_json,
    written_whole_file,
    written_whole_folder,
)
from keras_mtl.common.left_behind import (
    DAY,
    REPLACED,
    UNFINISHED,
    left_behind,
    temporary_path,
    tidy_up,
)

NOBODY = 10**9
"""The number of no process."""


def of_process(path, process):
    """The same temporary path, as another process would have named it."""
    return path.with_name(path.name.replace(f"-{os.getpid()}-", f"-{process}-"))


def folder(path, text="old"):
    path.mkdir()
    (path / "part").write_text(text)
    return path


def write_folder(path, text="new", **options):
    with written_whole_folder(path, **options) as unfinished:
        (unfinished / "part").write_text(text)


def names(path):
    return sorted(found.name for found in path.iterdir())


def ours(path):
    return (path / "part").exists()


@pytest.mark.parametrize("process", [NOBODY, os.getpid()], ids=["nobody", "this one"])
@pytest.mark.parametrize("is_folder", [True, False])
def test_what_a_killed_process_left_is_removed(process, is_folder, tmp_path):
    path = tmp_path / "state"
    left = of_process(temporary_path(path, UNFINISHED), process)
    folder(left) if is_folder else left.write_text("half")
    assert left_unfinished(path) == [left]
    if is_folder:
        write_folder(path)
    else:
        write_json(path, 1)
    assert names(tmp_path) == ["state"]


def test_what_a_live_process_writes_stays(tmp_path):
    path = tmp_path / "state"
    left = of_process(temporary_path(path, UNFINISHED), os.getppid())
    left.write_text("half")
    with written_whole_file(path) as mine:
        mine.touch()
        write_json(path, 1)
        assert set(left_behind(path)) == {left, mine}
        mine.write_text("2")
    assert left.exists() and path.read_text() == "2"


def test_what_is_written_on_another_machine_stays_for_a_day(tmp_path):
    path = tmp_path / "state"
    left = of_process(temporary_path(path, UNFINISHED), NOBODY)
    machine = left.name.split(".")[2][:8]
    left = left.with_name(left.name.replace(machine, "0123abcd"))
    left.write_text("half")
    write_json(path, 1)
    assert left.exists()
    os.utime(left, (time.time() - 2 * DAY,) * 2)
    write_json(path, 1)
    assert names(tmp_path) == ["state"]


def test_other_paths_in_the_folder(tmp_path):
    other = tmp_path / "state.json"
    dead = of_process(temporary_path(other, UNFINISHED), NOBODY)
    live = of_process(temporary_path(other, UNFINISHED), os.getppid())
    aside = of_process(temporary_path(other, REPLACED), NOBODY)
    mine = tmp_path / ".state.unfinished"
    for path in (dead, live, aside, mine):
        path.touch()
    assert left_behind(tmp_path / "state") == []
    write_json(tmp_path / "state", 1)
    assert names(tmp_path) == sorted(["state", live.name, aside.name, mine.name])


def test_a_folder_that_was_set_aside_comes_back(tmp_path):
    path = tmp_path / "export"
    folder(of_process(temporary_path(path, REPLACED), NOBODY), "old")
    folder(of_process(temporary_path(path, UNFINISHED), NOBODY), "new")
    tidy_up(path, ours)
    assert names(tmp_path) == ["export"] and (path / "part").read_text() == "old"
    tidy_up(path, ours)
    assert names(tmp_path) == ["export"]


def test_a_folder_that_was_set_aside_goes_once_the_new_one_is_there(tmp_path):
    path = folder(tmp_path / "export", "new")
    folder(of_process(temporary_path(path, REPLACED), NOBODY))
    thesis = of_process(temporary_path(path, REPLACED), NOBODY)
    thesis.mkdir()
    (thesis / "thesis.txt").write_text("the only copy")
    tidy_up(path, ours)
    assert names(tmp_path) == sorted(["export", thesis.name])
    (path / "part").unlink()
    folder(aside := of_process(temporary_path(path, REPLACED), NOBODY))
    tidy_up(path, ours)  # What is at the path is nobody knows what: the old one is kept.
    assert aside.exists()


@pytest.mark.parametrize("process", [NOBODY, os.getppid()], ids=["nobody", "the parent"])
def test_names_of_earlier_versions(process, tmp_path):
    path = tmp_path / "export"
    left = folder(tmp_path / f".export.{process}-0123abcd{UNFINISHED}")
    tidy_up(path)
    assert left.exists()  # It may be the old one, set aside by this name.
    write_folder(path)
    assert left.exists() == (process != NOBODY)
    file = tmp_path / f".state.{process}-0123abcd{UNFINISHED}"
    file.write_text("half")
    write_json(tmp_path / "state", 1)
    assert file.exists() == (process != NOBODY)


def test_names_as_long_as_a_file_system_takes(tmp_path):
    path = tmp_path / ("ä" * 125)
    write_folder(path)
    assert temporary_path(path, REPLACED) != temporary_path(path, REPLACED)
    left = of_process(temporary_path(path, UNFINISHED), NOBODY)
    left.touch()
    assert left_behind(path) == [left]


KILLED = """
import os, signal, sys
from pathlib import Path
from keras_mtl.common.atomic_files import written_whole_folder

number, where, path = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])

def end():
    os.kill(os.getpid(), number)
    signal.pause()

rename = Path.rename
def renamed(self, target):
    done = rename(self, target)
    if where == "between" and self == path:
        end()
    return done

Path.rename = renamed
with written_whole_folder(path, replaces=lambda path: True) as unfinished:
    (unfinished / "part").write_text("new")
    if where == "writing":
        end()
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("where", ["writing", "between"])
def test_real_kills(number, where, tmp_path):
    path = folder(tmp_path / "export", "old")
    arguments = [str(int(number)), where, str(path)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments])
    assert killed.returncode == -number
    if where == "writing":
        assert (len(names(tmp_path)) == 1) == (number == signal.SIGTERM)
    tidy_up(path)
    assert names(tmp_path) == ["export"] and (path / "part").read_text() == "old"
    write_folder(path, replaces=ours)
    assert names(tmp_path) == ["export"] and (path / "part").read_text() == "new"


# The last step


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
@pytest.mark.parametrize("replaces", [False, True])
def test_what_comes_to_the_path_meanwhile_is_left_as_it_is(make, replaces, tmp_path):
    path = tmp_path / "export"
    if replaces:
        folder(path)
    options = {"replaces": ours} if replaces else {}
    refused = pytest.raises(FileExistsError, match=r"come to this path.*export")
    with refused, written_whole_folder(path, **options) as unfinished:
        (unfinished / "part").write_text("new")
        if replaces:
            path.rename(tmp_path / "moved")
        make(path)
        before = path.lstat()
    assert os.path.samestat(path.lstat(), before)
    assert names(tmp_path) == (["export", "moved"] if replaces else ["export"])


def test_what_comes_between_the_look_and_the_rename_is_put_back(tmp_path):
    path = folder(tmp_path / "export")
    answers = iter([True, False])  # at the path, and once it is set aside
    with pytest.raises(FileExistsError):
        write_folder(path, replaces=lambda path: next(answers))
    assert names(tmp_path) == ["export"] and (path / "part").read_text() == "old"


def test_a_full_disk_is_told_with_the_path(tmp_path):
    path = tmp_path / "state.json"
    told = pytest.raises(OSError, match=r"No space left on device: .*state\.json")
    with told as caught, written_whole_file(path):
        raise OSError(28, "No space left on device")
    assert caught.value.errno == 28
    with pytest.raises(OSError, match=r"^other$"), written_whole_folder(path):
        raise OSError("other")
    assert names(tmp_path) == []
