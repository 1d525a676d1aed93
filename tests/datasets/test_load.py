import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_mtl
from _processes import PATHS
from _tfds import COLOURS, SIZE, portraits, written
from keras_mtl.batches import indexed_rows
from keras_mtl.datasets.load import load
from keras_mtl.errors import (
    DatasetUnavailable,
    FeatureNotFound,
    InvalidFeatures,
    InvalidLabels,
    InvalidTaskData,
    SplitNotFound,
)

pytest.importorskip("tensorflow_datasets")
HAIR = [f"attributes/{colour}" for colour in COLOURS]
TASKS = {"sex": "attributes/Male", "hair": HAIR}
FORMATS = ["tfrecord", pytest.param("array_record", marks=pytest.mark.slow)]


def loaded(file_format="tfrecord", **arguments):
    given = {"inputs": "image", "tasks": TASKS, "unclear": "missing", **arguments}
    return load("portraits", data_dir=written(file_format), **given)


@pytest.mark.parametrize("file_format", FORMATS)
def test_rows_are_those_that_were_written(file_format):
    train, test = loaded(file_format, split=["train", "test"], labels={"hair": 12})
    for part, rows, seed in ((train, 120, 5), (test, 40, 4)):
        images, male, held = portraits(rows, seed)
        for task, labels in (("sex", male), ("hair", held.argmax(1))):
            x, y = part[task]
            places = part[task].rows % 1000 - (40 if part is train else 0)
            assert np.array_equal(x, images[places]) and x.dtype == np.uint8
            assert np.array_equal(y, labels[places])
    assert len(train["hair"]) == 12 and len(test["hair"]) == 36 and len(train["sex"]) == 120
    assert train["hair"].classes == tuple(COLOURS) and train["sex"].classes == ("not Male", "Male")
    assert not set(train.rows) & set(test.rows)
    assert "6 have none" not in train.notes[0] and "8 have none" in train.notes[0]


def test_rows_without_a_class_are_counted_and_dropped_or_refused():
    with pytest.warns(UserWarning, match=r"12 of 120 rows have no class of `hair`: 6 have none"):
        data = loaded(unclear=None)
    assert len(data["hair"]) == 108 and len(data["sex"]) == 120
    assert len(loaded(unclear="drop")["sex"]) == 108
    with pytest.raises(InvalidLabels, match="6 have several"):
        loaded(unclear="error")


@pytest.mark.slow
def test_parts_by_shares_and_by_name():
    parts = loaded(split={"train": 0.75, "test": 0.25}, labels={"sex": 10}, seed=3)
    assert [len(parts[name].rows) for name in parts] == [90, 30]
    assert len(parts["train"]["sex"]) == 10 and len(parts["test"]["sex"]) == 30
    again = loaded(split={"train": 0.75, "test": 0.25}, labels={"sex": 10}, seed=3)
    assert all(np.array_equal(parts[name].rows, again[name].rows) for name in parts)
    named = loaded(split={"a": "train[:50%]", "val": "test+train[50%:60%]"})
    assert len(named["a"].rows) == 60 and len(named["val"].rows) == 52


