"""What is exported computes elsewhere what the model predicts, and is written whole or not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_mtl
from _helpers import draw
from _models import (
    augmentation,
    convolutional,
    dicts,
    fixed_batch,
    random_batch,
    randomised,
    strings,
    zoo,
)
from _reloaded import by_name, stored
from _watching import as_numpy, assert_close, rounding_of, unchanged
from keras_mtl.common.left_behind import REPLACED, temporary_path
from keras_mtl.errors import (
    ExportError,
    ExportMismatch,
    NotConvertible,
    UnbuiltModel,
    UnsupportedBackend,
    UnsupportedModel,
)
from keras_mtl.exporting import written_files

BACKEND = keras.backend.backend()
WRITING = sys.modules[keras_mtl.export.__module__]

exports = pytest.mark.backend("tensorflow", "jax", reason="only these write a SavedModel")


def small():
    return keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="y")])


def on_images():
    """Images of any size, and three layers that draw random numbers in training."""
    stack = [
        keras.Input((None, None, 3), name="image"),
        layers.RandomFlip(name="flip"),
        layers.GaussianNoise(1.0, name="noise"),
        layers.Conv2D(4, 3, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.5, name="dropout"),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(3, name="old"),
    ]
    return randomised(keras.Sequential(stack))


def transferred():
    return keras_mtl.transfer(on_images(), cut=2, head=keras_mtl.Head(5, dropout=0.5))


def name_of(tensor):
    return tensor._keras_history.operation.name


def load(path):
    import tensorflow as tf

    return tf.saved_model.load(path).signatures["serving_default"]


def serve(path, data):
    import tensorflow as tf

    inputs = {name: tf.constant(as_numpy(value)) for name, value in data.items()}
    return {name: np.asarray(value) for name, value in load(path)(**inputs).items()}


def predictions(model, batch):
    return [np.asarray(output) for output in keras.tree.flatten(model.predict(batch, verbose=0))]


def assert_same(actual, expected, rtol=1e-4):
    """But for rounding, as the exported program is compiled anew."""
    assert_close(actual, expected, rtol)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@exports
@zoo(fast=["dicts"])
def test_every_awkward_model_is_served_as_it_predicts(build, tmp_path):
    model = keras_mtl.transfer(randomised(build()), cut=0, verify=False)
    batch = random_batch(model)
    with unchanged(model):
        path = keras_mtl.export(model, tmp_path / "exported")
    served = serve(path, by_name(model, batch))
    names = sorted(model.output) if isinstance(model.output, dict) else [name_of(model.output)]
    assert sorted(served) == names
    for name, expected in zip(names, predictions(model, batch), strict=True):
        assert_same(served[name], expected, rounding_of(model))


@exports
@pytest.mark.parametrize(
    ("make", "names"),
    [
        pytest.param(on_images, ["old"], marks=pytest.mark.slow),
        (transferred, ["head"]),
        pytest.param(
            lambda: keras_mtl.transfer(on_images(), cut=1), ["pool"], marks=pytest.mark.slow
        ),
        (lambda: keras_mtl.transfer(on_images(), cut=["conv", "pool"]), ["conv", "pool"]),
    ],
    ids=["plain", "transferred", "trunk", "two_taps"],
)
def test_inputs_may_have_any_size_and_are_left_as_they_are(make, names, tmp_path):
    model = make()
    path = keras_mtl.export(model, tmp_path / "exported")
    for images in (draw(1, 8, 8, 3), draw(5, 6, 9, 3)):
        served = serve(path, {"image": images})
        for name, expected in zip(names, predictions(model, images), strict=True):
            assert_same(served.pop(name), expected)
        assert served == {}


@exports
def test_several_outputs_are_named_after_their_layers(tmp_path):
    first, second = keras.Input((3,), name="first"), keras.Input((3,), name="second")
    shared = layers.Dense(2, name="shared")
    norm = layers.BatchNormalization(name="norm")(second)
    model = keras.Model([first, second], [shared(second), norm, shared(first)])
    batch = random_batch(model)
    served = serve(keras_mtl.export(model, tmp_path / "exported"), by_name(model, batch))
    for name, expected in zip(["shared", "norm", "shared_1"], model.predict(batch), strict=True):
        assert_same(served.pop(name), expected)
    assert served == {}


@exports
def test_keys_of_outputs_stay_as_they_are(tmp_path):
    x = keras.Input((3,), name="x")
    model = keras.Model(x, {"hair/colour": ops.sin(x), "the size": {"of it": ops.cos(x)}})
    served = serve(keras_mtl.export(model, tmp_path / "exported"), {"x": draw(2, 3)})
    assert sorted(served) == ["hair/colour", "the size_of it"]
    assert_same(served["hair/colour"], predictions(model, draw(2, 3))[0])


@exports
def test_names_of_inputs_that_tensorflow_refuses(tmp_path):
    inputs = [keras.Input((3,), name=name) for name in ("a b", "a_b", "_é")]
    model = keras.Model(inputs, layers.Concatenate(name="joined")(inputs))
    data = {"a_b": draw(2, 3), "a_b_1": draw(2, 3, seed=1), "input__": draw(2, 3, seed=2)}
    served = serve(keras_mtl.export(model, tmp_path / "exported"), data)
    assert_same(served["joined"], np.concatenate(list(data.values()), axis=-1))


@exports
@pytest.mark.parametrize("build", [dicts, fixed_batch, on_images])
def test_the_signature_has_the_shapes_and_dtypes_of_the_inputs(build, tmp_path):
    model = build()
    _, specs = load(keras_mtl.export(model, tmp_path / "exported")).structured_input_signature
    assert {name: (tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()} == {
        name: (tensor.shape, tensor.dtype) for name, tensor in by_name(model, model.inputs).items()
    }


@exports
def test_two_names_of_one_signature_and_a_function_of_the_structure_that_the_model_takes(tmp_path):
    import tensorflow as tf

    model = dicts()
    loaded = tf.saved_model.load(keras_mtl.export(model, tmp_path / "exported"))
    assert list(loaded.signatures) == ["serving_default", "serve"]
    for endpoint in (loaded.serving_default, loaded.serve):
        outputs = endpoint({"wide": tf.ones((1, 8)), "deep": tf.ones((1, 4))})
        assert sorted(outputs) == ["age", "sex"]


@pytest.mark.slow
@exports
def test_names_of_classes_lie_beside_the_model(tmp_path):
    heads = {"animal": keras_mtl.Head(classes=["Katze", "Hündin"]), "size": 2}
    model = keras_mtl.MultiTaskModel(small(), heads)
    path = keras_mtl.export(model, tmp_path / "named")
    text = (path / "assets.extra" / "classes.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"animal": ["Katze", "Hündin"]}
    served = serve(path, {"x": draw(2, 4)})
    assert set(served) == {"animal", "animal_class", "size"}
    names = [name.decode() for name in served["animal_class"]]
    assert names == keras_mtl.predict_classes(model, draw(2, 4), task="animal", verbose=0).tolist()
    assert not (keras_mtl.export(small(), tmp_path / "plain") / "assets.extra").exists()


@exports
def test_variables_are_stored_once(tmp_path):
    import tensorflow as tf

    model = transferred()
    path = keras_mtl.export(model, tmp_path / "exported")
    shapes = tf.train.load_checkpoint(path / "variables" / "variables").get_variable_to_shape_map()
    del shapes["_CHECKPOINTABLE_OBJECT_GRAPH"]
    seeds = sum("seed_generator" in variable.path for variable in model.variables)
    assert len(model.weights) <= len(shapes) <= len(model.weights) + seeds


@pytest.mark.slow
@exports
def test_nothing_is_printed_and_the_model_trains_on(tmp_path, capfd):
    model = keras_mtl.transfer(augmentation(), cut=1, freeze=False, head=3)
    keras_mtl.export(model, tmp_path / "exported")
    assert capfd.readouterr() == ("", "")
    model.fit(random_batch(model), np.array([0, 2]), verbose=0)


ELSEWHERE = """
import sys

