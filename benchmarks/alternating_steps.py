"""Milliseconds a step of alternating training: against Keras's `fit` of one task, and others.

Two tasks of the same size as the single-task model, same batch, per-task loss and accuracy
tracked. Usage: `python benchmarks/alternating_steps.py [cnn | mlp]`. The loop in PyTorch needs
`pip install torch`; it is left out where torch is not installed.
"""

import importlib.util
import os
import statistics
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# torch's idle threads would spin, and take the cores from TensorFlow in the same process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import keras
import numpy as np
import tensorflow as tf
from _bare_loop import bare_loop
from _paired import compare, timed

import keras_mtl

BATCH = 64
STEPS = 200
ROWS = BATCH * STEPS
SHAPES = {"cnn": (28, 28, 1), "mlp": (784,)}


def trunk(kind):
    layers = keras.layers
    if kind == "mlp":
        return keras.Sequential([keras.Input((784,)), layers.Dense(64, "relu")])
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, "relu"),
        ]
    )


def single(kind, **compile_arguments):
    model = keras.Sequential([trunk(kind), keras.layers.Dense(10, "softmax")])
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"], **compile_arguments)
    return model


def arrays(kind, rows=ROWS):
    generator = np.random.default_rng(0)
    x = generator.random((rows, *SHAPES[kind]), dtype=np.float32)
    return x, generator.integers(10, size=rows)


def as_dataset(x, y):
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    return dataset.shuffle(len(x)).batch(BATCH).prefetch(tf.data.AUTOTUNE)


def halves(x, y, wrap=lambda *data: data):
    """The data of two tasks, which together have as many rows."""
    half = len(x) // 2
    return {"a": wrap(x[:half], y[:half]), "b": wrap(x[half:], y[half:])}


def fitted(model, data, **arguments):
    return lambda: model.fit(data, epochs=1, verbose=0, **arguments)


def train_on_batches(kind, x, y):
    """Two models on one trunk, in turn, as people write it today."""
    shared = trunk(kind)
    models = []
    for _ in range(2):
        model = keras.Sequential([shared, keras.layers.Dense(10, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        models.append(model)

    def run():
        order = np.random.permutation(len(x)).reshape(STEPS, BATCH)
        for step, rows in enumerate(order):
            models[step % 2].train_on_batch(x[rows], y[rows])

    return run


def torch_loop(kind, x, y):
    """The loop that a PyTorch user writes: shuffled, loss and accuracy of each task tracked."""
    import torch
    from torch import nn

    torch.set_num_threads(os.cpu_count() or 1)
    if kind == "mlp":
        body = nn.Sequential(nn.Linear(784, 64), nn.ReLU())
    else:
        x = x.transpose(0, 3, 1, 2)
        body = nn.Sequential(
            *(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(800, 64), nn.ReLU()),
        )
    heads = [nn.Linear(64, 10) for _ in range(2)]
    optimizers = [torch.optim.Adam([*body.parameters(), *head.parameters()]) for head in heads]
    inputs, labels = torch.tensor(np.ascontiguousarray(x)), torch.tensor(y)
    loss_of = nn.CrossEntropyLoss()

    def run():
        order = torch.randperm(len(inputs)).reshape(STEPS, BATCH)
        losses, correct = torch.zeros(2), torch.zeros(2)
        for step, rows in enumerate(order):
            task = step % 2
            target = labels[rows]
            logits = heads[task](body(inputs[rows]))
            loss = loss_of(logits, target)
            optimizers[task].zero_grad()
            loss.backward()
            optimizers[task].step()
            losses[task] += loss.detach()
            correct[task] += (logits.argmax(1) == target).sum()

    return run


def against_others(kind):
    x, y = arrays(kind)
    ours = fitted(
        keras_mtl.MultiTaskModel(trunk(kind), {"a": 10, "b": 10}), halves(x, y), batch_size=BATCH
    )
    by_32 = single(kind, steps_per_execution=32)
    print(f"== {kind}, {STEPS} steps of {BATCH} rows")
    peers = {
        "two tasks by train_on_batch in turn": train_on_batches(kind, x, y),
        "fit of one task, steps_per_execution=32": lambda: by_32.fit(
            x, y, batch_size=BATCH, verbose=0
        ),
        "the bare arithmetic in TensorFlow": bare_loop(trunk(kind), x, y, BATCH),
    }
    if importlib.util.find_spec("torch"):
        peers["PyTorch loop, two tasks in turn"] = torch_loop(kind, x, y)
    for name, peer in peers.items():
        compare("ours, arrays", ours, name, peer)
    model = single(kind)
    dataset = as_dataset(x, y)
    streams = keras_mtl.MultiTaskModel(trunk(kind), {"a": 10, "b": 10})
    compare(
        "ours, tf.data",
        fitted(streams, halves(x, y, as_dataset)),
        "fit of one task, tf.data",
        lambda: model.fit(dataset, verbose=0),
    )
    compare(
        "ours, arrays",
        ours,
        "fit of one task, arrays",
        lambda: model.fit(x, y, batch_size=BATCH, verbose=0),
    )


def against_number_of_tasks(kind):
    x, y = arrays(kind, ROWS // 2)
    first = None
    for tasks in (2, 8, 32):
        model = keras_mtl.MultiTaskModel(trunk(kind), {f"task{i}": 10 for i in range(tasks)})
        rows = len(x) // tasks // BATCH * BATCH
        data = {name: (x[:rows], y[:rows]) for name in model.tasks}
        run = fitted(model, data, batch_size=BATCH)
        traced = timed(run)
        steps = rows // BATCH * tasks
        step = statistics.median(timed(run) for _ in range(5)) / steps * 1e3
        first = first or step
        print(f"{tasks} tasks: {step:.2f} ms a step, first epoch {traced:.1f} s")
    print(f"32 tasks / 2 tasks: {step / first:.2f}")


def joint(kind):
    x, y = arrays(kind, ROWS // 2)
    models = {
        n: keras_mtl.MultiTaskModel(trunk(kind), {f"t{i}": 10 for i in range(n)}) for n in (1, 8)
    }
    runs = {
        n: fitted(model, (x, dict.fromkeys(model.tasks, y)), batch_size=BATCH)
        for n, model in models.items()
    }
    compare("8 heads, jointly", runs[8], "1 head", runs[1])


if __name__ == "__main__":
    for kind in sys.argv[1:] or ("mlp", "cnn"):
        against_number_of_tasks(kind)
        joint(kind)
        against_others(kind)
