"""`import keras_mtl` costs what `import keras` costs: nothing else is loaded (target: 1.05)."""

import subprocess
import sys

from _paired import compare


def importing(module):
    return lambda: subprocess.run(
        [sys.executable, "-c", f"import {module}"], check=True, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    compare("import keras_mtl", importing("keras_mtl"), "import keras", importing("keras"), runs=9)
