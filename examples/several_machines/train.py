"""Train two tasks in turn, in one process or in as many as `TF_CONFIG` names.

    python examples/several_machines/train.py --backup backup

The same script runs on one machine and on several: `TF_CONFIG` alone tells them apart. Each process
writes to the folder that it is given only if it is the chief, worker 0.
"""

import argparse
import os

import keras
import tensorflow as tf

import keras_mtl

# First of all: TensorFlow must know the other workers before its first operation.
several = bool(os.environ.get("TF_CONFIG"))
strategy = tf.distribute.MultiWorkerMirroredStrategy() if several else tf.distribute.get_strategy()


def made():
    """The model, with one head for each task."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    trunk = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
        ]
    )
    model = keras_mtl.MultiTaskModel(trunk, {"parity": 2, "digit": 10})
    model.compile(keras.optimizers.Adam(1e-3))
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64, help="rows of all workers together")
    parser.add_argument("--backup", help="a folder from which the same command goes on")
    parser.add_argument("--save", help="a `.keras` file for the trained model")
    arguments = parser.parse_args()

    with strategy.scope():
        model = made()
    history = model.fit(
        keras_mtl.datasets.digits(),
        validation_data=keras_mtl.datasets.digits(split="test"),
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        seed=0,
        backup=arguments.backup,
        verbose=2,
    )
    resolver = strategy.cluster_resolver
    jobs = resolver.cluster_spec().jobs if resolver else []
    first = "chief" if "chief" in jobs else "worker"
    is_chief = not jobs or (resolver.task_type, resolver.task_id) == (first, 0)
    if is_chief and arguments.save:
        model.save(arguments.save)
    if is_chief:
        print({name: round(values[-1], 4) for name, values in history.history.items()})
