"""A small data set of tensorflow-datasets that is written to disk: drawn portraits."""

import atexit
import functools
import shutil
import tempfile

import numpy as np

COLOURS = {"Black_Hair": (20, 20, 20), "Blond_Hair": (230, 210, 120), "Gray_Hair": (150, 150, 150)}
SIZE = (20, 16)


def portraits(rows, seed=0):
    """Pictures whose lower half is bright for men, and whose upper half has the colour of hair.

    The last tenth of the rows has no colour of hair, or two.
    """
    random = np.random.default_rng(seed)
    male = random.random(rows) < 0.5
    hair = random.integers(0, len(COLOURS), rows)
    images = random.integers(0, 40, (rows, *SIZE, 3)).astype(np.uint8)
    images[:, 10:] += np.where(male, 180, 0).astype(np.uint8)[:, None, None, None]
    images[:, :8] = np.array(list(COLOURS.values()), np.uint8)[hair][:, None, None]
    held = np.eye(len(COLOURS), dtype=bool)[hair]
    held[-(rows // 20) :] = False
    held[-(rows // 10) : -(rows // 20)] = True
    return images, male, held


@functools.cache
def written(file_format="tfrecord", rows=(120, 40)):
    """The folder of all data sets, in which `portraits` is."""
    import tensorflow_datasets as tfds

    folder = tempfile.mkdtemp(prefix="keras_mtl_tfds_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    boolean = tfds.features.Scalar(dtype=np.bool_)
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(*SIZE, 3)),
            "attributes": {"Male": boolean, **dict.fromkeys(COLOURS, boolean)},
            "age": tfds.features.Scalar(dtype=np.float32),
            "person": tfds.features.Scalar(dtype=np.int64),
        }
    )

    def examples(split, count):
        for number, (image, male, held) in enumerate(
            zip(*portraits(count, len(split)), strict=True)
        ):
            colours = dict(zip(COLOURS, held.tolist(), strict=True))
            age = 20.0 + number if number % 4 else float("nan")
            yield (
                number,
                {
                    "image": image,
                    "attributes": {"Male": bool(male), **colours},
                    "age": age,
                    "person": number // 3 + (1000 if split == "test" else 0),
                },
            )

    tfds.dataset_builders.AdhocBuilder(
        name="portraits",
        version="1.0.0",
        features=features,
        split_datasets={
            split: list(examples(split, count))
            for split, count in zip(("train", "test"), rows, strict=True)
        },
        data_dir=folder,
        file_format=file_format,
        disable_shuffling=True,
    ).download_and_prepare()
    return folder
