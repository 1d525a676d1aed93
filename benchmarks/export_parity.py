"""Exports in every format against `model.predict`: the largest difference of any output.

Five networks of `keras.applications` with random weights and logits as outputs, a text model with a
mask, a model with dict inputs, a BERT of KerasHub, and models of 1, 2 and 5 tasks; each in every
format, on rows that `export` has not seen. Where numbers are larger than 1 the difference is
relative to the largest one. Printed last: the largest difference of all (target: 1e-5).

    python benchmarks/export_parity.py [--formats tf_saved_model onnx litert openvino] [--only BERT]
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers

import keras_mtl

FORMATS = ("tf_saved_model", "onnx", "litert", "openvino")
NETWORKS = {
    "MobileNetV2": 96,
    "MobileNetV3Small": 96,
    "EfficientNetB0": 64,
    "ResNet50": 64,
    "ConvNeXtTiny": 64,
}
ROWS = 5


def network(name, size):
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None
    )
    return with_statistics(model)


def with_statistics(model):
    """The model with moving statistics and biases of some size, as after training."""
    generator = np.random.default_rng(0)
    for variable in model.weights:
        if variable.path.endswith(("moving_mean", "beta", "bias")):
            variable.assign(generator.normal(0, 0.1, variable.shape))
        elif variable.path.endswith(("moving_variance", "gamma")):
            variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    return model


def masked_text():
    tokens = keras.Input((12,), dtype="int32", name="tokens")
    x = layers.Embedding(50, 8, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(4, name="topic")(x), name="text")


def dict_inputs():
    wide, deep = keras.Input((6,), name="wide"), keras.Input((4,), name="deep")
    x = layers.Concatenate()([layers.Dense(8, "relu")(deep), wide])
    outputs = {"price": layers.Dense(1, name="price")(x), "kind": layers.Dense(3, "softmax")(x)}
    return keras.Model({"wide": wide, "deep": deep}, outputs, name="dicts")


def bert():
    import keras_hub

    return keras_hub.models.BertBackbone(
        vocabulary_size=50,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=12,
    )


def tasks(count):
    trunk = keras.applications.MobileNetV2(
        weights=None, input_shape=(64, 64, 3), alpha=0.35, include_top=False
    )
    heads = {f"task_{number}": keras_mtl.Head(number + 2) for number in range(count)}
    return keras_mtl.MultiTaskModel(with_statistics(trunk), heads)


MODELS = {
    **{name: lambda n=name, s=size: network(n, s) for name, size in NETWORKS.items()},
    "text with a mask": masked_text,
    "dict inputs": dict_inputs,
    "BERT": bert,
    **{f"{count} task(s)": lambda c=count: tasks(c) for count in (1, 2, 5)},
}


def rows_for(model):
    generator = np.random.default_rng(1)

    def values(tensor):
        shape = (ROWS, *(size or 12 for size in tensor.shape[1:]))
        if tensor.name == "padding_mask":
            return np.repeat(np.arange(12)[None] < 7, ROWS, axis=0).astype("int32")
        if tensor.name == "segment_ids":
            return np.zeros(shape, "int32")
        if "int" in tensor.dtype:
            return generator.integers(0, 50, shape).astype(tensor.dtype)
        return generator.normal(size=shape).astype(tensor.dtype)

    return keras.tree.map_structure(values, model.input)


def difference(model, form, x, expected, folder):
    path = keras_mtl.export(model, folder / form, format=form, overwrite=True)
    actual = keras.tree.flatten(keras_mtl.load_export(path).predict(x))
    return max(
        float(np.abs(one - other).max() / max(1.0, np.abs(other).max()))
        for one, other in zip(actual, expected, strict=True)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument("--only", default="", help="a part of the names of the models")
    arguments = parser.parse_args()
    largest = 0.0
    print(f"{'model':20}" + "".join(f"{form:>18}" for form in arguments.formats))
    with tempfile.TemporaryDirectory() as folder:
        for name, build in MODELS.items():
            if arguments.only not in name:
                continue
            model = build()
            x = rows_for(model)
            expected = keras.tree.flatten(model.predict(x, verbose=0))
            row = f"{name:20}"
            for form in arguments.formats:
                start = time.perf_counter()
                found = difference(model, form, x, expected, Path(folder))
                largest = max(largest, found)
                row += f"{found:10.1e} {time.perf_counter() - start:5.0f} s"
            print(row, flush=True)
            keras.backend.clear_session()
    print(f"largest difference: {largest:.1e}")


if __name__ == "__main__":
    main()