# TensorFlow itself imports Keras where it finds it.
absent = dict.fromkeys(["keras", "keras_mtl", "tf_keras", "jax", "torch"])
sys.modules.update(absent)

import numpy as np
import tensorflow as tf

for folder in sys.argv[1:]:
    data = np.load(f"{folder}.npz")
    serve = tf.saved_model.load(folder).signatures["serving_default"]
    inputs = {name[2:]: tf.constant(data[name]) for name in data if name.startswith("x_")}
    for name, value in serve(**inputs).items():
        expected = data[f"y_{name}"]
        assert np.abs(value - expected).max() < 1e-5, (folder, name)
assert not any(sys.modules[name] for name in absent)
"""


def save_case(folder, build):
    """An exported model, and beside it inputs and what the model predicts for them."""
    model = keras_mtl.transfer(randomised(build()), cut=1, head=3)
    batch = random_batch(model)
    path = keras_mtl.export(model, folder / build.__name__)
    (expected,) = predictions(model, batch)
    np.savez(f"{path}.npz", y_head=expected, **stored(model, batch))
    return path


@pytest.mark.slow
@exports
def test_it_needs_neither_keras_nor_keras_mtl(tmp_path):
    builds = [augmentation, convolutional] + [strings] * (BACKEND == "tensorflow")
    folders = [save_case(tmp_path, build) for build in builds]
    subprocess.run([sys.executable, "-c", ELSEWHERE, *folders], check=True)


@exports
@pytest.mark.parametrize("failure", [RuntimeError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_half_way_leaves_nothing_new(failure, overwrite, tmp_path, monkeypatch):
    if overwrite:
        keras_mtl.export(small(), tmp_path / "exported")
    before = content(tmp_path)

    def write_half(form, source, folder, *_):
        (folder / "saved_model.pb").write_text("half")
        raise failure

    monkeypatch.setattr(WRITING, "write_export", write_half)
    with pytest.raises(type(failure)):
        keras_mtl.export(small(), tmp_path / "exported", overwrite=overwrite)

    assert content(tmp_path) == before
    assert os.listdir(tmp_path) == (["exported"] if overwrite else [])


@pytest.mark.slow
@exports
def test_the_old_one_comes_back_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    path = keras_mtl.export(small(), tmp_path / "exported")
    before = content(tmp_path)
    rename = Path.rename

    def fail_for_the_new_one(source, target):
        if content(source) != before:
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(OSError, match="no"):
        keras_mtl.export(on_images(), path, overwrite=True)

    assert content(tmp_path) == before
    assert os.listdir(tmp_path) == ["exported"]


@pytest.mark.slow
@exports
def test_overwrite_replaces_an_exported_model(tmp_path):
    path = keras_mtl.export(small(), tmp_path / "exported")
    keras_mtl.export(on_images(), str(path), overwrite=True)
    assert list(serve(path, {"image": draw(1, 8, 8, 3)})) == ["old"]
    assert os.listdir(tmp_path) == ["exported"]


@exports
def test_others_may_read_it_as_they_may_read_any_new_folder(tmp_path):
    (tmp_path / "any").mkdir()
    path = keras_mtl.export(small(), tmp_path / "exported")
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


@exports
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_comes_to_the_path_during_the_export_is_left_as_it_is(
    overwrite, tmp_path, monkeypatch
):
    def write_and_lose(form, source, folder, *_):
        (folder / "saved_model.pb").write_text("new")
        folder_there(tmp_path)

    monkeypatch.setattr(WRITING, "write_export", write_and_lose)
    with pytest.raises(ExportError, match=r"has come to .*Give another path") as caught:
        keras_mtl.export(small(), tmp_path / "there", overwrite=overwrite)
    assert isinstance(caught.value, FileExistsError)
    assert content(tmp_path) == {"thesis.txt": b"the only copy"}


@exports
def test_the_model_that_a_killed_export_set_aside_is_put_back(tmp_path, monkeypatch):
    path = keras_mtl.export(small(), tmp_path / "exported")
    before = content(tmp_path)
    aside = temporary_path(path, REPLACED)
    path.rename(aside.with_name(aside.name.replace(f"-{os.getpid()}-", f"-{10**9}-")))
    no_work(monkeypatch)
    with pytest.raises(FileExistsError, match="`overwrite=True`"):
        keras_mtl.export(on_images(), path)
    assert os.listdir(tmp_path) == ["exported"] and content(tmp_path) == before


FULL = """
import resource, signal, sys
import keras, keras_mtl
from keras_mtl.errors import ExportError

