"""200,000 rows in 8 shards by 2 processes, one of which is killed: features, memory, training.

Two processes compute every second shard. The second one is killed in the middle of its second
shard; a third process computes what is missing. The features must be equal to the bit to those of
one process, no whole shard may have been touched, and a training on the shards must give the
weights of a training on the cache of one process. Each step is a process of its own, whose largest
resident memory is measured. Printed last: the memory that training on the shards adds to that of a
training on 256 rows, as a fraction of the size of the features.

    python benchmarks/feature_shards.py [--rows 200000] [--shards 8] [--folder FOLDER]
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

INPUTS, FEATURES, CLASSES, BATCH = 64, 1280, 10, 256


def model_and_data(folder, rows=None):
    import keras

    import keras_mtl

    keras.utils.set_random_seed(0)
    layers = keras.layers
    wide = [layers.Dense(size, activation="relu") for size in (256, FEATURES)]
    trained = keras.Sequential([keras.Input((INPUTS,)), *wide, layers.Dense(2)])
    model = keras_mtl.transfer(trained, 1, head=CLASSES, verify=False)
    x, y = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in "xy")
    return model, x[:rows], y[:rows]


def compute(folder, shards, *numbers):
    import keras_mtl

    model, x, _ = model_and_data(folder)
    for shard in [(number, shards) for number in numbers] or [None]:
        found = keras_mtl.compute_features(
            model, x, folder / "shards", shard, batch_size=BATCH, verbose=0
        )
    return {"missing": found.missing}


def train(folder, cache, rows):
    import keras

    import keras_mtl

    model, x, y = model_and_data(folder, rows or None)
    keras.utils.set_random_seed(1)
    keras_mtl.fit_cached(
        model, x, y, epochs=1, batch_size=BATCH, verbose=0, cache=cache and folder / cache
    )
    np.save(folder / f"weights_{cache}_{rows}.npy", model.head.get_weights()[0])
    return {}


def report(work, *arguments):
    start = time.perf_counter()
    result = globals()[work](*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print("REPORT", json.dumps(result | {"seconds": time.perf_counter() - start, "peak": peak}))


def start(work, *arguments):
    line = [sys.executable, __file__, "--work", json.dumps([work, *arguments])]
    return subprocess.Popen([*line, "--folder", os.environ["SHARDS"]], stdout=subprocess.PIPE)


def answer(process):
    out = process.communicate()[0].decode()
    assert process.returncode == 0, out
    return json.loads(out.split("REPORT")[1])


def whole_shards(folder):
    return {path.name: path.stat().st_ino for path in folder.glob("shards/*/0*-of-*[0-9]")}


def features(folder, cache):
    """The rows of features of a cache, read without our code."""
    if cache == "one":
        (file,) = folder.glob("one/*/column_0.bin")
        return np.memmap(file, "float32", "r").reshape(-1, FEATURES)
    files = sorted(folder.glob("shards/*/0*-of-*[0-9]/column_0.bin"))
    return [np.memmap(file, "float32", "r").reshape(-1, FEATURES) for file in files]


def are_equal(folder, rows):
    one, shards = features(folder, "one"), features(folder, "shards")
    for batch in range(-(-rows // BATCH)):
        place, shard = divmod(batch, len(shards))
        size = min(BATCH, rows - BATCH * batch)
        part = shards[shard][BATCH * place : BATCH * place + size]
        if not np.array_equal(part, one[BATCH * batch : BATCH * batch + size]):
            return False
    return True


def main(rows, shards, folder):
    os.environ["SHARDS"] = str(folder)
    generator = np.random.default_rng(0)
    np.save(folder / "x.npy", generator.normal(size=(rows, INPUTS)).astype("float32"))
    np.save(folder / "y.npy", generator.integers(CLASSES, size=rows))
    first = start("compute", shards, *range(0, shards, 2))
    second = start("compute", shards, *range(1, shards, 2))
    unfinished = f"shards/*/{3:05d}-of-*.partial/column_0.bin"
    while not any(path.stat().st_size for path in folder.glob(unfinished)):
        time.sleep(0.01)
    second.send_signal(signal.SIGKILL)
    second.wait()
    told = answer(first)
    print(f"first process: {told['seconds']:.1f} s, peak {told['peak']:.0f} MB")
    before = whole_shards(folder)
    print(f"after the kill: {len(before)} of {shards} shards, missing {told['missing']}")
    told = answer(start("compute", shards))
    print(f"the rest: {told['seconds']:.1f} s, peak {told['peak']:.0f} MB, {told['missing']} left")
    after = whole_shards(folder)
    print(f"whole shards that were touched: {sum(after[n] != i for n, i in before.items())}")
    print(f"unfinished folders left: {len(list(folder.glob('shards/*/*.partial')))}")
    small = answer(start("train", "memory", BATCH))
    one = answer(start("train", "one", 0))
    again = answer(start("train", "one", 0))
    sharded = answer(start("train", "shards", 0))
    print(f"training, 256 rows: peak {small['peak']:.0f} MB")
    print(
        f"training, cache of one process: {one['seconds']:.1f} s with the pass, "
        f"{again['seconds']:.1f} s without, peak {again['peak']:.0f} MB"
    )
    print(f"training, shards: {sharded['seconds']:.1f} s, peak {sharded['peak']:.0f} MB")
    print(f"features equal to the bit: {are_equal(folder, rows)}")
    weights = [np.load(folder / f"weights_{cache}_0.npy") for cache in ("one", "shards")]
    print(f"largest difference of a weight: {np.abs(weights[0] - weights[1]).max():.1e}")
    size = rows * FEATURES * 4 / 1e6
    print(
        f"features: {size:.0f} MB; memory added by training on their shards, as a fraction: "
        f"{(sharded['peak'] - small['peak']) / size:.2f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--folder", help="where files are written; temporary by default")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work, *rest = json.loads(arguments.work)
        report(work, Path(arguments.folder), *rest)
    else:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as made:
            main(arguments.rows, arguments.shards, Path(made))
