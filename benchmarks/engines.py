"""`fit_cached` and `probe_cuts` with an engine against Keras: MobileNetV2, 96 px, 8,192 pictures.

The conversion is included, and features differ by 1e-4 of their scale at most. Target: a half.
"""

import argparse

import keras
import numpy as np
from _paired import compare

from keras_mtl import FeatureExtractor, fit_cached, probe_cuts, transfer

SIZE, BATCH_SIZE, CLASSES = 96, 32, 10


class Fitting:
    """Trains heads on frozen networks, which are made before the time is taken."""

    def __init__(self, base, x, y, engine, runs):
        self.models = [transfer(base, 1, head=CLASSES, verify=False) for _ in range(runs)]
        self.data, self.options = (x, y), {"batch_size": BATCH_SIZE, "engine": engine}

    def __call__(self):
        fit_cached(self.models.pop(), *self.data, verbose=0, **self.options)


class Probing:
    """Scores all depths of a network."""

    def __init__(self, base, x, y, engine, runs):
        self.arguments, self.options = (base, x, y), {"batch_size": BATCH_SIZE, "engine": engine}

    def __call__(self):
        probe_cuts(*self.arguments, verbose=0, **self.options)


def difference(base, x, engine):
    """The largest difference of the features of all pictures, as a fraction of the largest one."""
    ours = FeatureExtractor(base, batch_size=BATCH_SIZE, engine=engine).transform(x)
    keras_features = FeatureExtractor(base, batch_size=BATCH_SIZE).transform(x)
    return np.abs(ours - keras_features).max() / np.abs(keras_features).max()


def main(images, runs, engines):
    keras.utils.set_random_seed(0)
    base = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), weights=None)
    x = np.random.default_rng(0).random((images, SIZE, SIZE, 3), dtype="float32")
    y = np.random.default_rng(1).integers(CLASSES, size=images)
    for engine in engines:
        print(f"{engine}: differs by {difference(base, x[:1024], engine):.1e} of the scale")
        for what, work in (("fit_cached", Fitting), ("probe_cuts", Probing)):
            ours, theirs = (work(base, x, y, name, runs) for name in (engine, "keras"))
            compare(f"{what}, {engine}", ours, f"{what}, keras", theirs, runs=runs, warmup=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=8192)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engines", nargs="+", default=["openvino", "onnxruntime", "auto"])
    given = parser.parse_args()
    main(given.images, given.runs, given.engines)
