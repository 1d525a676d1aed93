"""Pictures a second of `keras_mtl.datasets.load` against tensorflow-datasets and `tf.data` by hand.

Both read the same files (handwriting, written as a set of tensorflow-datasets in the usual format),
decode, keep what they have decoded, shuffle, and give batches of 32. Measured over the first pass,
with all reading, and over a later one.
"""

import argparse
import statistics
import tempfile
import time

import tensorflow as tf
import tensorflow_datasets as tfds
from _handwriting import load as handwriting

import keras_mtl
from keras_mtl.batches.factory import task_data

BATCH, PASSES = 32, 3


def write(folder, rows):
    arrays = handwriting()
    images, digits = arrays["train_image"][:rows], arrays["train_digit"][:rows]
    features = {
        "image": tfds.features.Image(shape=(28, 28, 1)),
        "digit": tfds.features.ClassLabel(num_classes=10),
    }
    examples = [
        (number, {"image": image[..., None], "digit": int(digit)})
        for number, (image, digit) in enumerate(zip(images, digits, strict=True))
    ]
    tfds.dataset_builders.AdhocBuilder(
        name="handwriting",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={"train": examples},
        data_dir=folder,
    ).download_and_prepare()


class Ours:
    def __init__(self, folder):
        data = keras_mtl.datasets.load(
            "handwriting", inputs="image", tasks={"digit": "digit"}, data_dir=folder
        )
        self.batches = task_data("digit", data["digit"], batch_size=BATCH, seed=0)

    def read(self, number):
        return sum(len(batch.y) for batch in self.batches.one_pass(number))


class ByHand:
    def __init__(self, folder):
        rows = tfds.load("handwriting", split="train", data_dir=folder, shuffle_files=True)
        pairs = rows.map(lambda row: (row["image"], row["digit"]), tf.data.AUTOTUNE).cache()
        self.batches = pairs.shuffle(10_000).batch(BATCH).prefetch(tf.data.AUTOTUNE)

    def read(self, number):
        return sum(len(y) for _, y in self.batches)


def speeds(way, folder):
    """Pictures a second in the first pass, reading included, and in the later ones."""
    start = time.perf_counter()
    made = way(folder)
    count = made.read(0)
    first = time.perf_counter()
    for number in range(1, PASSES):
        made.read(number)
    later = time.perf_counter()
    return count / (first - start), count * (PASSES - 1) / (later - first)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(folder, arguments.rows)
        for way in (Ours, ByHand):
            speeds(way, folder)
        pairs = [(speeds(Ours, folder), speeds(ByHand, folder)) for _ in range(arguments.runs)]
    ratios = []
    for place, what in enumerate(("first pass, with reading", "later passes")):
        ours, theirs = ([pair[side][place] for pair in pairs] for side in (0, 1))
        print(f"{what}: load {statistics.median(ours):,.0f} pictures a second")
        print(f"{what}: tfds + tf.data by hand {statistics.median(theirs):,.0f}")
        ratios.append(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)))
    print(f"ratio of the later passes: {ratios[1]:.2f}")
    print(f"ratio of the first pass: {ratios[0]:.2f}")


if __name__ == "__main__":
    main()
