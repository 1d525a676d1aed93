"""A sentence that is said when a process is aborted because another one has ended."""

import json
import os
import socket
import subprocess
import sys

import pytest

from keras_mtl.training.distribution import last_words
from keras_mtl.training.distribution.last_words import LastWords, outlive

SCRIPT = """
import os, runpy, sys

path, there, gone, end = sys.argv[1:]
words = runpy.run_path(path)["LastWords"]()
words.prepare({there: "It is there.", gone: "It is gone."})
if end == "aborted":
    os.abort()
if end == "insists":
    words.insist()
if end == "after a verb":
    words.prepare({})
    os.abort()
"""


def address(listening):
    return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("aborted", "It is gone.\n"),
        ("insists", "It is gone.\n"),
        ("after a verb", ""),
        ("well", ""),
    ],
)
def test_the_process_that_is_gone_is_told_after_the_end(end, said):
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        given = [last_words.__file__, address(there), address(gone), end]
        call = [sys.executable, "-c", SCRIPT, *given]
        ended = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ended.stderr == said


def test_nothing_is_told_where_all_are_there(capsys):
    with socket.create_server(("127.0.0.1", 0)) as there:
        outlive(
            os.getpid(), [json.dumps({address(there): "It is gone."})]
        )  # No parent has that number.
    assert capsys.readouterr().err == ""


def test_a_process_that_ends_well_takes_its_words_back():
    words = LastWords()
    words.prepare({"127.0.0.1:1": "It is gone."})
    program = words._program
    words.prepare({"127.0.0.1:1": "It is gone."})
    assert words._program is program and program.poll() is None
    words.withdraw()
    assert program.poll() is not None
