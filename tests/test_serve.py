"""`examples/serve.py` in a process of its own: what it answers, and what it refuses."""

import asyncio
import base64
import importlib.util
import itertools
import json
import os
import re
import shutil
import time
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _processes import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.backend("tensorflow", reason="the server needs no Keras: one backend is enough"),
]
for package in ("fastapi", "uvicorn", "prometheus_client"):
    pytest.importorskip(package)

HELPERS = Path(__file__).parents[1] / "benchmarks" / "_server.py"
PATH = "/v1/models/hair:predict"
CLASSES = ["black", "brown", "grey"]
LIMITS = ("--max-body", "20000", "--max-rows", "8", "--poll-seconds", "0.1")


@pytest.fixture(scope="module")
def server():
    spec = importlib.util.spec_from_file_location("_server", HELPERS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    parts = [layers.Flatten(), layers.Dense(6, "relu", name="hidden"), layers.Dense(2)]
    trained = keras.Sequential([keras.Input((4, 4, 3), name="image"), *parts])
    return keras_mtl.transfer(trained, 1, head=keras_mtl.Head(classes=CLASSES, name="hair"))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    place = tmp_path_factory.mktemp("served") / "hair"
    keras_mtl.export(model, place, version="next")
    return place


@pytest.fixture(scope="module")
def running(server, folder):
    with server.serving({"hair": folder}, *LIMITS) as (port, process):
        yield port, process


def ask(server, port, path, body, *headers):
    async def ask():
        client = server.Client(port)
        status, content = await client.ask(server.post(path, body, *headers))
        await client.close()
        return status, json.loads(content)

    return asyncio.run(ask())


def rows(count, seed=0):
    return np.random.default_rng(seed).uniform(size=(count, 4, 4, 3)).astype("float32")


def test_the_answers_of_the_model(server, running, model):
    port, _ = running
    x = rows(5)
    expected = model.predict(x, verbose=0)
    status, answer = ask(server, port, PATH, {"instances": x.tolist()})
    assert status == 200 and answer["predictions"] == pytest.approx(expected, abs=1e-5)
    for form in (x.tolist(), {"image": x.tolist()}):
        given = {"signature_name": "hair", "inputs": form}
        status, answer = ask(server, port, PATH, given)
        assert status == 200 and answer["outputs"] == pytest.approx(expected, abs=1e-5)
    named = {"signature_name": "serving_default", "instances": [{"image": x[0].tolist()}]}
    assert ask(server, port, PATH, named)[1]["predictions"] == pytest.approx(expected[:1], abs=1e-5)
    status, answer = ask(server, port, "/v1/models/hair:classify", {"examples": x.tolist()})
    assert (
        status == 200 and [[name for name, _ in row] for row in answer["result"]] == [CLASSES] * 5
    )
    assert [[p for _, p in row] for row in answer["result"]] == pytest.approx(expected, abs=1e-5)


def test_what_tools_ask_for(server, running):
    port, _ = running
    status = json.loads(server.fetch(port, "/v1/models/hair"))["model_version_status"][0]
    assert status["state"] == "AVAILABLE" and status["status"]["error_code"] == "OK"
    told = json.loads(server.fetch(port, "/v1/models/hair/metadata"))["metadata"]
    assert told["inputs"] == {"image": {"dtype": "float32", "shape": [None, 4, 4, 3]}}
    assert told["outputs"]["hair"]["classes"] == CLASSES
    assert server.fetch(port, "/health") == "ok\n" and server.fetch(port, "/ready") == "ready\n"
    assert 'model_version{model="hair"}' in server.fetch(port, "/metrics")
    assert "Try a picture" in server.fetch(port, "/")


@pytest.mark.parametrize(
    ("path", "body", "expected", "said"),
    [
        (PATH, b"no json", 400, "no JSON"),
        (PATH, {"instances": [[1, 2]]}, 400, r"of the shape \[4, 4, 3\]"),
        (PATH, {"instances": [[["a"] * 4] * 4]}, 400, "no number"),
        (PATH, b'{"instances": [NaN]}', 400, "no NaN"),
        (PATH, {"instances": rows(1).tolist(), "signature_name": "age"}, 400, "'hair'"),
        (PATH, {"instances": rows(9).tolist()}, 413, "at most 8 rows"),
        (PATH, {"instances": rows(100).tolist()}, 413, "at most 20,000 bytes"),
        (PATH.replace("hair", "hiar"), {"instances": []}, 404, "hiar"),
        (PATH.replace("predict", "train"), {"instances": []}, 404, "train"),
        ("/v1/models/hair/versions/77:predict", {"instances": []}, 404, "77"),
        (PATH, {"instances": []}, 400, "There are no rows"),
        (PATH, {}, 400, "`instances`"),
    ],
)
def test_refusals_say_why(server, running, path, body, expected, said):
    status, answer = ask(server, running[0], path, body)
    assert status == expected and re.search(said, answer["error"])


def test_malformed_requests_are_no_error_of_the_server_and_keep_no_memory(server, running):
    port, process = running
    good = {"instances": rows(1).tolist()}
    requests = server.malformed("hair", good, max_body=20_000)
    asyncio.run(server.ask_all(port, itertools.islice(requests, 300)))
    before = server.resident(process)
    statuses = Counter(asyncio.run(server.ask_all(port, itertools.islice(requests, 300))))
    assert set(statuses) <= {400, 404, 405, 413, server.GONE}, statuses
    assert server.resident(process) - before < 20 * 2**20
    assert ask(server, port, PATH, good)[0] == 200


def test_requests_at_once_share_batches_and_get_their_own_answers(server, running, model):
    port, _ = running
    x = rows(60, seed=1)
    expected = model.predict(x, verbose=0)

    async def one(index):
        client = server.Client(port)
        request = server.post(PATH, {"instances": x[index : index + 1].tolist()})
        answers = [await client.ask(request) for _ in range(3)]
        await client.close()
        return answers

    async def all_at_once():
        return await asyncio.gather(*map(one, range(len(x))))

    for index, answers in enumerate(asyncio.run(all_at_once())):
        for status, body in answers:
            assert status == 200
            assert json.loads(body)["predictions"] == pytest.approx(
                expected[index : index + 1], abs=1e-5
            )
    metrics = server.fetch(port, "/metrics")
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("batch"))
    batches = float(values['batch_rows_count{model="hair"}'])
    assert batches < float(values['batch_rows_sum{model="hair"}'])


