"""Results on standard output, all else on standard error."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import keras_mtl
from keras_mtl.cli.output import note, plain, progress, show


def test_values_that_json_lacks():
    point = keras_mtl.CutPoint("conv", 2, (None, 4), 10, True)
    values = {
        1: math.nan,
        "a": np.float32(2),
        "b": np.arange(2),
        "c": (Path("x"), None),
        "d": point,
    }
    assert json.loads(json.dumps(plain(values))) == {
        "1": None,
        "a": 2.0,
        "b": [0, 1],
        "c": ["x", None],
        "d": {"layer": "conv", "cut": 2, "shape": [None, 4], "params": 10, "weighted": True},
    }
    with pytest.raises(TypeError, match="No JSON for object"):
        plain(object())


def test_results_and_progress_go_apart(capsys):
    with progress() as verbose:
        print("epoch 1")
    note("almost")
    show("a table", {"rows": 1}, as_json=False)
    show("a table", {"rows": "é"}, as_json=True)
    out, err = capsys.readouterr()
    assert verbose == 2  # No terminal here.
    assert err == "epoch 1\nalmost\n"
    first, _, rest = out.partition("\n")
    assert first == "a table" and json.loads(rest) == {"rows": "é"}
