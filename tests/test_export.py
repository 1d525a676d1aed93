"""What is exported computes what the model computes, elsewhere, and is written whole or not at all."""

import os
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pytest

import keras_mtl
from keras_mtl.errors import ExportError, UnbuiltModel, UnsupportedBackend, UnsupportedModel

layers = keras.layers
BACKEND = keras.backend.backend()
EXPORTING = sys.modules[keras_mtl.export.__module__]

exports = pytest.mark.backend("tensorflow", "jax", reason="only these write a SavedModel")
tensorflow_only = pytest.mark.backend("tensorflow", reason="only TensorFlow has string tensors")


def images(*shape, dtype="float32"):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def trained_on_images(size=None):
    return keras.Sequential(
        [
            keras.Input((size, size, 1), name="image"),
            layers.RandomFlip(name="flip"),
            layers.Conv2D(4, 3, padding="same", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.GaussianNoise(1.0, name="noise"),
            layers.Dropout(0.5, name="dropout"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(3, name="old"),
        ],
        name="trained",
    )


def small():
    return keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="y")])


def transferred():
    model = keras_mtl.transfer(trained_on_images(), cut=2, head=keras_mtl.Head(5, dropout=0.5))
    return model, {"image": images(3, 8, 8, 1)}, ["head"]


def bare_trunk():
    model = keras_mtl.transfer(trained_on_images(), cut=1)
    return model, {"image": images(3, 8, 8, 1)}, ["pool"]


def trunk_with_two_taps():
    model = keras_mtl.transfer(trained_on_images(), cut=["conv", "pool"])
    return model, {"image": images(3, 8, 8, 1)}, ["conv", "pool"]


def plain_sequential():
    return trained_on_images(), {"image": images(3, 8, 8, 1)}, ["old"]


def fixed_batch():
    x = keras.Input(batch_shape=(3, 4), name="x")
    return keras.Model(x, layers.Dense(2, name="y")(x)), {"x": images(3, 4)}, ["y"]


def dicts():
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    difference = layers.Subtract(name="subtract")([left, right])
    outputs = {"the difference": difference, "hair/colour": layers.Dense(2)(left)}
    model = keras.Model({"right": right, "left": left}, outputs)
    data = {"left": images(4, 3), "right": 2 * images(4, 3)}
    return model, data, ["hair/colour", "the difference"]


def lists_and_a_shared_layer():
    first, second = keras.Input((3,), name="first"), keras.Input((3,), name="second")
    shared = layers.Dense(2, name="shared")
    outputs = [shared(second), shared(first), keras.ops.abs(second)]
    model = keras.Model([first, second], outputs)
    names = ["shared", "shared_1", outputs[2]._keras_history.operation.name]
    return model, {"first": images(4, 3), "second": 2 * images(4, 3)}, names


def masked_sequences():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    steps = layers.LSTM(4)(layers.Embedding(9, 4, mask_zero=True)(tokens))
    model = keras_mtl.transfer(keras.Model(tokens, steps), cut=0, head=2)
    return model, {"tokens": np.array([[1, 2, 0, 0], [3, 4, 5, 6]], "int32")}, ["head"]


def mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = keras_mtl.transfer(trained_on_images(), cut=2, head=5)
        return model, {"image": images(3, 8, 8, 1)}, ["head"]
    finally:
        keras.config.set_dtype_policy("float32")


def names_that_tensorflow_refuses():
    inputs = [keras.Input((3,), name=name) for name in ("a b", "a_b", "_é")]
    return (
        keras.Model(inputs, layers.Concatenate(name="joined")(inputs)),
        {"a_b": images(2, 3), "a_b_1": 2 * images(2, 3), "input__": 3 * images(2, 3)},
        ["joined"],
    )


MODELS = [
    transferred,
    bare_trunk,
    trunk_with_two_taps,
    plain_sequential,
    fixed_batch,
    dicts,
    lists_and_a_shared_layer,
    masked_sequences,
    mixed_precision,
    names_that_tensorflow_refuses,
]


def load(path):
    import tensorflow as tf

    return tf.saved_model.load(path).signatures["serving_default"]


def serve(path, data):
    import tensorflow as tf

    outputs = load(path)(**{name: tf.constant(value) for name, value in data.items()})
    return {name: np.asarray(value) for name, value in outputs.items()}


def predict(model, data):
    inputs = list(data.values())
    if len(inputs) > 1:
        inputs = data if isinstance(model.input, dict) else inputs
    else:
        (inputs,) = inputs
    outputs = model.predict(inputs, verbose=0)
    return [np.asarray(value) for value in keras.tree.flatten(outputs)]


def assert_same(actual, expected):
    """The same bits on TensorFlow; XLA fuses what it compiles, and rounds as it does."""
    if BACKEND == "tensorflow":
        np.testing.assert_array_equal(actual, expected)
    else:
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6)


