"""`examples/serve.py` under load from another process, against calling the SavedModel one by one.

Pictures of 96 x 96 as JPEG, through a MobileNetV2. Target: twice the requests a second at 32
clients; no request lost while a version changes; no error 500 of 1,000 malformed requests, and no
memory kept.
"""

import asyncio
import base64
import io
import itertools
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from _server import ask_all, fetch, load, malformed, post, resident, serving
from PIL import Image

import keras_mtl

SIZE, CLIENTS, ROUNDS = 96, 32, 3
MAX_BODY = 2**20


def exported(folder):
    keras.utils.set_random_seed(0)
    shape = (SIZE, SIZE, 3)
    trained = keras.applications.MobileNetV2(shape, alpha=0.35, weights=None, classes=2)
    head = keras_mtl.Head(classes=["black", "blond", "brown", "grey"], name="hair")
    model = keras_mtl.transfer(trained, cut=1, head=head)
    return keras_mtl.export(model, folder, version=1, preprocess=["decode"])


def picture():
    pixels = np.random.default_rng(0).integers(256, size=(12, 12, 3)).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def one_by_one(path, encoded, calls):
    """Requests a second of a loop over the SavedModel."""
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    name = next(iter(signature.structured_input_signature[1]))
    signature(**{name: tf.constant([encoded])})
    start = time.perf_counter()
    for _ in range(calls):
        signature(**{name: tf.constant([encoded])})
    return calls / (time.perf_counter() - start)


def under_load(port, request, clients, requests):
    start = time.perf_counter()
    seconds, statuses = asyncio.run(load(port, request, clients, requests=requests))
    assert set(statuses) == {200}, Counter(statuses)
    middle, last = np.percentile(seconds, [50, 99]) * 1000
    rate = requests / (time.perf_counter() - start)
    print(f"{clients:2} clients: {rate:6.1f} a second; {middle:.1f} ms, 99% within {last:.1f} ms")
    return rate


def until_available(port, number):
    """Wait until a version serves."""
    end = time.monotonic() + 120
    while f'"version": "{number}", "state": "AVAILABLE"' not in fetch(port, "/v1/models/hair"):
        assert time.monotonic() < end, fetch(port, "/v1/models/hair")
        time.sleep(0.5)


async def while_versions_change(port, request, path):
    """Ask with all clients while two further versions come."""
    until = asyncio.Event()
    asking = asyncio.create_task(load(port, request, CLIENTS, until=until))
    for number in (2, 3):
        await asyncio.sleep(3)
        unfinished = path.with_name(".unfinished")
        await asyncio.to_thread(shutil.copytree, path, unfinished)
        unfinished.rename(path.with_name(str(number)))
        await asyncio.to_thread(until_available, port, number)
    await asyncio.sleep(2)
    until.set()
    return (await asking)[1]


def measure(folder):
    path, encoded = exported(folder), picture()
    good = {"instances": [{"b64": base64.b64encode(encoded).decode()}]}
    request = post("/v1/models/hair:predict", good)
    with serving({"hair": folder}, "--max-body", str(MAX_BODY)) as (port, process):
        under_load(port, request, 1, 20)
        ratios = []
        for _ in range(ROUNDS):
            alone = one_by_one(path, encoded, 60)
            print(f"SavedModel, one by one: {alone:6.1f} a second")
            under_load(port, request, 1, 60)
            ratios.append(under_load(port, request, CLIENTS, 640) / alone)
        statuses = asyncio.run(while_versions_change(port, request, path))
        print(f"While versions changed: {dict(Counter(statuses))}")
        bad = malformed("hair", good, max_body=MAX_BODY)
        asyncio.run(ask_all(port, itertools.islice(bad, 200)))
        before = resident(process)
        answers = asyncio.run(ask_all(port, itertools.islice(bad, 1000)))
        grown = (resident(process) - before) / 2**20
        print(f"1,000 malformed requests: {dict(Counter(answers))}; memory {grown:+.1f} MiB")
        assert not any(isinstance(one, int) and one >= 500 for one in answers)
        under_load(port, request, 1, 20)
    print(f"ratio of requests a second at {CLIENTS} clients: {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(measure(Path(temporary, "hair")))