@pytest.mark.parametrize("file_format", FORMATS)
def test_rows_of_a_group_are_in_one_part(file_format):
    split = {"train": 0.7, "test": 0.3}
    parts = loaded(file_format, groups="person", split=split, unclear="drop")
    held = [set((part.rows % 1000 - 40) // 3) for part in parts.values()]
    assert not held[0] & held[1] and len(held[0] | held[1]) == 36
    assert set(loaded(file_format, groups="person", split=["train", "test"])[1].groups.values) == {
        1000 + number // 3 for number in range(40)
    }
    with pytest.raises(InvalidTaskData, match=r"1 groups of 'person' .*'train\[:50\]' and in"):
        loaded(file_format, groups="person", split=["train[:50]", "train[50:]"])


@pytest.mark.slow
def test_several_inputs_numbers_and_groups():
    data = loaded(
        inputs={"picture": "image", "years": "age"},
        tasks={"age": "age", "looks": "attributes"},
        size=(10, 8),
        labels={"age": 20},
    )
    x, y = data["age"]
    assert x["picture"].shape == (20, 10, 8, 3) and np.array_equal(x["years"], y)
    assert not np.isnan(y).any() and data["age"].kind == "regression"
    assert data["looks"].kind == "multilabel" and data["looks"].head().units == 4
    assert set(data["looks"].classes) == {"Male", *COLOURS}


@pytest.mark.slow
@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
@pytest.mark.parametrize("limit", [0, 2**30])
def test_trains_compares_and_caches(file_format, limit, monkeypatch, tmp_path):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", limit)
    cache = tmp_path / "rows" if limit == 0 else True
    parts = loaded(file_format, split=["train", "test"], labels={"hair": 30}, cache=cache)
    train, test = parts
    layers = keras.layers
    base = keras.Sequential(
        [
            keras.Input((*SIZE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, 2, activation="relu"),
            layers.Flatten(),
            layers.Dense(8, "relu"),
            layers.Dense(2),
        ]
    )
    base.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    base.fit(train["sex"], verbose=0)
    trunk = keras_mtl.transfer(base, cut=1, freeze=False)
    model = keras_mtl.MultiTaskModel(trunk, train.heads())
    history = model.fit(train, validation_data=test, seed=0, verbose=0)
    assert np.isfinite(history.history["val_hair_loss"]).all()
    new = keras_mtl.transfer(base, cut=1, head=train["hair"].head())
    keras_mtl.fit_cached(new, train["hair"], verbose=0)
    comparison = keras_mtl.compare(
        base,
        train["hair"],
        test=test["hair"],
        labels=[20],
        seeds=2,
        strategies=["frozen"],
        verbose=0,
    )
    assert comparison.best().labels == 20


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 2**30])
def test_backups_of_fit_resume_to_the_same_weights(limit, monkeypatch, tmp_path):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", limit)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                raise KeyboardInterrupt

    def model():
        keras.utils.set_random_seed(1)
        trunk = keras.Sequential([keras.Input((*SIZE, 3)), keras.layers.Flatten()])
        return keras_mtl.MultiTaskModel(trunk, data.heads())

    data = loaded(labels={"hair": 30})
    whole = model()
    whole.fit(data, epochs=2, seed=5, verbose=0)
    broken = model()
    options = {"epochs": 2, "seed": 5, "verbose": 0, "backup": tmp_path / "backup"}
    with pytest.raises(KeyboardInterrupt):
        broken.fit(data, callbacks=[Stop()], **options)
    resumed = model()
    resumed.fit(loaded(labels={"hair": 30}), **options)
    for a, b in zip(whole.weights, resumed.weights, strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_read_without_tensorflow(backend):
    code = f"""
import sys; sys.path[:0] = {PATHS}
import keras_mtl
data = keras_mtl.datasets.load("portraits", "image", {TASKS}, unclear="missing",
    data_dir={written("array_record")!r})
x, y = data["hair"]
assert x.shape == (108, 20, 16, 3) and "tensorflow" not in sys.modules
"""
    pytest.importorskip(backend)
    environment = {**os.environ, "KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=300)


@pytest.mark.slow
def test_random_data_of_tensorflow_datasets():
    import tensorflow_datasets as tfds

    colours = [f"attributes/{name}_Hair" for name in ("Black", "Blond", "Brown", "Gray")]
    with tfds.testing.mock_data(num_examples=30):
        data = load(
            "celeb_a",
            inputs="image",
            tasks={"sex": "attributes/Male", "hair": colours},
            size=(12, 10),
            unclear="missing",
            classes={"sex": ["female", "male"]},
        )
    x, y = data["hair"]
    assert x.shape == (len(y), 12, 10, 3) and data["sex"].classes == ("female", "male")
    assert data["hair"].classes == ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": "imag"}, FeatureNotFound, r"Did you mean 'image'(.|\n)*attributes/  4 x bool"),
        ({"tasks": {"sex": "Male"}}, FeatureNotFound, "Did you mean 'attributes/Male'"),
        ({"inputs": "attributes"}, FeatureNotFound, "a group of 4"),
        ({"tasks": {"a": "image"}}, InvalidLabels, "is an image, which is no label"),
        ({"tasks": {"a": ["image", "attributes/Male"]}}, InvalidLabels, "'image', which is image"),
        ({"tasks": {}}, ValueError, "names no task"),
        ({"groups": "persn"}, FeatureNotFound, "Did you mean 'person'"),
        ({"groups": "age"}, InvalidFeatures, "one text or whole number a row"),
        ({"groups": "attributes/Male"}, ValueError, "labels of the task 'sex'"),
        ({"split": "tran"}, SplitNotFound, "Did you mean 'train'"),
        ({"split": "train[:5"}, ValueError, "is written such as"),
        ({"split": ["train[:50%]", "train[40%:]"]}, ValueError, "12 rows of `train` are in"),
        ({"split": {"train": 0.5}}, ValueError, "add up to 1"),
        ({"labels": {"sex": 500}}, ValueError, r"Labels by class: \{'not Male'"),
        ({"labels": {"six": 5}}, ValueError, "Did you mean 'sex'"),
        ({"size": 96}, ValueError, "height and the width"),
        ({"unclear": "skip"}, ValueError, "'missing', 'drop', 'error'"),
        ({"cache": False}, ValueError, "array_record"),
        ({"classes": {"sex": ["a"]}}, InvalidLabels, "Received: 1 names"),
        ({"kinds": {"sex": "binray"}}, ValueError, "Did you mean 'binary'"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        loaded(**arguments)


def test_inputs_that_do_not_fit_into_memory_are_refused(monkeypatch):
    from keras_mtl.datasets import tfds_datasets

    monkeypatch.setattr(tfds_datasets, "available_memory", lambda: 1000)
    with pytest.raises(InvalidTaskData, match=r"do not fit into memory.*`cache=` a folder"):
        loaded()


def test_pictures_of_different_sizes_and_ragged_features_are_refused():
    import tensorflow_datasets as tfds

    with tfds.testing.mock_data(num_examples=2):
        with pytest.raises(InvalidFeatures, match=r"differ in size.*`size=\(height, width\)`"):
            load("cats_vs_dogs", "image", {"label": "label"})
        with pytest.raises(InvalidLabels, match="length differs between rows"):
            load("voc", "image", {"label": "labels"}, size=(8, 8))
        with pytest.raises(InvalidFeatures, match="ragged"):
            load("voc", "labels", {"name": "image/filename"})


def test_a_damaged_file_is_named(tmp_path):
    import shutil

    shutil.copytree(written(), tmp_path, dirs_exist_ok=True)
    (file,) = (tmp_path / "portraits/1.0.0").glob("*train*")
    content = bytearray(file.read_bytes())
    content[200:260] = b"?" * 60
    file.write_bytes(content)
    with pytest.raises(InvalidTaskData, match=r"cannot be read: .*corrupted record"):
        load("portraits", "image", TASKS, data_dir=tmp_path)


def test_what_is_not_there_is_refused_at_once(tmp_path):
    with pytest.raises(DatasetUnavailable, match="Did you mean 'celeb_a'"):
        load("celebb_a", "image", TASKS, data_dir=tmp_path)
    with pytest.raises(DatasetUnavailable, match=r"(?s)img_align_celeba.zip.*copy a prepared"):
        load("celeb_a", "image", TASKS, data_dir=tmp_path, download=False)
    (tmp_path / "celeb_a/2.0.1").mkdir(parents=True)
    (tmp_path / "celeb_a/2.0.1/dataset_info.json").write_text("{}")
    with pytest.raises(DatasetUnavailable, match=r"load\(\"celeb_a:2.0.1\""):
        load("celeb_a", "image", TASKS, data_dir=tmp_path)
    with pytest.raises(DatasetUnavailable, match=r"only: 2\.1\.0"):
        load("celeb_a:9.9.9", "image", TASKS, data_dir=tmp_path)
