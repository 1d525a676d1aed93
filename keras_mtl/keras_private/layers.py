"""What Keras keeps private of layers: the parts inside, seeds, added losses, the call context.

Written against Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR


def sublayers(layer: keras.Layer) -> list[keras.Layer]:
    """Return the layer itself and all layers inside it, in an order that its class decides."""
    return layer._flatten_layers(include_self=True, recursive=True)


def seed_states(layer: keras.Layer) -> list[keras.Variable]:
    """Return the states of the random generators that the layer itself owns."""
    return [generator.state for generator in layer._seed_generators]


def added_losses(layer: keras.Layer) -> list[Any]:
    """Return the losses that the layer itself added in its last call, such as activity losses."""
    return layer._get_own_losses()


def clear_losses(layer: keras.Layer) -> None:
    """Forget what the layer and the layers inside it have added to the loss."""
    layer._clear_losses()


def given_output_shape(layer: keras.layers.Lambda) -> Any:
    """Return the output shape with which a Lambda layer was made; None where Keras infers it."""
    return layer._output_shape


@contextmanager
def global_seed_kept() -> Iterator[None]:
    """Put back the generator that draws for operations without a seed, or that there was none.

    Keras makes it when it first draws, with a seed from Python's global generator.
    """
    generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    before = generator and keras.ops.convert_to_numpy(generator.state.value).copy()
    try:
        yield
    finally:
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, generator)
        if generator:
            generator.state.assign(before)


@contextmanager
def global_generator(generator: keras.random.SeedGenerator) -> Iterator[None]:
    """Let operations without a seed draw from a generator; the one before comes back."""
    before = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, generator)
    try:
        yield
    finally:
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, before)


def own_state(layer: keras.Layer) -> list[keras.Variable]:
    """Return the variables that a call of the layer itself may change: statistics and seeds."""
    return [*layer._non_trainable_variables, *seed_states(layer)]


def own_attributes(model: keras.Model) -> dict[str, Any]:
    """Return what the user has stored on a model, its parts included; nothing that Keras keeps."""
    kept = {*_stored(_plain_model(type(model))), *_STORED_BY_TRAINING}
    stored = _stored(model).items()
    # TensorFlow tracks for its checkpoints under names of its own.
    return {name: v for name, v in stored if name not in kept and not name.startswith("_self_")}


_STORED_BY_TRAINING = (
    *("_compile_config", "_compiled_trainable_state", "_jax_state", "optimizer", "history"),
    *("stop_training", "stop_evaluating", "stop_predicting", "_functional", "_torch_params"),
)
"""What `compile`, `fit`, `evaluate`, `predict` and building store on a model."""


def _plain_model(cls: type) -> keras.Model:
    inputs = keras.Input((1,))
    if issubclass(cls, keras.Sequential):
        return keras.Sequential([inputs])
    return keras.Model(inputs, inputs)


def _stored(model: keras.Model) -> dict[str, Any]:
    """Return all attributes of a model; torch keeps its parts in a place of their own."""
    parts = dict(model.named_children()) if keras.backend.backend() == "torch" else {}
    return {**vars(model), **parts}


@contextmanager
def idle_seeds_kept(layer: keras.Layer) -> Iterator[None]:
    """Put the seeds of recurrent dropout back.

    Keras draws its masks in inference too (not on torch) and leaves them unused.
    """
    recurrent = [part for part in sublayers(layer) if isinstance(part, keras.layers.RNN)]
    seeds = [seed for part in recurrent for cell in sublayers(part) for seed in seed_states(cell)]
    # Multiplied to get a copy: `value` is the variable of TensorFlow itself, and on torch a tensor
    # that `assign` changes in place.
    values = [seed.value * 1 for seed in seeds]
    yield
    for seed, value in zip(seeds, values, strict=True):
        seed.assign(value)


@contextmanager
def inference_context() -> Iterator[None]:
    """Let layers that are called without `training` inherit False instead of the outer value.

    A custom layer may call its own sublayers without passing `training` on. They look it up in
    the context of the outermost call, which `training=False` on the custom layer does not reach
    when its `call` has no such argument.
    """
    context = global_state.get_global_attribute("current_call_ctx")
    if context is None:
        yield
        return
    outer = context.get_value("training")
    context.set_value("training", False)
    try:
        yield
    finally:
        context.set_value("training", outer)
