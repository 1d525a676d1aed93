"""The layers of a model by their paths, and which layer each weight belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import keras

Path: TypeAlias = tuple[str, ...]
"""The names of a layer and of what it stands in, from the outermost: `("trunk", "conv1")`."""


class ModelOfParts:
    """A model whose layers belong to a `"trunk"` or a `"head"`."""

    @property
    def layers_by_part(self) -> Mapping[str, list[keras.Layer]]:
        """The layers of the model itself under `"trunk"` and `"head"`."""
        raise NotImplementedError


def paths_of_weights(model: keras.Model) -> list[tuple[keras.Variable, Path]]:
    """Return the weights of a model, those that do not train too, and the path of their layer.

    The names of nested models stand before the names of their layers. In a `ModelOfParts` each path
    begins with the name of the part.
    """
    parts: dict[int, str] = {}
    if isinstance(model, ModelOfParts):
        by_part = model.layers_by_part.items()
        parts = {id(layer): part for part, layers in by_part for layer in layers}
    found: dict[int, tuple[keras.Variable, Path]] = {}
    for layer in model.layers:
        part = parts.get(id(layer))
        prefix = (part,) if part not in (None, layer.name) else ()
        for variable, path in _paths_in(layer, prefix):
            found.setdefault(id(variable), (variable, path))
    # What a subclassed model owns itself is in none of its layers.
    for variable in model.weights:
        found.setdefault(id(variable), (variable, path_of_variable(variable)))
    return list(found.values())


def path_of_variable(variable: keras.Variable) -> Path:
    """Return the path of the layer of a variable, as Keras tells it without the model.

    It begins with the outermost layer that was being built when the variable was made.
    """
    return tuple(variable.path.split("/")[:-1])


def _paths_in(layer: keras.Layer, prefix: Path) -> Iterator[tuple[keras.Variable, Path]]:
    path = (*prefix, layer.name)
    if isinstance(layer, keras.Model):
        for inner in layer.layers:
            yield from _paths_in(inner, path)
    for variable in layer.weights:
        yield variable, (*path, *_inside(layer, variable))


def _inside(layer: keras.Layer, variable: keras.Variable) -> Path:
    """Return the names of the layers inside a layer that lead to one of its variables."""
    names = path_of_variable(variable)
    return names[names.index(layer.name) + 1 :] if layer.name in names else ()
