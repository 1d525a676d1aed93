"""A model that a format cannot express, or run, is refused by one error that names the layer."""

import keras
import pytest
from keras import layers

import keras_mtl
from keras_mtl.errors import NotConvertible
from keras_mtl.exporting import written_files
from keras_mtl.exporting.checked_source import checked_source
from keras_mtl.exporting.refusals import refusal
from keras_mtl.serving.formats.known_formats import FORMATS


def net():
    inner = layers.Dense(2, activation="softplus", name="inner")
    return keras.Sequential([keras.Input((3,), name="x"), inner], name="net")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "No conversion rule\nfor operations: Softplus",
            "The layer `inner`: No conversion rule for operations: Softplus",
        ),
        ("no reason", "no reason"),
    ],
)
@pytest.mark.backend("tensorflow", reason="elsewhere the operations have other names")
def test_the_layer_with_the_operation_is_named_if_it_is_found(reason, said):
    served = checked_source(net(), None, None).served
    told = str(refusal(FORMATS.find("openvino"), served, NotConvertible(reason)))
    assert told.startswith("`net` cannot be written as `openvino`; use another format, such as ")
    assert told.endswith(f"`tf_saved_model`. {said}")


@pytest.mark.backend("tensorflow", "jax", reason="only these write a SavedModel")
def test_files_that_their_package_does_not_run_are_refused_and_nothing_is_kept(
    tmp_path, monkeypatch
):
    def fails(form, folder, manifest):
        raise RuntimeError("NOT_IMPLEMENTED : Softplus(1) with name 'net_1/inner_1/Softplus'")

    monkeypatch.setattr(written_files, "write_saved_model", lambda served, folder: None)
    monkeypatch.setattr(type(FORMATS.find("tf_saved_model")), "load", fails)
    wanted = r"`net` cannot be written .* layer `inner`: `tensorflow` cannot run .*Softplus\(1\)"
    with pytest.raises(NotConvertible, match=wanted):
        keras_mtl.export(net(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
