"""Every command as a user runs it: in processes, piped, on a terminal, interrupted, resumed."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import keras_mtl
from keras_mtl.cli.model_files import read_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.backend("tensorflow", reason="what starts and stops processes is the same for all"),
]
PROGRAM = (sys.executable, "-m", "keras_mtl")


def command(*arguments):
    return [*PROGRAM, *map(str, arguments)]


def piped(*arguments):
    done = subprocess.run(command(*arguments), capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def interrupted(*arguments, after):
    """Send SIGINT once a text is on standard error; return the exit code and all that was said."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = ""
    while after not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=120)
    assert out == ""
    return process.returncode, said + rest


def on_terminal(*arguments, until=None):
    """Run a command on a pseudo-terminal; press Ctrl-C once a text is there, if one is given."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), stdin=other, stdout=other, stderr=other, start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(other)
    said, end = "", time.monotonic() + 300
    while time.monotonic() < end:
        if not select.select([main], [], [], 1)[0]:
            continue
        try:
            said += os.read(main, 65536).decode(errors="replace")
        except OSError:  # The other end is closed: the process has ended.
            break
        if until is not None and until in said:
            os.write(main, b"\x03")
            until = None
    os.close(main)
    return process.wait(timeout=60), said


@pytest.fixture(scope="module")
def hair(folder, tmp_path_factory):
    """A model with a new head, which every test copies."""
    path = tmp_path_factory.mktemp("hair") / "hair.keras"
    done = piped("transfer", folder / "sex.keras", "--cut", 1, "--head", 2, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


def test_commands_piped(folder, tmp_path):
    """The other ones are in `examples/command_line.sh`, which a test of its own runs."""
    sex, table = folder / "portrait.keras", ("--data", folder / "pictures")
    runs = ("--labels", 4, "--seeds", 1, "--strategies", "features+knn", "--test", 0.5)
    for arguments in (
        ("cuts", sex),
        ("compare", sex, *table, *runs, "--results", tmp_path / "runs"),
        ("report", tmp_path / "runs"),
    ):
        done = piped(*arguments)
        assert done.returncode == 0 and done.stdout.strip(), (arguments, done.stderr)
        assert "\x1b" not in done.stdout + done.stderr and "absl" not in done.stderr


def test_a_reader_that_goes_is_no_error(folder):
    process = subprocess.Popen(
        command("cuts", folder / "sex.keras"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.wait(timeout=60)


def test_training_goes_on_exactly_where_it_was_interrupted(hair, folder, tmp_path):
    whole, parts = tmp_path / "whole.keras", tmp_path / "parts.keras"
    given = ("train", hair, "--data", folder / "people.npz", "--epochs", 40)
    assert piped(*given, "-o", whole).returncode == 0
    before = hair.read_bytes()
    code, said = interrupted(*given, "-o", parts, after="Epoch 10/")
    assert code == 130 and "goes on from the backup" in said and "Traceback" not in said
    assert not parts.exists() and hair.read_bytes() == before
    resumed = piped(*given, "-o", parts)
    assert resumed.returncode == 0 and "Epoch 5/" not in resumed.stderr
    for one, other in zip(
        read_model(whole).get_weights(), read_model(parts).get_weights(), strict=True
    ):
        assert np.array_equal(one, other)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["parts.keras", "whole.keras"]


def test_a_comparison_goes_on_and_is_shown_before(folder, tmp_path):
    runs = tmp_path / "runs"
    ways = ("--strategies", "frozen,from-scratch", "--labels", "10,20", "--seeds", 4)
    given = ("compare", folder / "sex.keras", "--data", folder / "people.npz", *ways)
    given += ("--test", 0.5, "--results", runs)
    code, said = interrupted(*given, after="Run 3 of 16")
    assert code == 130 and f"keras-mtl report {runs}" in said and "Traceback" not in said
    part = json.loads(piped("report", runs, "--json").stdout)
    assert not part["complete"]
    done = piped(*given, "--json")
    assert "Run 1 of" not in done.stderr and json.loads(done.stdout)["complete"]


def test_a_terminal_has_a_bar_and_ctrl_c(folder, tmp_path):
    ways = ("--strategies", "frozen,from-scratch", "--labels", "10,20", "--seeds", 8)
    given = ("compare", folder / "sex.keras", "--data", folder / "people.npz", *ways)
    given += ("--test", 0.5, "--results", tmp_path / "runs")
    code, said = on_terminal(*given, until="2/32")
    assert code == 130 and "Interrupted. The runs that are done" in said, said
    code, said = on_terminal("report", tmp_path / "runs")
    assert code == 0 and "strategy" in said
    code, said = on_terminal("cuts", folder / "absent.keras")
    assert code == 4 and "\x1b[31m" in said and "Traceback" not in said


@pytest.mark.parametrize("number", (3, 6))
def test_an_export_that_is_interrupted_leaves_nothing_half_written(hair, tmp_path, number):
    process = subprocess.Popen(
        command("export", hair, tmp_path / "served"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(number)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    # Where C code of a library met the signal, Python ends by the signal, which a shell calls 130.
    assert process.returncode in (0, 130, -signal.SIGINT), said
    names = [one.name for one in tmp_path.iterdir()]
    assert names in ([], ["served"]) and (names or process.returncode)
    if names:  # It was whole before: its files are those of its manifest.
        keras_mtl.load_export(tmp_path / "served")
    assert b"Traceback" not in said


def test_completions(folder):
    environment = {
        **os.environ,
        "_KERAS_MTL_COMPLETE": "complete_bash",
        "COMP_WORDS": "keras-mtl tr",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(PROGRAM, env=environment, capture_output=True, text=True)
    assert set(done.stdout.split()) == {"train", "transfer"}
