"""What features of a million pictures cost with 1 to 100 processes, from constants measured here.

All are seconds of a processor core, which other processes of the machine hardly change.

Measured: to start a process with the model, to run MobileNetV2 (96 px) over a picture, to decode a
picture of that size (JPEG), to hash its pixels, to write its features with their checksum, and to
read and check them again. The table is computed from these, as the guide says: nothing of it runs
on 100 machines.

    python benchmarks/feature_costs.py [--pictures 512]
"""

import argparse
import io
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import keras
import numpy as np
from PIL import Image

import keras_mtl
from keras_mtl.caching.shard_data import digest_of_inputs
from keras_mtl.caching.storage.file_store import FileStore, FileWriter

SIDE, FEATURES, BATCH, MILLION = 96, 1280, 32, 1_000_000
START = "import keras, keras_mtl; keras.applications.MobileNetV2((96, 96, 3), weights=None)"


def seconds(work, times=5):
    """The median of several runs, after one that is not counted."""
    taken = []
    for _ in range(times + 1):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken[1:])


def of_trunk(pictures):
    """Seconds a picture, and seconds until the first batch is done."""
    trained = keras.applications.MobileNetV2((SIDE, SIDE, 3), weights=None, classes=10)
    model = keras_mtl.transfer(trained, 1, head=10, verify=False)
    taken = []
    for count in (BATCH, pictures):
        x = np.random.default_rng(0).integers(256, size=(count, SIDE, SIDE, 3)).astype("uint8")
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            keras_mtl.compute_features(model, x, folder, (0, 1), verbose=0)
            taken.append(time.process_time() - start)
    first, all_of_them = taken
    return (all_of_them - first) / (pictures - BATCH), first


def of_decoding():
    picture = np.random.default_rng(0).integers(256, size=(12, 12, 3)).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "jpeg")
    return seconds(lambda: [np.asarray(Image.open(file)) for _ in range(100)]) / 100


def of_hashing():
    x = np.random.default_rng(0).integers(256, size=(BATCH, SIDE, SIDE, 3)).astype("uint8")
    return seconds(lambda: [digest_of_inputs(x) for _ in range(100)]) / (100 * BATCH)


def of_files():
    """Seconds to write the features of a picture, and to read and check them."""
    batch = [np.random.default_rng(0).normal(size=(BATCH, FEATURES)).astype("float32")]
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))

        def write():
            path = Path(folder, str(next(numbers)))
            path.mkdir()
            writer = FileWriter(path)
            for _ in range(500):
                writer.append(batch)
            writer.close()

        writing = seconds(write)
        reading = seconds(lambda: FileStore.open(Path(folder, "0")))
    return writing / (500 * BATCH), reading / (500 * BATCH)


def main(pictures):
    subprocess.run([sys.executable, "-c", START], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = used.ru_utime + used.ru_stime
    trunk, first = of_trunk(pictures)
    decode, digest = of_decoding(), of_hashing()
    write, read = of_files()
    print(f"start of a process: {begin:.1f} s, and {first:.1f} s until its first batch is done")
    for what, cost in [
        ("the frozen layers", trunk),
        ("decoding (JPEG)", decode),
        ("hashing the pixels", digest),
        ("writing features", write),
        ("reading and checking features", read),
    ]:
        print(f"{what}: {1e6 * cost:.1f} microseconds a picture")
    print("processes of one core, minutes: arrays or numbered rows; a stream that all read through")
    for count in (1, 2, 4, 10, 30, 100):
        numbered = begin + first + MILLION / count * (trunk + decode + digest + write)
        through = numbered + MILLION * (1 - 1 / count) * decode
        print(f"{count:4d}  {numbered / 60:7.1f}  {through / 60:7.1f}")
    arrays, stream = MILLION * (digest + read), MILLION * (decode + digest + read)
    print(f"before a training, one process: arrays {arrays:.0f} s, a stream {stream:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=512)
    main(parser.parse_args().pictures)
