"""Requests and answers in the REST form of TensorFlow Serving.

https://www.tensorflow.org/tfx/serving/api_rest
"""

import base64
import binascii
import json
import math
from typing import Any, NamedTuple

import numpy as np

from .limits import Refused


class Question(NamedTuple):
    """What a request asks for."""

    signature: str | None
    arrays: dict[str, Any]
    rows: int
    by_row: bool
    """Whether the answer has a list of rows, or an array for each output."""


def read_question(body, inputs, max_rows, values="instances"):
    """Return what a body asks for; `values` is the key of the rows."""
    asked = _json(body)
    signature = asked.get("signature_name")
    if signature is not None and not isinstance(signature, str):
        raise Refused(400, "`signature_name` is the name of a task.")
    by_row = values in asked
    if by_row == ("inputs" in asked and values == "instances"):
        raise Refused(400, f"Give {_keys(values)} in a JSON object.")
    given = _by_input(asked[values], inputs) if by_row else _columns(asked["inputs"], inputs)
    arrays = {one.name: _array(given[one.name], one) for one in inputs}
    counts = {name: len(array) for name, array in arrays.items()}
    rows = next(iter(counts.values()))
    if len(set(counts.values())) > 1:
        raise Refused(400, f"All inputs have the same number of rows. Received: {counts}.")
    if rows > max_rows:
        raise Refused(413, f"A request has at most {max_rows} rows. Received: {rows}.")
    return Question(signature, arrays, rows, by_row)


def predictions(outputs, by_row):
    """Return the answer to `:predict`."""
    listed = {name: _plain(output) for name, output in outputs.items()}
    single = len(listed) == 1
    if not by_row:
        return {"outputs": next(iter(listed.values())) if single else listed}
    if single:
        return {"predictions": next(iter(listed.values()))}
    rows = zip(*listed.values(), strict=True)
    return {"predictions": [dict(zip(listed, row, strict=True)) for row in rows]}


def classifications(output, classes):
    """Return the answer to `:classify`: for each row the classes with their scores."""
    flat = output.reshape(len(output), -1)
    if flat.shape[1] == 1:  # Yes or no: the probability of the second class.
        flat = np.concatenate([1 - flat, flat], axis=1)
    names = [str(one) for one in classes or range(flat.shape[1])]
    return {
        "result": [[list(pair) for pair in zip(names, row, strict=True)] for row in _plain(flat)]
    }


def _keys(values):
    return "`instances`, a list of rows, or `inputs`" if values == "instances" else "`examples`"


def _json(body):
    def refuse(name):
        raise Refused(400, f"JSON has no {name}.")

    try:
        asked = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON: {error}") from None
    if not isinstance(asked, dict):
        raise Refused(400, "The body is a JSON object.")
    return asked


def _by_input(rows, inputs):
    if not isinstance(rows, list):
        raise Refused(400, "The rows are a list.")
    names = [one.name for one in inputs]
    if len(names) == 1 and not any(isinstance(row, dict) and "b64" not in row for row in rows):
        return {names[0]: rows}
    for row in rows:
        if not isinstance(row, dict) or set(row) != set(names):
            raise Refused(400, f"Each row is an object with the inputs {names}.")
    return {name: [row[name] for row in rows] for name in names}


def _columns(given, inputs):
    names = [one.name for one in inputs]
    if len(names) == 1 and not (isinstance(given, dict) and "b64" not in given):
        return {names[0]: given if isinstance(given, list) else [given]}
    if not isinstance(given, dict) or set(given) != set(names):
        raise Refused(400, f"`inputs` is an object with {names}.")
    return given


def _array(values, one):
    """Return the rows of an input as an array that fits."""
    if not isinstance(values, list) or not values:
        raise Refused(400, f"There are no rows of `{one.name}`: give a list of them.")
    if one.dtype == "string":
        array = np.empty(len(values), object)
        array[:] = [_text(value, one) for value in values]
        return array.reshape(-1, *([1] * (len(one.shape) - 1)))
    expected = f"`{one.name}` takes {one.dtype} of the shape {list(one.shape[1:])} a row."
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError):  # Rows of different shapes.
        raise Refused(400, f"{expected} Received: rows of different shapes.") from None
    if array.dtype.kind not in "iuf":
        raise Refused(400, f"{expected} Received: what is no number.")
    if not _fits(array.shape, one.shape):
        raise Refused(400, f"{expected} Received: {list(array.shape[1:])}.")
    if not np.isfinite(array).all():
        raise Refused(400, f"{expected} Received: a number that is too large.")
    return _converted(array, one, expected)


def _converted(array, one, expected):
    dtype = np.dtype(one.dtype)
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        whole = (array == np.rint(array)).all()
        if not whole or array.min(initial=0) < bounds.min or array.max(initial=0) > bounds.max:
            raise Refused(400, f"{expected} Received: other numbers.")
    with np.errstate(over="ignore"):
        converted = array.astype(dtype)
    if dtype.kind == "f" and not np.isfinite(converted).all():
        raise Refused(400, f"{expected} Received: a number that is too large.")
    return converted


def _fits(shape, expected):
    sizes = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(want in (None, size) for size, want in sizes)


def _text(value, one):
    if isinstance(value, list) and len(value) == 1 and len(one.shape) > 1:
        value = value[0]
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise Refused(400, f"`{one.name}`: `b64` is no base64.") from None
    if isinstance(value, str):
        return value
    raise Refused(400, f'`{one.name}` takes a text, or {{"b64": ...}} for bytes.')


def _plain(array):
    """Return nested lists; numbers that JSON lacks become null."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return _without_nan(array.tolist())
    if array.dtype == object:
        return [one.decode() if isinstance(one, bytes) else one for one in array.tolist()]
    return array.tolist()


def _without_nan(value):
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return value if math.isfinite(value) else None
