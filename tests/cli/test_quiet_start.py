"""What TensorFlow writes when it is imported is hidden; errors are not."""

import os
import subprocess
import sys

import pytest

CODE = """
import os, sys
from keras_mtl.cli.quiet_start import quietly
with quietly():
    os.write(2, b"of C++")
    print("of Python", file=sys.stderr, flush=True)
os.write(2, b"after")
with quietly():
    raise ValueError("shown")
"""


@pytest.mark.parametrize("debug", [False, True])
def test_standard_error_while_it_starts(debug):
    debugging = f"from keras_mtl.cli.failures import set_debugging; set_debugging({debug})\n"
    done = subprocess.run(
        [sys.executable, "-c", debugging + CODE], capture_output=True, text=True, env=os.environ
    )
    assert done.stderr.startswith("of C++of Python\nafter" if debug else "after")
    assert done.stderr.endswith("ValueError: shown\n")
