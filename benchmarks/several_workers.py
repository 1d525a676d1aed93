"""Two workers of one core each against one process of one core, on the same batches of a CNN whose
step computes for 50 ms or more: steps a second, at least 1.6 times as many.

    python benchmarks/several_workers.py

The processes are on 127.0.0.1 and train in turn, epoch by epoch. The losses of both ways are
compared as well. `--batch-size` makes steps longer, `--cores` names the two cores.

Cores share their memory and caches, so twice as many steps a second may be out of reach. The limit
is measured in the same run: two processes with half of each batch that know nothing of each other.
"""

import json
import os
import statistics
import subprocess
import sys
import time

from _workers import environment, free_ports, parsed, strategy


def network():
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64, "relu"),
        ]
    )


def train(arguments):
    """One process: an epoch for each line on its standard input; the seconds are printed."""
    os.sched_setaffinity(0, {arguments.core})
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    made_for = strategy()
    import keras
    import numpy as np

    from keras_mtl import MultiTaskModel

    with made_for.scope():
        keras.utils.set_random_seed(0)
        model = MultiTaskModel(network(), {"first": 10, "second": 2})
        model.compile(keras.optimizers.SGD(0.01))
    rows = arguments.steps * arguments.batch_size
    x = np.random.default_rng(0).random((rows, 32, 32, 3), dtype="float32")
    data = {"first": (x[: rows // 2], np.arange(rows // 2) % 10)}
    data["second"] = (x[rows // 2 :], np.arange(rows // 2) % 2)
    for _ in sys.stdin:
        start = time.perf_counter()
        history = model.fit(data, batch_size=arguments.batch_size, seed=0, verbose=0)
        seconds = time.perf_counter() - start
        print(json.dumps([seconds, history.history["loss"][-1]]), flush=True)


def started(core, steps, batch_size, index=0, ports=()):
    options = {"--core": core, "--steps": steps, "--batch-size": batch_size}
    call = [sys.executable, __file__, *(f"{name}={value}" for name, value in options.items())]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(call, env=environment(index, ports), **pipes)


def epoch(processes):
    """Let some processes train an epoch; the seconds of the slowest, and the loss."""
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    found = [json.loads(one.stdout.readline()) for one in processes]
    return max(seconds for seconds, _ in found), found[0][1]


def compare(runs, steps, batch_size, cores):
    ports = free_ports(2)
    alone = [started(cores[0], steps, batch_size)]
    workers = [started(core, steps, batch_size, index, ports) for index, core in enumerate(cores)]
    strangers = [started(core, steps, batch_size // 2) for core in cores]
    try:
        epochs = []
        for run in range(runs + 1):
            one, two, limit = epoch(alone), epoch(workers), epoch(strangers)
            print(f"epoch {run}: one {one[0]:.2f} s, two {two[0]:.2f} s, losses", one[1], two[1])
            if run:  # The first one compiles.
                epochs.append((one[0], two[0], limit[0]))
    finally:
        for process in (*alone, *workers, *strangers):
            process.stdin.close()
            process.kill()
    milliseconds = [1000 * statistics.median(way) / steps for way in zip(*epochs, strict=True)]
    print("ms a step: one process {:.0f}, two workers {:.0f}, limit {:.0f}".format(*milliseconds))
    print(f"limit: {statistics.median(one / limit for one, _, limit in epochs):.2f}")
    print(f"ratio: {statistics.median(one / two for one, two, _ in epochs):.2f}")


if __name__ == "__main__":
    given = parsed(
        __doc__,
        {
            "--runs": {"type": int, "default": 5},
            "--steps": {"type": int, "default": 100},
            "--batch-size": {"type": int, "default": 64},
            "--cores": {"type": int, "nargs": 2, "default": [0, 1]},
        },
        {"--core": {"type": int}},
    )
    if given.core is None:
        compare(given.runs, given.steps, given.batch_size, given.cores)
    else:
        train(given)
