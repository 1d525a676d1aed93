"""How long the training in `examples/portraits.py` waits for data that `load` reads (target: 5%).

Writes drawn portraits as PNG in a data set of tensorflow-datasets, trains the network of the
example on what `keras_mtl.datasets.load` returns, and counts the seconds in which Keras's `fit`
waits for the inputs of a batch: reading, decoding and resizing are among them.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import keras
import portraits
import tensorflow_datasets as tfds
from _paired import timed
from drawn_portraits import HAIR, SEX, draw_portraits

import keras_mtl
from keras_mtl.batches.indexed_rows import IndexedRows

PEOPLE = 4000


class Drawn(tfds.core.GeneratorBasedBuilder):
    """Drawn portraits with the sex and the hair colour."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        labels = {"sex": tfds.features.ClassLabel(names=SEX)}
        labels["hair"] = tfds.features.ClassLabel(names=HAIR)
        shape = (portraits.SIZE, portraits.SIZE, 3)
        features = {"image": tfds.features.Image(shape=shape), "attributes": labels}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, _):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        drawn = draw_portraits(PEOPLE, size=portraits.SIZE)
        for row, (image, sex, hair) in enumerate(zip(*drawn, strict=True)):
            yield row, {"image": image, "attributes": {"sex": int(sex), "hair": int(hair)}}


class Waiting:
    """Counts the seconds in which the training waits for the inputs of rows."""

    def __init__(self):
        self.seconds = 0.0
        self._read = IndexedRows.inputs_of

    def __enter__(self):
        def inputs_of(rows, places):
            start = time.perf_counter()
            try:
                return self._read(rows, places)
            finally:
                self.seconds += time.perf_counter() - start

        IndexedRows.inputs_of = inputs_of
        return self

    def __exit__(self, *_):
        IndexedRows.inputs_of = self._read


def main():
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        Drawn(data_dir=folder).download_and_prepare()
        tasks = {"sex": "attributes/sex", "hair": "attributes/hair"}
        budgets = {"hair": max(portraits.LABELS)}
        data = keras_mtl.datasets.load("drawn", "image", tasks, labels=budgets, data_dir=folder)
        with Waiting() as waiting:
            seconds = timed(lambda: portraits.sex_network(data["sex"]))
        # The trainings that follow find the pictures decoded.
        print(f"training: {seconds:.2f} s")
        print(f"waiting for data: {waiting.seconds:.2f} s")
        print(f"ratio: {waiting.seconds / seconds:.4f}")


if __name__ == "__main__":
    main()