def weights_of(model):
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@exports
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_the_export_computes_what_the_model_predicts(make, tmp_path):
    model, data, names = make()
    before = weights_of(model)

    path = keras_mtl.export(model, tmp_path / "exported")

    served = serve(path, data)
    assert sorted(served) == sorted(names)
    for name, expected in zip(names, predict(model, data), strict=True):
        assert_same(served[name], expected)
    for now, then in zip(weights_of(model), before, strict=True):
        np.testing.assert_array_equal(now, then)


@exports
@pytest.mark.parametrize("make", [transferred, dicts, fixed_batch])
def test_the_signature_has_the_shapes_and_dtypes_of_the_model(make, tmp_path):
    model, _, _ = make()
    _, specs = load(keras_mtl.export(model, tmp_path / "exported")).structured_input_signature
    inputs = {tensor._keras_history.operation.name: tensor for tensor in model.inputs}
    assert {name: (tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()} == {
        name: (tensor.shape, tensor.dtype) for name, tensor in inputs.items()
    }


@exports
def test_sizes_left_open_stay_open(tmp_path):
    model, _, _ = transferred()
    path = keras_mtl.export(model, tmp_path / "exported")
    for shape in [(1, 8, 8, 1), (5, 6, 9, 1)]:
        data = {"image": images(*shape)}
        assert_same(serve(path, data)["head"], predict(model, data)[0])


@exports
def test_there_is_one_signature_and_one_function(tmp_path):
    import tensorflow as tf

    model, data, _ = dicts()
    loaded = tf.saved_model.load(keras_mtl.export(model, tmp_path / "exported"))
    assert list(loaded.signatures) == ["serving_default"]
    by_structure = loaded.serving_default({name: tf.constant(x) for name, x in data.items()})
    assert sorted(by_structure) == ["hair/colour", "the difference"]


@exports
def test_variables_are_stored_once(tmp_path):
    import tensorflow as tf

    model = keras_mtl.transfer(trained_on_images(), cut=2, head=5)
    path = keras_mtl.export(model, tmp_path / "exported")
    stored = tf.train.load_checkpoint(path / "variables" / "variables")
    sizes = [np.prod(shape) for shape in stored.get_variable_to_shape_map().values()]
    seeds = sum(2 for variable in model.variables if "seed" in variable.path)
    assert model.count_params() <= sum(sizes) - 1 <= model.count_params() + seeds


@exports
def test_nothing_is_printed_and_the_model_trains_on(tmp_path, capfd):
    model, data, _ = transferred()
    keras_mtl.export(model, tmp_path / "exported")
    assert capfd.readouterr() == ("", "")
    model.fit(data["image"], np.array([0, 1, 2]), verbose=0)


@tensorflow_only
def test_vocabularies_go_along(tmp_path):
    model, data, expected = text_model()
    path = keras_mtl.export(model, tmp_path / "exported")
    assert_same(serve(path, data)["head"], expected)


def text_model():
    vectorization = layers.TextVectorization(output_sequence_length=3)
    vectorization.adapt(["fair dark red", "dark fair"])
    text = keras.Input((), dtype="string", name="text")
    vectors = layers.Embedding(9, 4)(vectorization(text))
    model = keras_mtl.transfer(keras.Model(text, vectors), cut=0, head=2)
    data = {"text": np.array(["dark red", "unknown"], dtype=object)}
    return model, data, model.predict(keras.ops.convert_to_tensor(data["text"]), verbose=0)


ELSEWHERE = """
import sys

# TensorFlow itself imports Keras where it finds it.
absent = dict.fromkeys(["keras", "keras_mtl", "tf_keras", "jax", "torch"])
sys.modules.update(absent)

import numpy as np
import tensorflow as tf

for folder in sys.argv[1:]:
    data = np.load(f"{folder}.npz", allow_pickle=True)
    serve = tf.saved_model.load(folder).signatures["serving_default"]
    inputs = {k.removeprefix("x_"): tf.constant(data[k]) for k in data if k.startswith("x_")}
    for name, value in serve(**inputs).items():
        expected = data[f"y_{name}"]
        assert np.abs(value - expected).max() <= float(data["tolerance"]), (folder, name)
assert not any(sys.modules[name] for name in absent)
"""


@exports
def test_it_needs_neither_keras_nor_keras_mtl(tmp_path):
    cases = [make() for make in (transferred, trunk_with_two_taps)]
    cases = [
        (model, data, dict(zip(names, predict(model, data), strict=True)))
        for model, data, names in cases
    ]
    if BACKEND == "tensorflow":
        model, data, expected = text_model()
        cases.append((model, data, {"head": expected}))
    folders = []
    for index, (model, data, expected) in enumerate(cases):
        folders.append(str(keras_mtl.export(model, tmp_path / str(index))))
        arrays = {f"x_{name}": x for name, x in data.items()}
        arrays |= {f"y_{name}": y for name, y in expected.items()}
        tolerance = 0 if BACKEND == "tensorflow" else 1e-6
        np.savez(f"{folders[-1]}.npz", tolerance=tolerance, **arrays)

    subprocess.run([sys.executable, "-c", ELSEWHERE, *folders], check=True)


@exports
@pytest.mark.parametrize("failure", [RuntimeError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_half_way_leaves_nothing_new(failure, overwrite, tmp_path, monkeypatch):
    if overwrite:
        keras_mtl.export(small(), tmp_path / "exported")
    before = content(tmp_path)

    def write_half(model, endpoints, folder):
        folder.mkdir()
        (folder / "saved_model.pb").write_text("half")
        raise failure

    monkeypatch.setattr(EXPORTING, "_write_saved_model", write_half)
    with pytest.raises(type(failure)):
        keras_mtl.export(small(), tmp_path / "exported", overwrite=overwrite)

    assert content(tmp_path) == before
    assert os.listdir(tmp_path) == (["exported"] if overwrite else [])


@exports
def test_the_old_one_comes_back_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    path = keras_mtl.export(small(), tmp_path / "exported")
    before = content(tmp_path)
    replace = os.replace

    def fail_for_the_new_one(source, target):
        if source.name == "new":
            raise OSError("no")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_for_the_new_one)
    with pytest.raises(OSError, match="no"):
        keras_mtl.export(trained_on_images(), path, overwrite=True)

    assert content(tmp_path) == before
    assert os.listdir(tmp_path) == ["exported"]


@exports
def test_overwrite_replaces_an_exported_model(tmp_path):
    path = keras_mtl.export(small(), tmp_path / "exported")
    keras_mtl.export(trained_on_images(), str(path), overwrite=True)
    assert list(serve(path, {"image": images(1, 8, 8, 1)})) == ["old"]
    assert os.listdir(tmp_path) == ["exported"]


@exports
def test_others_may_read_it_as_they_may_read_any_new_folder(tmp_path):
    (tmp_path / "any").mkdir()
    path = keras_mtl.export(small(), tmp_path / "exported")
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


def no_work(monkeypatch):
    def work(*_):
        raise AssertionError("work was done before the path was checked")

    monkeypatch.setattr(EXPORTING, "_write_saved_model", work)


def folder_there(parent):
    (parent / "there").mkdir()
    (parent / "there" / "thesis.txt").write_text("the only copy")
    return parent / "there"


def file_there(parent):
    (parent / "there").write_text("the only copy")
    return parent / "there"


def dangling_link(parent):
    (parent / "there").symlink_to(parent / "nowhere")
    return parent / "there"


@exports
@pytest.mark.parametrize("make", [folder_there, file_there, dangling_link])
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_exported_model_is_never_overwritten(make, overwrite, tmp_path, monkeypatch):
    no_work(monkeypatch)
    path = make(tmp_path)
    before = content(tmp_path)
    with pytest.raises(ExportError, match="Give another path") as caught:
        keras_mtl.export(small(), path, overwrite=overwrite)
    assert isinstance(caught.value, FileExistsError)
    assert content(tmp_path) == before


@exports
def test_an_exported_model_is_overwritten_only_if_that_is_said(tmp_path, monkeypatch):
    path = keras_mtl.export(small(), tmp_path / "exported")
    no_work(monkeypatch)
    with pytest.raises(FileExistsError, match="`overwrite=True`"):
        keras_mtl.export(small(), path)


@exports
@pytest.mark.parametrize("parent", ["missing", "file"])
def test_the_folder_around_it_must_exist(parent, tmp_path, monkeypatch):
    no_work(monkeypatch)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=f"{parent}` is not a folder"):
        keras_mtl.export(small(), tmp_path / parent / "exported")
    assert os.listdir(tmp_path) == ["file"]


@exports
def test_the_folder_around_it_must_be_writable(tmp_path, monkeypatch):
    no_work(monkeypatch)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)  # modes do not stop root, who may run this
    with pytest.raises(ExportError, match="Permission denied") as caught:
        keras_mtl.export(small(), tmp_path / "exported")
    assert isinstance(caught.value, PermissionError)


def test_only_models_with_a_graph_are_exported(tmp_path):
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    for model, error in [
        (Subclassed(), UnsupportedModel),
        ("model.keras", UnsupportedModel),
        (keras.Sequential([layers.Dense(2)]), UnbuiltModel),
    ]:
        with pytest.raises(error):
            keras_mtl.export(model, tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@pytest.mark.backend("torch", reason="the other backends export")
def test_torch_is_told_the_way_round(tmp_path):
    with pytest.raises(UnsupportedBackend, match="`torch`: save .* KERAS_BACKEND=tensorflow"):
        keras_mtl.export(small(), tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@pytest.mark.backend("jax", reason="TensorFlow needs no relation between open sizes")
def test_jax_refuses_sizes_that_it_cannot_relate(tmp_path):
    left, right = keras.Input((None, 3)), keras.Input((None, 3))
    with pytest.raises(UnsupportedBackend, match=r"inputs of any size; save .* JAX says: "):
        keras_mtl.export(keras.Model([left, right], left + right), tmp_path / "exported")
    assert os.listdir(tmp_path) == []