model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(1000)])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    keras_mtl.export(model, sys.argv[1])
except ExportError as error:
    print(error)
"""


@pytest.mark.slow
@exports
def test_a_disk_that_is_full(tmp_path):
    path = tmp_path / "exported"
    ran = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True)
    assert f"`{path}` cannot be written: " in ran.stdout and "File too large" in ran.stdout
    assert os.listdir(tmp_path) == []


@exports
def test_tensorflow_that_cannot_write_is_told_with_the_path(tmp_path, monkeypatch):
    import tensorflow as tf

    def full(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "somewhere; No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ExportError, match=r"exported` cannot be written: .*No space left"):
        keras_mtl.export(small(), tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@exports
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("model.keras", "model.save"),
        ("model.h5", "model.save"),
        ("model.onnx", 'format="onnx"'),
        ("model.tflite", 'format="litert"'),
    ],
)
def test_a_file_of_another_format_is_refused(name, way, tmp_path, monkeypatch):
    no_work(monkeypatch)
    with pytest.raises(ExportError, match=rf"{name}`.*a SavedModel.*{way}"):
        keras_mtl.export(small(), tmp_path / name)
    assert os.listdir(tmp_path) == []


@exports
@pytest.mark.parametrize("name", ["n" * 300, "zero\0", "ä" * 200])
def test_a_name_that_no_folder_can_have_is_refused(name, tmp_path, monkeypatch):
    no_work(monkeypatch)
    with pytest.raises(ExportError, match=f"of {len(name)} characters.*Give another name"):
        keras_mtl.export(small(), tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.backend("tensorflow", reason="JAX takes any name")
def test_names_of_layers_that_tensorflow_refuses(tmp_path, monkeypatch):
    stack = [keras.Input((4,), name="x"), layers.Dense(3, name="größe"), layers.Dense(2, name="y")]
    model = keras.Sequential(stack, name="model")
    with monkeypatch.context() as patched, pytest.raises(ExportError, match="named `größe`"):
        no_work(patched)
        keras_mtl.export(model, tmp_path / "exported")
    assert os.listdir(tmp_path) == []
    model.get_layer("größe").name = "size"
    with pytest.raises(ExportError, match="named `model/größe/kernel`"):
        keras_mtl.export(model, tmp_path / "exported")
    path = keras_mtl.export(keras_mtl.to_plain(model), tmp_path / "exported")
    assert list(serve(path, {"x": draw(1, 4)})) == ["y"]


@pytest.mark.backend("jax", reason="TensorFlow refuses such names")
def test_names_of_layers_in_any_script(tmp_path):
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="größe")])
    path = keras_mtl.export(model, tmp_path / "exported")
    assert_same(serve(path, {"x": draw(1, 4)})["größe"], predictions(model, draw(1, 4))[0])


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="Keras has `TFSMLayer` there only")
def test_keras_finds_its_endpoint(tmp_path):
    model = transferred()
    path = keras_mtl.export(model, tmp_path / "exported")
    (expected,) = predictions(model, images := draw(2, 8, 8, 3))
    served = keras.layers.TFSMLayer(path)(images)
    assert_same(as_numpy(served["head"]), expected)


@pytest.mark.slow
@exports
def test_inputs_have_the_names_that_the_user_gave(tmp_path):
    inputs = [keras.Input((3,), name="Width"), keras.Input((3,), name="depth_2")]
    joined = layers.Concatenate(name="joined")(inputs)
    trained = keras.Model(inputs, layers.Dense(2, name="last")(joined))
    trained.compile("sgd", "mse")
    model = keras_mtl.MultiTaskModel.from_model(trained, cut=1, task="size", heads={"serve": 3})
    path = keras_mtl.export(model, tmp_path / "exported")
    data = {"Width": draw(2, 3), "depth_2": draw(2, 3, seed=1)}
    served = serve(path, data)
    assert {name: value.shape for name, value in served.items()} == {
        "size": (2, 2),
        "serve": (2, 3),
    }
    import tensorflow as tf

    signatures = tf.saved_model.load(path).signatures
    assert sorted(signatures) == ["features", "serve", "serving_default", "size"]
    assert list(signatures["serve"].structured_outputs) == ["serve"]  # that of the task


def no_work(monkeypatch):
    def work(*_):
        raise AssertionError("work was done before the path was checked")

    monkeypatch.setattr(WRITING, "write_export", work)


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

    monkeypatch.setattr(Path, "mkdir", refuse)  # modes do not stop root, who may run this
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


@pytest.mark.backend("jax", reason="TensorFlow needs no relation between open sizes")
def test_jax_refuses_sizes_that_it_cannot_relate(tmp_path):
    left, right = keras.Input((None, 3)), keras.Input((None, 3))
    with pytest.raises(UnsupportedBackend, match=r"inputs of any size; save .* JAX says: "):
        keras_mtl.export(keras.Model([left, right], left + right), tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@exports
def test_what_a_format_lacks_is_refused_before_any_work(tmp_path, monkeypatch):
    no_work(monkeypatch)
    for build, preprocess in [(strings, None), (on_images, ["decode", layers.Resizing(8, 8)])]:
        with pytest.raises(NotConvertible, match=r"`onnx` takes numbers only.*tf_saved_model"):
            keras_mtl.export(build(), tmp_path / "out", format="onnx", preprocess=preprocess)
    with pytest.raises(ValueError, match="needs a `sample`"):
        keras_mtl.export(small(), tmp_path / "out", format="litert", quantize="int8")
    assert os.listdir(tmp_path) == []


@exports
def test_an_export_that_differs_from_its_model_is_kept_only_if_that_is_said(tmp_path, monkeypatch):
    def wrong(running, manifest, inputs, names):
        return {name: value + 0.5 for name, value in run(running, manifest, inputs, names).items()}

    run = written_files.run_in_batches
    monkeypatch.setattr(written_files, "run_in_batches", wrong)
    with pytest.raises(ExportMismatch, match=r"`y` differs by 0\.5 .*Nothing is kept"):
        keras_mtl.export(small(), tmp_path / "out")
    assert os.listdir(tmp_path) == []
    path = keras_mtl.export(small(), tmp_path / "out", verify=False)
    (parity,) = keras_mtl.load_export(path).manifest.parity
    assert not parity.holds and parity.max_difference == pytest.approx(0.5)
    keras_mtl.export(small(), tmp_path / "other", tolerance=0.6)


@pytest.mark.slow
@exports
def test_encoded_pictures_are_decoded_resized_and_scaled_in_the_graph(tmp_path):
    import tensorflow as tf

    if BACKEND == "jax":
        pytest.skip("another process writes it there")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype("uint8")
    encoded = [tf.io.encode_png(picture).numpy() for picture in pictures]
    model = keras.Sequential(
        [keras.Input((8, 8, 3), name="image"), layers.Flatten(), layers.Dense(2, name="y")]
    )
    path = keras_mtl.export(model, tmp_path / "out", preprocess=["decode", "scale"])
    expected = predictions(model, pictures / np.float32(255))[0]
    assert_same(keras_mtl.load_export(path).predict(encoded), expected)
    assert_same(serve(path, {"image": np.array(encoded, object)})["y"], expected)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the graph of the trunk is shared there")
def test_the_graph_of_the_trunk_is_stored_once(tmp_path):
    trunk = keras.Sequential([keras.Input((4,), name="x"), *map(layers.Dense, [3] * 12)])
    sizes = []
    for count in (1, 5):
        model = keras_mtl.MultiTaskModel(trunk, {f"task_{number}": 2 for number in range(count)})
        path = keras_mtl.export(model, tmp_path / str(count))
        sizes.append((path / "saved_model.pb").stat().st_size)
    assert sizes[1] < 2.5 * sizes[0], sizes


@pytest.mark.slow
@exports
def test_the_command_of_tensorflow_lists_the_signatures(tmp_path):
    heads = {"hair": keras_mtl.Head(classes=["a", "b"]), "age": keras_mtl.Head(1, "regression")}
    path = keras_mtl.export(keras_mtl.MultiTaskModel(small(), heads), tmp_path / "out")
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "show", "--all"]
    shown = subprocess.run([*command, "--dir", path], capture_output=True, text=True, check=True)
    for name in ("hair", "age", "features", "serving_default", "serve"):
        assert f"signature_def['{name}']" in shown.stdout
    assert "outputs['hair_class']" in shown.stdout and "dtype: DT_STRING" in shown.stdout
