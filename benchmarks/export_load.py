"""`load_export` and a first answer against `keras.models.load_model` and a first answer.

Each in a new process, imports included, for MobileNetV2 (96 x 96) with a head, in every format.
Printed last: the ratio for each format (target: below 1).

    python benchmarks/export_load.py [--formats tf_saved_model onnx litert openvino] [--runs 5]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from _paired import compare

FORMATS = ("tf_saved_model", "onnx", "litert", "openvino")
EXPORT = """
import sys, numpy as np, keras_mtl
x = np.zeros((1, 96, 96, 3), "float32")
print(keras_mtl.load_export(sys.argv[1]).predict(x).shape)
"""
KERAS = """
import sys, numpy as np, keras, keras_mtl
x = np.zeros((1, 96, 96, 3), "float32")
print(keras.models.load_model(sys.argv[1]).predict(x, verbose=0).shape)
"""


def running(code, path):
    command = [sys.executable, "-c", code, str(path)]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder, arguments.formats)
        for form in arguments.formats:
            compare(
                f"load_export, {form}",
                running(EXPORT, folder / form),
                "keras.models.load_model",
                running(KERAS, folder / "model.keras"),
                runs=arguments.runs,
            )


def write(folder, formats):
    import keras

    import keras_mtl

    trained = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), alpha=0.35)
    model = keras_mtl.transfer(trained, cut=1, head=5, verify=False)
    model.save(folder / "model.keras")
    for form in formats:
        keras_mtl.export(model, folder / form, format=form)


if __name__ == "__main__":
    main()
