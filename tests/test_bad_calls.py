"""What a user may get wrong: each call ends in one clear error before any work is done.

Every case is a call of a public name, and what its message says: what was given, what is expected.
"""

import functools
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from keras_mtl.errors import KerasMtlError

NAN, HUGE = float("nan"), 10**30
NEVER = str(Path(tempfile.gettempdir(), "never-written"))
ROWS = np.random.default_rng(0).normal(size=(12, 3))
CLASSES = np.arange(12) % 3


@functools.cache
def trained():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


@functools.cache
def tasks():
    return keras_mtl.MultiTaskModel(trained(), {"sex": 2, "hair": 3})


@functools.cache
def transferred():
    return keras_mtl.transfer(trained(), 1, head=3, verify=False)


def transfer(cut=1, head=3, **arguments):
    return keras_mtl.transfer(trained(), cut=cut, head=head, **arguments)


def from_model(task="sex", heads=None, **arguments):
    heads = {"hair": 5} if heads is None else heads
    return keras_mtl.MultiTaskModel.from_model(trained(), 1, task, heads, **arguments)


def array():
    return np.ones(3)


def tensor():
    return keras.ops.ones(3)


HEADS = {
    keras_mtl.Head: {
        "units": [(HUGE, "at most 2147483647"), (NAN, "whole number"), ("3", "whole number")],
        "hidden": [
            ([HUGE], "at most 2147483647"),
            ([2.0], "positive whole number"),
            (64, r"such as `\[64\]`"),
        ],
        "kind": [("binray", "Did you mean 'binary'"), (tensor, "is one of"), (array, "is one of")],
        "activation": [
            ("rleu", r"in `keras\.activations`.*Received: 'rleu'\. Did you mean 'relu'"),
            (int, r"in `keras\.activations`"),
            (3, r"in `keras\.activations`"),
            ([], r"in `keras\.activations`"),
        ],
        "dropout": [(1, r"in \[0, 1\)"), (NAN, r"in \[0, 1\)"), (HUGE**20, r"in \[0, 1\)")],
        "pooling": [("mean", "is one of"), (tensor, "is one of"), (None, "is one of")],
        "from_logits": [("no", "True or False"), (0, "True or False"), (array, "True or False")],
    }
}
MODELS = {
    keras_mtl.TaskConflicts: {
        "rows": [(0, "`rows`.*positive whole number"), (2.5, "`rows`")],
        "blocks": [(0, "`blocks`.*positive whole number"), ("2", "`blocks`")],
    },
    lambda **given: tasks().compile(**given): {
        "balancer": [
            ("pcgrat", r"no balancer 'pcgrat'.* Did you mean 'PCGrad'"),
            ("bloop", r'needs the name of the main task: pass `.*main="\.\.\."'),
            (keras_mtl.balancing.PCGrad, r"pass `PCGrad\(\.\.\.\)`, not the class"),
            (0.5, r"Received: 0\.5"),
        ],
    },
    lambda **given: keras_mtl.tune_loss_weights(
        **{"model": tasks(), "x": ROWS, "y": {"sex": CLASSES % 2, "hair": CLASSES}, "main": "hair"}
        | given
    ): {
        "model": [(None, "`MultiTaskModel`"), ("net", "Received: `str`")],
        "main": [("hiar", "Did you mean 'hair'"), (None, "names the task None")],
        "helpers": [("hair", "beside the main task"), (["sxe"], "Did you mean 'sex'")],
        "weights": [([NAN], "at least 0"), (3, "list of numbers"), (["tune"], "list of numbers")],
        "metric": [(3, "name of a metric")],
        "steps": [(0, "positive whole number"), (2.5, "whole number")],
        "seeds": [(0, "positive whole number"), ([1], "whole number")],
        "verbose": [(2, "is one of")],
        "validation_data": [(None, "not trained on: pass `validation_data=")],
        "validation_split": [(1, r"in \[0, 1\)")],
    },
    transfer: {
        "cut": [(99, "from 0"), (NAN, "Received: nan"), ("dense_9", "no layer"), ([], "empty")],
        "freeze": [(1, "True, False or the name"), ([True], "True, False or the name")],
        "head": [(2.0, "`head` is None, a number"), ("dense", "`head` is None, a number")],
        "batchnorm": [("static", "Received: 'static'"), (array, "Received"), (tensor, "Received")],
        "augment": [("no", "True or False"), (1, "True or False"), (None, "True or False")],
        "verify": [("no", "True or False"), (0, "True or False"), (array, "True or False")],
        "name": [("a/b", "without `/`"), ("", "without `/`"), (0, "without `/`"), ([], "without")],
    },
    from_model: {
        "task": [(["sex"], "name of a task"), ("", "name of a task"), ("loss", "taken")],
        "heads": [(True, "gives each task its head"), ([5], "gives each task its head")],
        "batchnorm": [(array, "Received"), (0, "Received: 0")],
        "verify": [(None, "True or False"), (tensor, "True or False")],
        "name": [(0, "without `/`"), ("a/b", "without `/`")],
    },
    lambda **name: keras_mtl.MultiTaskModel(trained(), {"sex": 2}, **name): {
        "name": [(0, "without `/`"), ({}, "without `/`")],
        "batchnorm": [(tensor, "Received"), (True, "Received: True")],
    },
    lambda **given: tasks().add_task("age", **given): {
        "head": [(None, "'age' is None"), ("dense", "`head` is None, a number")],
    },
    lambda **given: tasks().task(**given): {
        "name": [("hiar", "Did you mean 'hair'"), (array, "names the task"), (tensor, "names the")],
    },
    lambda **given: tasks().predict(**{"x": ROWS, "verbose": 0} | given): {
        "x": [(None, "`x`"), ([], "no samples"), ({}, "is missing")],
        "task": [(tensor, "names the task"), ("age", "names the task")],
    },
    lambda **given: transferred().predict(**given, verbose=0): {
        "x": [(None, "`x`"), ([], "no samples"), ({}, "is missing")],
    },
    lambda **given: keras_mtl.fit_cached(
        **{"model": transferred(), "x": ROWS, "y": CLASSES} | given
    ): {
        "engine": [("openvno", "Did you mean 'openvino'"), (None, "is one of"), (array, "is one")],
    },
    lambda **given: keras_mtl.probe_cuts(**{"model": trained(), "x": ROWS, "y": CLASSES} | given): {
        "engine": [("onnxrutime", "Did you mean 'onnxruntime'"), (True, "is one of")],
    },
    lambda **given: keras_mtl.FeatureExtractor(trained(), **given).transform(ROWS): {
        "engine": [("kears", "Did you mean 'keras'"), (array, "is one of")],
    },
    lambda **given: keras_mtl.compute_features(
        **{"model": transferred(), "data": ROWS, "cache": NEVER} | given
    ): {
        "shard": [((2, 2), r"from 0 to n - 1.*is \(1, 2\)"), (1, r"`shard` is `\(i, n\)`")],
        "data": [(ROWS[:, :2], "does not fit"), (ROWS[:0], "no samples"), ("x", "`data`")],
        "cache": [("", "path of a folder"), (None, "path of a folder")],
        "batch_size": [(0, "positive whole number"), (8.0, "positive whole number")],
        "verbose": [(3, "is one of"), (None, "is one of")],
    },
    lambda **given: keras_mtl.find_learning_rate(
        **{"model": transferred(), "x": ROWS, "y": CLASSES} | given
    ): {
        "lowest": [(0, "positive number"), (2.0, "smaller than `highest`"), (NAN, "positive")],
        "highest": [(-1, "positive number"), (1e-9, "smaller than `highest`")],
        "steps": [(1, "at least 2"), (2.5, "whole number")],
        "batch_size": [(0, "positive whole number"), (8.0, "positive whole number")],
        "seed": [(-1, "at least 0"), (0.5, "whole number")],
        "x": [(ROWS[:3], "as many rows"), (iter([ROWS]), "inputs in memory")],
        "y": [(CLASSES[:3], "as many rows"), (CLASSES + 0.5, "class")],
    },
    lambda **given: keras_mtl.explain(
        **{"model": transferred(), "x": ROWS, "y": CLASSES} | given
    ): {
        "model": [(None, "with `predict`"), ("net", "with `predict`"), (array, "with `predict`")],
        "x": [(None, "`x`"), (ROWS[:, :2], "expected the shape"), (ROWS * NAN, "finite")],
        "y": [(None, "`y` is missing"), (CLASSES[:3], "3 labels and 12 rows"), (CLASSES + 1, "3")],
        "task": [("hair", "hair"), (array, "names the task")],
        "kind": [("multilabel", "is one of"), (array, "is one of")],
        "classes": [
            (["a", "b"], "Received: 2"),
            (["a", "a", "b"], "repeated"),
            (3, "list of names"),
        ],
        "bins": [(0, "positive whole number"), (2.0, "positive whole number")],
        "confidence": [(1, "between 0 and 1"), (NAN, "between 0 and 1"), ("95%", "between")],
        "batch_size": [(0, "positive whole number"), (8.0, "positive whole number")],
        "verbose": [(3, "is one of"), (array, "is one of")],
    },
    keras_mtl.plot_transfer: {
        "model": [(None, "received None"), (array, "`keras.Model`"), (int, "`keras.Model`")],
    },
    keras_mtl.plot_curves: {
        "curves": [(None, "by task and way"), ({}, "no curve"), ({"a": {"b": array}}, "one run")],
    },
    keras_mtl.plot_pictures: {
        "pictures": [(None, "array of pictures"), (ROWS, "shape"), ([], "1 to 600")],
    },
    lambda **given: keras_mtl.grad_cam(**{"model": transferred(), "x": ROWS} | given): {
        "model": [(None, "received None"), (array, "`keras.Model`")],
        "x": [(None, "`x`"), (ROWS[:0], "no samples"), (ROWS, "no layer that keeps the places")],
        "layer": [("hed", "Did you mean `head`"), ("head", "no places"), ([], r"Received: \[\]")],
        "classes": [(3, "from 0 to 2"), (NAN, "`classes`"), ("cat", "knows no names")],
        "task": [("hair", "hair"), (array, "names the task")],
    },
    lambda **given: keras_mtl.compare(**{"model": trained(), "x": ROWS, "y": CLASSES} | given): {
        "model": [(None, "None"), (array, "keras.Model")],
        "x": [(ROWS[:5], "12 labels and 5"), (ROWS * NAN, "NaN"), (iter([ROWS]), "from arrays")],
        "y": [(None, "Received: None"), (CLASSES[:5], "5 labels"), (CLASSES * 0, "one class only")],
        "cut": [(99, "from 0"), ("dense_9", "no layer"), (["a"], "one layer"), (array, "cut")],
        "strategies": [
            ("forzen", "Did you mean 'frozen'"),
            (["frozen", "frozen"], "twice"),
            ("joint", "needs|give `auxiliary="),
            (array, "A strategy is a name"),
            ([], "is empty"),
        ],
        "labels": [
            (2, "between 3 and 9"),
            (10, "folds leave of the 12"),
            (array, "a list of such"),
        ],
        "seeds": [([1, 1], "twice"), (0, "positive"), (array, "whole number"), ("3", "number of")],
        "test": [
            ((ROWS, CLASSES), "12 of the 12 test rows"),
            (ROWS, "is a pair"),
            (3, "is a pair"),
        ],
        "auxiliary": [((ROWS, ROWS[:5, :2]), "12 samples and 5"), (ROWS, "is a pair")],
        "kind": [("clasification", "Did you mean"), (tensor, "is one of"), ("binary", "is one of")],
        "metric": [("acuracy", "Did you mean 'accuracy'"), (array, "scorer"), ("roc_auc", "judge")],
        "pooling": [("mean", "is one of"), ("none", "a vector for each"), (tensor, "is one of")],
        "batch_size": [(0, "positive whole number"), (8.0, "positive whole number")],
        "n_jobs": [(0, "`n_jobs` is"), (1.5, "`n_jobs` is"), (array, "`n_jobs` is")],
        "directory": [(3, "path of a folder"), ("", "path of a folder"), (array, "path of a")],
        "verbose": [(3, "is one of"), (array, "is one of")],
    },
    lambda **given: keras_mtl.export(**{"model": trained(), "path": NEVER} | given): {
        "model": [(None, "received None"), ("model.keras", "`keras.Model`"), (array, "`keras.")],
        "path": [(None, "path of a folder"), ("", "path of a folder"), (3, "path of a folder")],
        "format": [("onxn", "Did you mean 'onnx'"), (None, "is one of"), (array, "is one of")],
        "version": [("nxt", "Did you mean 'next'"), (-1, "from 0 on"), (1.0, "from 0 on")],
        "preprocess": [("decod", "Did you mean 'decode'"), ({"x": "scale"}, "the input 'x'")],
        "classes": [(["a"], "2 classes apart"), ({"a": ["b"]}, "the output 'a'"), (3, "list of")],
        "quantize": [("int4", "is one of"), ("int8", "for the format `litert`")],
        "sample": [(ROWS[:, :2], "has the shape"), (ROWS[:0], "no samples"), ("x", "numbers")],
        "verify": [("no", "True or False"), (array, "True or False"), (0, "True or False")],
        "tolerance": [(-1, "at least 0"), (NAN, "at least 0"), ("1e-5", "at least 0")],
        "overwrite": [("yes", "True or False"), (array, "True or False"), (None, "True or False")],
    },
    lambda **given: keras_mtl.layerwise(**{"optimizer": "adam"} | given): {
        "optimizer": [("adm", "Did you mean 'adam'"), (3, "is the name of an optimizer")],
        "multipliers": [
            (None, "needs `multipliers`, `decay` or `starting_point`"),
            ({"low": -1}, r"multipliers\['low'\]` is a number, at least 0"),
            ({"low": NAN}, "at least 0"),
            ({"(": 1.0}, "is no pattern"),
            ({3: 1.0}, "A key of `multipliers`"),
            ([0.1], "is a dict"),
        ],
        "decay": [
            (value, r"`decay` is a number in \(0, 1\] or None")
            for value in (0, -0.5, 1.5, NAN, "0.5")
        ],
        "starting_point": [
            (-1, "`starting_point` is a number, at least 0"),
            ("0.1", "`starting_point` is a number, at least 0"),
            ({"low": NAN}, r"starting_point\['low'\]` is a number, at least 0"),
            ({3: 1.0}, "A key of `starting_point`"),
        ],
    },
    lambda **given: keras_mtl.unfreeze(transferred(), **given): {
        "last": [(HUGE, "from 1 to"), (True, "from 1 to"), (0, "from 1 to")],
        "batchnorm": [(array, "Received"), ("both", "Received: 'both'")],
    },
    lambda **given: keras_mtl.from_scratch(trained(), **given): {
        "seed": [(seed, "`seed` is a whole number") for seed in (NAN, -1, 1.5, "1", [1], True)],
    },
    lambda **given: keras_mtl.to_plain(trained(), **given): {
        "verify": [("yes", "True or False"), (array, "True or False")],
    },
    lambda **given: keras_mtl.cut_points(trained(), **given): {
        "nested": [("yes", "True or False"), (1, "True or False"), (tensor, "True or False")],
    },
}
SOURCES = {
    lambda **given: keras_mtl.datasets.from_frame(
        **{"frame": {"a": ROWS[:, 0], "y": CLASSES}, "inputs": ["a"], "tasks": "y"} | given
    ): {
        "frame": [(3, "DataFrame"), ({}, "no rows|no columns"), ({"a": [1], "b": []}, "no table")],
        "inputs": [(["b"], "does not have"), (3, "list of columns"), (["a", "y"], "leakage")],
        "tasks": [("z", "does not have"), (None, "which column"), ({}, "no task")],
        "labels": [({"y": 2}, "between 3"), ({"z": 5}, "z"), (50, "dict of budgets")],
        "split": [({"train": 0.5}, "add up to 1"), ("train", "dict of the share")],
        "missing": [("no", "is one of")],
        "groups": [("z", "does not have"), ("y", "labels of the task"), (3, "is the name of")],
        "unclear": [("no", "is one of"), (array, "is one of")],
        "encode": [("a", "list of columns"), (["b"], "inputs of their own")],
        "kinds": [({"y": "binray"}, "Did you mean 'binary'"), ({"z": "binary"}, "'z'")],
        "seed": [(seed, "`seed` is a whole number") for seed in (NAN, -1, None, "1", [1])],
    },
    lambda **given: keras_mtl.datasets.from_arrays(
        **{"source": {"x": ROWS, "y": CLASSES}} | given
    ): {
        "source": [
            (3, "dict of arrays"),
            ({"x": ROWS}, "no array 'y'"),
            ({"x": 1}, "'y'|one value"),
        ],
        "inputs": [("z", "no array 'z'"), (3, "name of an array"), ([], "name of an array")],
        "tasks": [("z", "no array 'z'"), (3, "which column"), ({"y": 3}, "name of a column")],
        "split": [({"train": "x"}, "for the name"), ({"train": 0.5}, "add up to 1")],
        "groups": [("z", "no array 'z'"), ("y", "labels of the task"), ([], "is the name of")],
        "labels": [({"y": HUGE}, "between 3"), ({"y": 4.5}, "whole number")],
        "seed": [(seed, "`seed` is a whole number") for seed in (NAN, -1, None, "1", [1])],
    },
    lambda **given: keras_mtl.datasets.describe(**given): {
        "data": [(None, "what a source"), ({}, "no tasks"), ({"y": ROWS}, "pair of arrays")],
    },
    lambda **given: keras_mtl.datasets.tabular_inputs(**given): {
        "data": [(None, "rows to train on"), ({}, "rows to train on"), (ROWS, "rows to train on")],
    },
}
DATA = {
    keras_mtl.datasets.digits: {
        "tasks": [(None, "list of the names"), (3, "list of the names"), (["digits"], "one of")],
        "labels": [(50, "dict of budgets"), ({"digit": NAN}, "is a whole number")],
        "split": [("val", "one of"), (tensor, "one of")],
        "seed": [(seed, "`seed` is a whole number") for seed in (NAN, -1, None, "1", [1])],
    },
    lambda **given: keras_mtl.datasets.load(
        **{"name": "celeb_a", "inputs": "image", "tasks": {"sex": "attributes/Male"}} | given
    ): {
        "seed": [(-1, "at least 0"), (NAN, "whole number")],
        "size": [(96, "height and the width"), ((0, 5), "height and the width")],
        "unclear": [("skip", "'missing', 'drop', 'error'")],
        "download": [(1, "True or False")],
        "cache": [("", "path of a folder")],
        "name": [(None, "the name of a data set")],
    },
    lambda **given: keras_mtl.datasets.nested_budget(**{"labels": CLASSES, "budget": 5} | given): {
        "budget": [(2, "between 3"), (HUGE, "between 3"), (5.0, "whole number")],
        "seed": [(-1, "`seed` is a whole number"), (None, "`seed` is a whole number")],
    },
    lambda **given: keras_mtl.scores.logme(**{"features": ROWS, "targets": CLASSES} | given): {
        "features": [("x", "real numbers"), (ROWS[0], "shape"), (ROWS * NAN, "finite")],
        "targets": [(CLASSES[:3], "one row for each"), (CLASSES + 0.5, "whole numbers")],
        "kind": [(tensor, "is one of"), ("binary", "is one of")],
    },
    lambda **given: keras_mtl.scores.h_score(ROWS, CLASSES, **given): {
        "shrinkage": [(2, "between 0 and 1"), (array, "between"), (tensor, "between"), (NAN, "0")],
    },
    lambda **given: keras_mtl.Head(3).decode(**given): {
        "outputs": [
            (None, "real numbers"),
            ("x", "real numbers"),
            (ROWS[:, :2], r"shape \(samples, \.\.\., 3\).*\(12, 2\)"),
            ([], "shape"),
        ],
    },
}


def cases():
    for call, arguments in (HEADS | MODELS | SOURCES | DATA).items():
        for argument, wrong in arguments.items():
            yield from ((call, argument, value, message) for value, message in wrong)


@pytest.mark.parametrize(("call", "argument", "value", "message"), list(cases()))
def test_a_bad_argument_is_refused(call, argument, value, message):
    made = value() if value is array or value is tensor else value
    needed = {"units": 3} if call is keras_mtl.Head and argument != "units" else {}
    with pytest.raises((ValueError, TypeError, OSError), match=message) as raised:
        call(**needed, **{argument: made})
    where = raised.traceback[-1].path
    assert isinstance(raised.value, KerasMtlError) or "keras_mtl" in where.parts, where
