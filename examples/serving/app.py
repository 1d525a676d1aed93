"""The routes: those of TensorFlow Serving, health, metrics, and a page."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .limits import Refused, read_body
from .metrics import Metrics
from .versions import Versions
from .wire import classifications, predictions, read_question

PAGE = Path(__file__).with_name("page.html")
DEFAULTS = {"serving_default", "serve"}
GONE = 499
"""The code in the metrics of requests whose client has gone before they had arrived."""


def make_app(folders, limits):
    """Return the app that serves the models in some folders, by name."""
    metrics = Metrics()
    models = {}

    @contextlib.asynccontextmanager
    async def lifespan(app):
        models.update(
            {name: Versions(folder, limits, metrics.of(name)) for name, folder in folders.items()}
        )
        watching = [asyncio.create_task(one.watch()) for one in models.values()]
        yield
        for task in watching:
            task.cancel()
        for one in models.values():
            await one.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(HTTPException)
    async def unknown(request, error):
        return _json({"error": str(error.detail)}, error.status_code)

    @app.get("/health")
    async def health():
        return Response("ok\n")

    @app.get("/ready")
    async def ready():
        missing = [name for name, one in models.items() if one.current is None]
        return Response("ready\n") if not missing else Response(f"loading {missing}\n", 503)

    @app.get("/metrics")
    async def exposed():
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/")
    async def page():
        return HTMLResponse(
            PAGE.read_text(encoding="utf-8").replace("{{models}}", _described(models))
        )

    @app.get("/v1/models/{name}")
    @app.get("/v1/models/{name}/versions/{version}")
    async def status(name: str, version: str | None = None):
        return _told(lambda: _status(_model(models, name), version))

    @app.get("/v1/models/{name}/metadata")
    @app.get("/v1/models/{name}/versions/{version}/metadata")
    async def metadata(name: str, version: str | None = None):
        return _told(lambda: _metadata(name, _version(_model(models, name), version)))

    @app.post("/v1/models/{name}:{method}")
    @app.post("/v1/models/{name}/versions/{version}:{method}")
    async def ask(request: Request, name: str, method: str, version: str | None = None):
        start = time.perf_counter()
        known = name if name in models else "unknown"
        try:
            body = await read_body(request, limits)
            answer = await _answer(_version(_model(models, name), version), method, body, limits)
            response = _json(answer)
        except Refused as error:
            response = _refused(error)
        except ClientDisconnect:
            metrics.requests.labels(known, method, GONE).inc()
            return Response(status_code=400)
        named = method if method in METHODS else "unknown"
        metrics.requests.labels(known, named, response.status_code).inc()
        metrics.seconds.labels(known).observe(time.perf_counter() - start)
        return response

    return app


async def _answer(version, method, body, limits):
    if method not in METHODS:
        raise Refused(404, f"The methods are {', '.join(METHODS)}. Received: {method!r}.")
    values = "instances" if method == "predict" else "examples"
    question = read_question(body, version.inputs, limits.max_rows, values)
    outputs = {one.name: one for one in version.loaded.outputs}
    task = None if question.signature in {None, *DEFAULTS} - set(outputs) else question.signature
    if task is not None and task not in outputs:
        raise Refused(400, f"`signature_name` is one of {list(outputs)}. Received: {task!r}.")
    if method == "predict":
        answers = await version.answer(task, question.arrays, question.rows)
        return predictions(answers, question.by_row)
    task = task or (next(iter(outputs)) if len(outputs) == 1 else None)
    if task is None:
        raise Refused(400, f"`signature_name` is one of {list(outputs)}.")
    if outputs[task].decoding is None:
        raise Refused(400, f"`{task}` has no classes; `:predict` gives its numbers.")
    answers = await version.answer(task, question.arrays, question.rows)
    return classifications(answers[task], outputs[task].classes)


METHODS = ("predict", "classify")


def _model(models, name):
    if name not in models:
        raise Refused(404, f"The models are {list(models)}. Received: {name!r}.")
    return models[name]


def _version(model, number):
    current = model.current
    if current is None:
        raise Refused(503, "The model is being loaded.")
    if number is not None and number != str(current.number):
        raise Refused(404, f"The version that serves is {current.number}. Received: {number!r}.")
    return current


def _status(model, number):
    states = model.states
    if number is not None:
        states = {one: state for one, state in states.items() if str(one) == number}
        if not states:
            raise Refused(404, f"There is no version {number!r}.")
    return {
        "model_version_status": [
            {
                "version": str(one),
                "state": state,
                "status": {"error_code": "UNKNOWN" if why else "OK", "error_message": why},
            }
            for one, (state, why) in sorted(states.items(), reverse=True)
        ]
    }


def _metadata(name, version):
    inputs = {
        one.name: {"dtype": one.dtype, "shape": list(one.shape)} for one in version.loaded.inputs
    }
    outputs = {
        one.name: {"dtype": one.dtype, "shape": list(one.shape), "classes": _names(one)}
        for one in version.loaded.outputs
    }
    spec = {"name": name, "version": str(version.number)}
    return {"model_spec": spec, "metadata": {"inputs": inputs, "outputs": outputs}}


def _names(output):
    return None if output.classes is None else [str(one) for one in output.classes]


def _described(models):
    """Return what the page needs of the models, as JSON that no tag can end."""
    ready = {name: one.current for name, one in models.items() if one.current is not None}
    described = [_metadata(name, version) for name, version in ready.items()]
    return json.dumps(described).replace("<", "\\u003c")


def _told(tell):
    try:
        return _json(tell())
    except Refused as error:
        return _refused(error)


def _refused(error):
    # What is too large was not read to its end: the rest of it must not be taken for a request.
    headers = {429: {"Retry-After": "1"}, 413: {"Connection": "close"}}.get(error.status, {})
    return _json({"error": str(error)}, error.status, headers)


def _json(content, status=200, headers=None):
    return Response(json.dumps(content), status, headers, "application/json")
