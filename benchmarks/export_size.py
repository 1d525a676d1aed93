"""The size of an export with 5 tasks against one with 1: the heads are all that is added.

MobileNetV2 (96 x 96, alpha 0.35) and ResNet50 with random weights, exported as SavedModels with a
signature for each task. Printed last, by network: the bytes that four more tasks add, in
multiples of the bytes of their heads' weights.

    python benchmarks/export_size.py
"""

import tempfile
from pathlib import Path

import keras

import keras_mtl


def trunk_of(name):
    options = {"alpha": 0.35} if name == "MobileNetV2" else {}
    return getattr(keras.applications, name)(
        weights=None, input_shape=(96, 96, 3), include_top=False, **options
    )


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(name, folder):
    trunk, sizes, weights = trunk_of(name), {}, {}
    for count in (1, 5):
        heads = {f"task_{number}": 10 for number in range(count)}
        model = keras_mtl.MultiTaskModel(trunk, heads)
        path = keras_mtl.export(model, folder / f"{name}_{count}")
        sizes[count] = size(path)
        weights[count] = 4 * sum(head.count_params() for head in model.heads.values())
        graph = (path / "saved_model.pb").stat().st_size
        print(f"{name}, {count} task(s): {sizes[count]:,} bytes, of which {graph:,} are graphs")
    added, of_heads = sizes[5] - sizes[1], weights[5] - weights[1]
    print(f"four more tasks: {added:,} bytes; the weights of their heads: {of_heads:,} bytes")
    print(f"{name}: size with 5 tasks / 1 task {sizes[5] / sizes[1]:.4f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for network in ("MobileNetV2", "ResNet50"):
            measure(network, Path(scratch))
