"""`examples/command_line.sh`: from a trained network and pictures to a served answer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from _processes import free_ports

SCRIPT = Path(__file__).parents[1] / "examples" / "command_line.sh"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.backend("tensorflow", reason="the pages show the default backend"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="it needs curl"),
]


def test_the_script_ends_with_an_answer(tmp_path):
    pytest.importorskip("fastapi")
    programs = tmp_path / "bin"
    programs.mkdir()
    # What `pip install` puts there, whether it was called or not.
    for name, call in {"keras-mtl": "-m keras_mtl", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {call} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(free_ports(1)[0]),
    }
    done = subprocess.run(
        ["bash", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "\x1b" not in done.stdout
    answer = json.loads(done.stdout.splitlines()[-1])["result"][0]
    assert max(answer, key=lambda pair: pair[1])[0] == "3"
    predicted = json.loads((tmp_path / "predicted.json").read_text())
    assert [one["class"] for one in predicted].count("3") > 0.9 * len(predicted)
