"""Which layers of a trunk are static in a phase."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.finetuning.boundaries import calls_before
from keras_mtl.finetuning.phase import ALL, HEAD, Phase
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.preprocessing import PREPROCESSING, augmentation
from keras_mtl.surgery.static_flags import BatchNormPolicy, set_static
from keras_mtl.surgery.trunk import Trunk, is_static


class PhaseFlags:
    """The flags of the layers of a trunk, by phase.

    Random layers in front of all that learns keep drawing where they do so before the first phase.
    Where only a part of the trunk is frozen before, `"all"` means the other part, in which the
    BatchNormalization layers train if `batchnorm` says so.

    Args:
        trunk: The trunk, as it is before the first phase.
        batchnorm: Whether the BatchNormalization layers that are not static train.
    """

    def __init__(self, trunk: Trunk, batchnorm: BatchNormPolicy) -> None:
        self._trunk = trunk
        self._batchnorm = batchnorm
        self._graph = Graph.of(trunk)
        self._calls = calls = self._graph.opened.calls
        random = augmentation(self._graph.opened)
        self._drawing = {id(c.operation) for c in random if not is_static(c.operation)}
        part = [i for i, call in enumerate(calls) if self._trains(call)]
        self._always_static = [
            call
            for i, call in enumerate(calls)
            if part and is_static(call.operation) and (i < part[0] or not _normalises(call))
        ]

    def static(self, phase: Phase) -> Sequence[Call]:
        """Return the calls that are static in a phase.

        Raises:
            LayerNotFound: The trunk has no layer of the name; near names are suggested.
            InvalidCut: The name is that of an input layer.
            ValueError: The trunk has fewer layers.
        """
        if phase.unfreeze == HEAD:
            before: Sequence[Call] = self._calls
        elif phase.unfreeze == ALL:
            before = self._always_static
        elif isinstance(phase.unfreeze, str):
            before = calls_before(self._graph, start=phase.unfreeze)
        else:
            before = calls_before(self._graph, last=phase.unfreeze)
        return [call for call in before if id(call.operation) not in self._drawing]

    def trained(self, static: Sequence[Call]) -> list[str]:
        """Return the paths of the layers of the trunk that train if some calls are static."""
        frozen = {id(call.operation) for call in static}
        return [c.path for c in self._calls if self._learns(c) and id(c.operation) not in frozen]

    @property
    def any_weights(self) -> bool:
        """Whether the trunk has weights at all."""
        return any(
            isinstance(c.operation, keras.Layer) and c.operation.weights for c in self._calls
        )

    def set(self, static: Sequence[Call]) -> None:
        """Make some calls of the trunk static, and let all others train."""
        operations = {call.path: call.operation for call in static}
        set_static(self._trunk, operations, self._batchnorm)

    def set_all_static(self) -> None:
        """Make the whole trunk static, random layers in front included."""
        self.set(self._calls)

    def _trains(self, call: Call) -> bool:
        return self._learns(call) and not is_static(call.operation)

    def _learns(self, call: Call) -> bool:
        layer = call.operation
        if not isinstance(layer, keras.Layer) or isinstance(layer, PREPROCESSING):
            return False
        return bool(layer.weights) and not (_normalises(call) and self._batchnorm == "frozen")


def _normalises(call: Call) -> bool:
    # Whether it is static tells the policy of before, not which part of the trunk was frozen.
    return isinstance(call.operation, keras.layers.BatchNormalization)


def static_by_phase(flags: PhaseFlags, phases: Sequence[Phase]) -> list[Sequence[Call]]:
    """Return the static calls of each phase, if each phase trains something and none freezes again.

    Raises:
        LayerNotFound: A phase names a layer that does not exist.
        ValueError: A phase trains no layer of the trunk though it is to, or it freezes what the
            phase before it trains.
    """
    found: list[Sequence[Call]] = []
    for number, phase in enumerate(phases, start=1):
        try:
            static = flags.static(phase)
        except ValueError as error:  # `LayerNotFound` and `InvalidCut` are among them.
            raise type(error)(f"Phase {number}, `{phase.name}`: {error}") from error
        trained = flags.trained(static)
        if phase.unfreeze != HEAD and not trained:
            raise ValueError(
                f"Phase {number}, `{phase.name}`, unfreezes nothing: no layer of the trunk from "
                'there on has weights that train. Name an earlier layer, or use `Phase("head")`.'
            )
        if found:
            again = [path for path in flags.trained(found[-1]) if path not in trained]
            if again:
                raise ValueError(
                    f"Phase {number}, `{phase.name}`, freezes {_listed(again)} again, which phase "
                    f"{number - 1} trains. Order the phases so that each trains what the one "
                    "before it trains, and more."
                )
        found.append(static)
    return found


def _listed(paths: Sequence[str]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:3])
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"
