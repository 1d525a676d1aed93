"""What one process saves, another loads after `import keras_mtl`: same outputs, still static."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import paths
from _models import augmentation, nested_twice, random_batch, randomised, strings
from _registered import RegisteredBlock
from _reloaded import stored
from _watching import as_numpy, parts_of
from keras_mtl import transfer

TESTS = Path(__file__).parent


def two_blocks():
    stack = [keras.Input((8,))]
    for index in range(2):
        stack += [
            layers.Dense(6, name=f"dense_{index}"),
            layers.BatchNormalization(name=f"norm_{index}"),
            layers.Dropout(0.5, name=f"dropout_{index}"),
        ]
    return keras.Sequential([*stack, layers.Dense(2, name="logits")])


def own_layers():
    stack = [RegisteredBlock(name="first"), RegisteredBlock(name="second")]
    return keras.Sequential([keras.Input((8,)), *stack, layers.Dense(2, name="logits")])


def reused():
    return transfer(two_blocks(), cut=1, head=2, verify=False)


# The trained model, the arguments of `transfer`, and the last layer that is static ("" for none).
CASES = {
    "static": (augmentation, {"head": 3}, "flatten"),
    "static_trunk_alone": (augmentation, {}, "flatten"),
    "partly_static_augmentation": (augmentation, {"freeze": "dropout", "head": 3}, "dropout"),
    "nested_partly_static": (nested_twice, {"freeze": "stem", "head": 3}, "stem"),
    "partly_static": (two_blocks, {"freeze": "dropout_0", "head": 3}, "dropout_0"),
    "partly_static_live_norm": (
        two_blocks,
        {"freeze": "dropout_0", "batchnorm": "train", "head": 3},
        "dropout_0",
    ),
    "fine_tuned": (two_blocks, {"freeze": False, "head": 3}, ""),
    "transferred_twice": (reused, {"head": 3}, "trunk"),
    "registered_static": (own_layers, {"head": 3}, "second"),
    "registered_partly_static": (own_layers, {"freeze": "first", "head": 3}, "first"),
    "registered_fine_tuned": (own_layers, {"freeze": False, "head": 3}, ""),
    "registered_fine_tuned_trunk_alone": (own_layers, {"freeze": False}, ""),
}
if keras.backend.backend() == "tensorflow":
    CASES["vocabularies"] = (strings, {"head": 3}, "both")


def save(folder, name):
    """One case: the model, and what the other process compares it with."""
    build, arguments, last_static = CASES[name]
    model = transfer(randomised(build()), cut=1, verify=False, **arguments)
    model.save(folder / f"{name}.keras")
    batch = random_batch(model)
    np.savez(
        folder / f"{name}.npz",
        outputs=as_numpy(model(batch, training=False)),
        trainable=paths(model.trainable_variables),
        live=live_weights(model),
        last_static=last_static,
        cloneable=name != "vocabularies",  # Keras clones no vocabulary
        labels=[0, 2],
        **stored(model, batch),
    )


def live_weights(model):
    """The paths of all that training may change, statistics of BatchNormalization included."""
    live = [part for part in parts_of(model) if part.trainable]
    return [weight.path for part in live for weight in part.weights if part._layers == []]


@pytest.mark.slow
def test_another_process_finds_the_same_models(tmp_path):
    for name in CASES:
        save(tmp_path, name)
    python_path = os.pathsep.join([str(TESTS), os.environ["PYTHONPATH"]])
    subprocess.run(
        [sys.executable, TESTS / "_reloaded.py", tmp_path, *CASES],
        env=os.environ | {"PYTHONPATH": python_path},
        check=True,
    )