def test_a_new_version_comes_without_a_lost_request(server, running, folder):
    port, _ = running
    request = server.post(PATH, {"instances": rows(1).tolist()})

    async def ask_while_it_comes():
        until = asyncio.Event()
        asking = asyncio.create_task(server.load(port, request, 8, until=until))
        await asyncio.sleep(0.5)
        shutil.copytree(folder / "1", folder / ".unfinished")
        (folder / ".unfinished").rename(folder / "2")
        (folder / "3").mkdir()
        (folder / "3" / "manifest.json").write_text("{}")  # A version that cannot be loaded.
        await asyncio.to_thread(until_told, server, port, "2", "AVAILABLE")
        await asyncio.sleep(0.5)
        until.set()
        return (await asking)[1]

    statuses = asyncio.run(ask_while_it_comes())
    assert set(statuses) == {200} and len(statuses) > 20
    until_told(server, port, "3", "END")
    states = json.loads(server.fetch(port, "/v1/models/hair"))["model_version_status"]
    assert [(one["version"], one["state"]) for one in states] == [("3", "END"), ("2", "AVAILABLE")]
    assert "manifest" in states[0]["status"]["error_message"]
    (folder / "3" / "manifest.json").unlink()  # Now it comes whole.
    shutil.copytree(folder / "1", folder / "3", dirs_exist_ok=True)
    until_told(server, port, "3", "AVAILABLE")


def until_told(server, port, version, state):
    for _ in range(600):
        told = json.loads(server.fetch(port, "/v1/models/hair"))["model_version_status"]
        if any((one["version"], one["state"]) == (version, state) for one in told):
            return
        time.sleep(0.1)
    raise AssertionError(told)


def test_a_full_queue_tells_clients_to_come_back(server, folder):
    limits = ("--max-rows", "1", "--max-queued", "1")
    request = server.post(PATH, {"instances": rows(1).tolist()})
    with server.serving({"hair": folder}, *limits) as (port, _):
        _, statuses = asyncio.run(server.load(port, request, 32, requests=320))
    assert set(statuses) == {200, 429}


def test_encoded_pictures_one_of_which_is_none(server, model, tmp_path):
    keras_mtl.export(model, tmp_path / "hair", preprocess=["decode"])
    keras.utils.save_img(tmp_path / "a.png", rows(1)[0])
    good = base64.b64encode((tmp_path / "a.png").read_bytes()).decode()
    bad = base64.b64encode(b"no picture").decode()
    bodies = [{"instances": [{"b64": one}]} for one in [good, bad] * 8]

    async def ask_at_once(port):
        async def one(body):
            client = server.Client(port)
            status, _ = await client.ask(server.post(PATH, body))
            await client.close()
            return status

        return await asyncio.gather(*map(one, bodies))

    with server.serving({"hair": tmp_path / "hair"}) as (port, _):
        assert asyncio.run(ask_at_once(port)) == [200, 400] * 8


def test_the_page_shows_what_the_model_says_of_a_picture(server, running, model, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not on the path.")
    pixels = np.random.default_rng(3).integers(256, size=(4, 4, 3)).astype("float32")
    keras.utils.save_img(tmp_path / "a.png", pixels, scale=False)
    expected = model.predict(pixels[None], verbose=0)[0]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{running[0]}/", timeout=PATIENCE)
        page.set_input_files("#file", tmp_path / "a.png")
        page.wait_for_selector("table")
        shown = [row.inner_text().split() for row in page.locator("tr").all()]
        assert [name for name, _ in shown] == [CLASSES[place] for place in np.argsort(-expected)]
        scores = [float(score) for _, score in shown]
        assert scores == pytest.approx(np.sort(expected)[::-1], abs=2e-3)
        browser.close()
