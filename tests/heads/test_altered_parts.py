"""Heads whose layers were quantized, got LoRA or were frozen are saved, loaded and copied so."""

import keras
import pytest
from keras import layers

from _helpers import draw, reload
from _watching import as_numpy, assert_close, unchanged
from _zoo import first_ones
from keras_mtl import Head, MultiTaskModel, to_plain, transfer

MODES = ["int8", "lora", "int4", "float8"]
QUANTIZED = ["int8_from_float32", "int8_from_mixed_bfloat16", "int4_from_float32"]

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method:UserWarning")


@pytest.fixture(autouse=True)
def global_policy():
    """The global dtype policy is put back."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def trained():
    stack = [keras.Input((6,)), layers.Dense(8, "relu", name="features"), layers.Dense(2)]
    return keras.Sequential(stack)


def of_one_task(head):
    return transfer(trained(), cut=1, head=head)


def of_several_tasks(head):
    heads = {"hair": head, "sex": Head(1, "binary")}
    return MultiTaskModel(transfer(trained(), cut=1), heads)


def in_a_plain_model(head):
    return keras.Sequential([keras.Input((6,)), layers.Dense(8), head])


def alter(model, mode):
    if mode != "lora":
        model.quantize(mode)
        return
    for layer in model._flatten_layers():
        if isinstance(layer, layers.Dense):
            layer.enable_lora(2)
            layer.lora_kernel_b.assign(draw(*layer.lora_kernel_b.shape))


def outputs(model):
    return keras.tree.map_structure(as_numpy, model(draw(5, 6)))


CASES = [
    (of_one_task, "int8", {"hidden": [5], "dropout": 0.2}),
    (of_several_tasks, "lora", {"hidden": [5]}),
    *((of_one_task, mode, {}) for mode in MODES),
    *((of_one_task, mode, {"hidden": [5]}) for mode in MODES[1:]),
    *((of_several_tasks, mode, {"hidden": [5]}) for mode in MODES if mode != "lora"),
    *((in_a_plain_model, mode, {"hidden": [5]}) for mode in MODES),
]


@pytest.mark.parametrize("case", first_ones(CASES, 3))
def test_it_is_loaded_as_it_was_saved(case, tmp_path):
    make, mode, options = case
    model = make(Head(3, **options))
    alter(model, mode)
    expected = outputs(model)
    with unchanged(model):
        loaded = reload(model, tmp_path)
    assert_close(outputs(loaded), expected)
    again = reload(loaded, tmp_path)  # What was loaded knows what differs, too.
    assert_close(outputs(again), expected)


@pytest.mark.parametrize("mode", first_ones(MODES, 2))
def test_a_copy_is_as_the_original(mode):
    model = of_one_task(Head(3, hidden=[5]))
    alter(model, mode)
    assert_close(outputs(to_plain(model)), outputs(model))
    other = transfer(model, cut=0)
    assert_close(outputs(other), outputs(model))
    placed = transfer(trained(), cut=1, head=model.head)
    features = as_numpy(placed.trunk(draw(5, 6)))
    assert_close(as_numpy(placed.head(features)), as_numpy(model.head(features)))


@pytest.mark.parametrize("policy", first_ones(QUANTIZED, 1))
@pytest.mark.parametrize("of_head", [True, False], ids=["of the head", "global"])
def test_a_head_under_a_quantized_policy(policy, of_head, tmp_path):
    stack = [keras.Input((4, 6)), layers.Conv1D(8, 1), layers.Dense(2)]
    source = keras.Sequential(stack)
    if not of_head:
        keras.config.set_dtype_policy(policy)
    head = Head(3, hidden=[5], dropout=0.5, dtype=policy if of_head else None)
    model = transfer(source, cut=1, head=head)
    hidden = next(part for part in model.head.parts if part.name == "hidden_0")
    assert hidden.quantization_mode == policy.partition("_")[0]
    expected = as_numpy(model(draw(5, 4, 6)))
    keras.config.set_dtype_policy("float32")
    assert_close(as_numpy(reload(model, tmp_path)(draw(5, 4, 6))), expected)


def test_a_frozen_part_of_a_head_stays_frozen(tmp_path):
    model = in_a_plain_model(Head(3, hidden=[5]))
    model.layers[-1].parts[0].trainable = False
    loaded = reload(model, tmp_path)
    assert [part.trainable for part in loaded.layers[-1].parts] == [False, True]
    assert len(loaded.trainable_variables) == 4


def test_the_config_of_a_head_that_nobody_altered_holds_its_arguments_only():
    head = Head(3, hidden=[5], dropout=0.5)
    before = head.get_config()
    head.build((None, 7, 7, 4))
    assert head.get_config() == before


def test_an_altered_head_fits_features_of_another_rank():
    head = Head(3)
    head(draw(2, 5, 4))
    head.parts[-1].quantize("int8")
    copy = Head.from_config(head.get_config())
    assert copy(draw(2, 7, 7, 4)).shape == (2, 3)
    assert copy.parts[-1].quantization_mode == "int8"
