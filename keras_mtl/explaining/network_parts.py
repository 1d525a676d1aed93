"""The parts of a network, as a table: what is kept, static, trained, new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from keras_mtl.common.records import Records


class Fate(StrEnum):
    """What becomes of some layers."""

    STATIC = "kept, static"
    TRAINED = "kept, trained"
    NEW = "new, trained"
    NEW_STATIC = "new, static"
    FROZEN = "frozen"
    """Of a model of Keras, where `trainable = False` stops only the training."""
    PLAIN_TRAINED = "trained"
    """Of a model of Keras, of which nothing says what is kept."""


@dataclass(frozen=True)
class NetworkPart:
    """Some layers, one after the other, of which the same becomes.

    Attributes:
        part: The part of the model that they are in, such as `"trunk"`; `""` if it has none.
        layers: The name of the layer, or the first and the last of them.
        fate: What becomes of them.
        count: Number of layers.
        kinds: The classes of the layers, with their numbers.
        shape: The shape of the last output, without the samples.
        params: Number of parameters.
        trained: How many of these are trained.
    """

    part: str
    layers: str
    fate: Fate
    count: int
    kinds: str
    shape: tuple[int | None, ...]
    params: int
    trained: int

    @property
    def shape_text(self) -> str:
        """The shape as a text, `?` for a size that is not fixed."""
        sizes = ("?" if size is None else str(size) for size in self.shape)
        return " x ".join(sizes) or "scalar"


class NetworkParts(Records[NetworkPart]):
    """The parts of a network, from the inputs to the outputs, those of each task after the trunk.

    Attributes:
        name: Name of the model.
    """

    def __init__(self, name: str, records: Sequence[NetworkPart]) -> None:
        super().__init__(records)
        self.name = name

    @property
    def title(self) -> str:
        """The name of the model."""
        return self.name

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["part", "layers", "number", "fate", "output shape", "parameters", "trained"]

    @property
    def footer(self) -> str:
        """The parameters in all."""
        params, trained = (sum(getattr(one, key) for one in self) for key in ("params", "trained"))
        return f"{params:,} parameters, {trained:,} of them trained"

    def cells(self, one: NetworkPart) -> Sequence[object]:
        """Return what the columns show of a part."""
        texts = [one.part or None, one.layers, one.count, str(one.fate), one.shape_text]
        return [*texts, one.params, one.trained]
