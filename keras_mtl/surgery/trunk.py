"""The layers kept by a cut, as a model in which frozen layers are static."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import keras

from keras_mtl.common.registered import registered
from keras_mtl.common.structures import unwrap_single
from keras_mtl.graph.functional_models import runs_only_graph
from keras_mtl.keras_private.graphs import (
    Functional,
    HookedFunctional,
    operation_classes,
    operation_fn,
)
from keras_mtl.keras_private.layers import (
    clear_losses,
    idle_seeds_kept,
    inference_context,
    sublayers,
)
from keras_mtl.optimizers.layerwise_optimizer import look_up_layers
from keras_mtl.surgery.cloner import Regrouper
from keras_mtl.surgery.own_configs import Origin, Sourced


class ClassPreserving(Functional):
    """A Functional model whose copies have its class; copies of other models are Functional."""

    @classmethod
    def of_graph(cls, inputs: Any, outputs: Any, name: str) -> Functional:
        """Make the model from symbolic inputs and outputs."""
        return cls(inputs, outputs, name=name)

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return what `call` does: under a quantized dtype policy the layers are quantized."""
        return self.call(*args, **kwargs)


@registered
class Trunk(Sourced, ClassPreserving, HookedFunctional):
    """A Functional model in which `layer.trainable = False` makes a layer static.

    Keras stops the training of a frozen layer but not its Dropout, its noise, its augmentation or
    its activity losses. Here a layer whose `trainable` is False runs in inference mode whatever
    `fit` says, and adds no losses. Nothing but the flags of the layers decides, so a trunk stays
    static when it is saved, cloned or exported.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5)])
        >>> trunk = keras_mtl.transfer(trained, cut=0, freeze=True)
        >>> x = np.ones((2, 4), "float32")
        >>> bool(np.all(keras.ops.convert_to_numpy(trunk(x, training=True)) == x))
        True
    """

    _builds_optimizer = False

    @runs_only_graph
    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """Run the graph, static layers in inference mode.

        The arguments and the outputs are those of any Functional model.
        """
        outputs = self.run_graph(
            inputs, mask, lambda operation: _in_mode(operation, training=training, **kwargs)
        )
        return unwrap_single(outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the config of a Functional model, and the flags of its layers.

        Where the configs of its layers do not serve, the config is that of the model that the
        trunk is a part of.
        """
        if self.origin is not None:
            static = [i for i, part in enumerate(sublayers(self)) if not part.trainable]
            return {"name": self.name, "frozen": static, **asdict(self.origin)}
        config = super().get_config()
        frozen = [_frozen_parts(layer) for layer in self.layers]
        return {**config, "frozen": frozen} if any(frozen) else config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Trunk:
        """Return the model that `get_config` describes, with fresh weights."""
        if "source" in config:
            return cls._of_origin(config, custom_objects)
        config = dict(config)
        frozen = config.pop("frozen", [])
        is_legacy = any("module" not in layer for layer in config["layers"])
        if is_legacy:
            # Keras 3.15 finds no operation of an `.h5` file, such as those that compute a mask. No
            # scope: it would hide that of the user.
            known = operation_classes(_names_of_operations(config))
            custom_objects = {**known, **(custom_objects or {})}
        trunk = super().from_config(config, custom_objects=custom_objects)
        trunk._builds_optimizer = is_legacy
        for layer, indices in zip(trunk.layers, frozen, strict=False):
            parts = sublayers(layer)
            for index in indices:
                parts[index].trainable = False
        return trunk

    @classmethod
    def _of_origin(cls, config: dict[str, Any], custom_objects: Any) -> Trunk:
        origin = Origin(*(config[key] for key in ("source", "outputs", "names")))
        regrouper = Regrouper(lambda _: cls)
        trunk = regrouper.copy_model(origin.graph(custom_objects), config["name"])
        trunk.origin = origin
        parts = sublayers(trunk)
        for index in config["frozen"]:
            parts[index].trainable = False
        return trunk

    def compile(self, optimizer: Any = "rmsprop", *args: Any, **kwargs: Any) -> None:
        """Compile the model as `keras.Model.compile` does."""
        look_up_layers(optimizer, self)
        super().compile(optimizer, *args, **kwargs)
        if self._builds_optimizer:
            # Keras 3.15 builds the optimizer of an `.h5` file without variables, unless it is built
            # before: the model could not be trained, and slots would be lost.
            self._builds_optimizer = False
            self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was; Keras calls it when it loads one."""
        if type(self).compile is not Trunk.compile:
            super().compile_from_config(config)  # Warns that a `compile` of the user's is not run.
            return
        self.compile(**keras.saving.deserialize_keras_object(config))
        # Keras loads the state of the optimizer next, into variables that must exist.
        self.optimizer.build(self.trainable_variables)

    def layer_cloned(self, layer: keras.Layer, copy: keras.Layer) -> None:
        """Give the copy that `keras.models.clone_model` made the flags of the layer."""
        for part, copied in zip(sublayers(layer), sublayers(copy), strict=False):
            copied.trainable = part.trainable


def is_static(operation: Any) -> bool:
    """Return whether a trunk runs the operation in inference mode and without losses."""
    return isinstance(operation, keras.Layer) and not operation.trainable


def own_class(model: keras.Model) -> Callable[..., Functional]:
    """Return what makes a copy of `model` from its graph: its class if that is one of ours."""
    return model.of_graph if isinstance(model, ClassPreserving) else Functional


def in_inference(layer: Any, **call_context: Any) -> Callable[..., Any]:
    """Return a function that calls a layer in inference mode, keeps its seeds, clears its losses.

    An operation that is no layer, such as one of `keras.ops`, has no mode.
    """
    if not isinstance(layer, keras.Layer):
        return operation_fn(layer)

    def call_static(*args: Any, **kwargs: Any) -> Any:
        with inference_context(), idle_seeds_kept(layer):
            outputs = operation_fn(layer, **{**call_context, "training": False})(*args, **kwargs)
        # Keras would add them to the loss of the model; in float16 that even breaks `fit`.
        clear_losses(layer)
        return outputs

    return call_static


def _names_of_operations(config: dict[str, Any]) -> set[str]:
    """Return the names of the classes in a config of a model that are of operations.

    An operation, such as `keras.ops.multiply`, has no dtype; the layer `Multiply` has one.
    """
    parts = list(_parts_of(config))
    layers = {part["class_name"] for part in parts if "dtype" in part["config"]}
    return {part["class_name"] for part in parts} - layers


def _parts_of(config: Any) -> Iterator[dict[str, Any]]:
    """Yield what the config of a model says of its layers and operations, nested ones too."""
    for part in config["layers"] if isinstance(config, dict) and "layers" in config else ():
        yield part
        yield from _parts_of(part["config"])


def _in_mode(operation: Any, **call_context: Any) -> Any:
    """Return a function that calls an operation in the mode that its `trainable` flag decides."""
    if is_static(operation):
        return in_inference(operation, **call_context)
    return operation_fn(operation, **call_context)


def _frozen_parts(layer: keras.Layer) -> list[int]:
    """Return the positions of the frozen layers among the layer and the layers inside it.

    Models save their flags themselves. Configs of layers do not hold all: SpatialDropout2D's has no
    flag, and no layer's config has the flags of the layers inside it.
    """
    if isinstance(layer, Functional | keras.Sequential):
        return []
    return [index for index, part in enumerate(sublayers(layer)) if not part.trainable]
