"""What must hold of models that another process saved: `python _reloaded.py folder name ...`."""

import sys
import traceback
from pathlib import Path

import keras
import numpy as np

import keras_mtl
from _helpers import moved_variables, paths
from _watching import as_numpy, same_bits


def by_name(model, batch):
    """The inputs under the names of their layers."""
    names = [tensor._keras_history.operation.name for tensor in model.inputs]
    return dict(zip(names, keras.tree.flatten(batch), strict=True))


def stored(model, batch):
    """The inputs as an `.npz` holds them: under `x_` and their names, strings not as objects."""
    arrays = {f"x_{name}": as_numpy(value) for name, value in by_name(model, batch).items()}
    return {name: x.astype("U") if x.dtype == object else x for name, x in arrays.items()}


def batch_from(model, data):
    """The stored inputs in the structure in which the model takes them."""
    names = by_name(model, model.input)
    return keras.tree.pack_sequence_as(
        model.input, [keras.ops.convert_to_tensor(data[f"x_{name}"]) for name in names]
    )


def check(folder, name):
    data = np.load(folder / f"{name}.npz")
    model = keras.models.load_model(folder / f"{name}.keras")
    batch = batch_from(model, data)

    assert same_bits(model(batch, training=False), data["outputs"])
    check_static(model, data, batch)
    if data["cloneable"]:
        check_static(keras.models.clone_model(model), data, batch)
    if isinstance(model, keras_mtl.TransferModel):
        check_labels_are_refused(model, batch, data["labels"])
        check_fit(model, batch, data)


def check_static(model, data, batch):
    """The same variables train as in the saved model, and what is static is in inference mode."""
    assert sorted(paths(model.trainable_variables)) == sorted(data["trainable"])
    trunk = model.trunk if isinstance(model, keras_mtl.TransferModel) else model
    last = str(data["last_static"])
    if last:
        whole = not trunk.trainable_variables
        static = trunk if whole else keras_mtl.Trunk(trunk.input, trunk.get_layer(last).output)
        assert same_bits(static(batch, training=True), static(batch, training=False))


def check_labels_are_refused(model, batch, labels):
    try:
        model.fit(batch, labels + 0.5, verbose=0)
    except keras_mtl.errors.InvalidLabels:
        return
    raise AssertionError("`fit` took floating point numbers for classes")


def check_fit(model, batch, data):
    """Training moves the head, the trunk where it is to train, and nothing that is frozen."""
    with moved_variables(model) as moved:
        model.fit(batch, data["labels"], verbose=0)
    weights = {id(weight) for weight in model.weights}  # no seeds: their names are Keras's
    moved = {variable.path for variable in moved if id(variable) in weights}
    assert moved <= set(data["live"])
    for part in (model.head, model.trunk):
        trains = set(paths(part.trainable_variables))
        assert moved & trains or not trains


if __name__ == "__main__":
    directory, *cases = sys.argv[1:]
    failed = []
    for case in cases:
        if case.startswith("registered"):
            import _registered  # noqa: F401
        try:
            check(Path(directory), case)
        except Exception:
            failed.append(case)
            traceback.print_exc()
    sys.exit(f"Failed: {failed}" if failed else 0)
