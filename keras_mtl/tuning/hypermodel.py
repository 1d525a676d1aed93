"""The space of all transfers of one model, for keras-tuner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import keras_tuner
import numpy as np

from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.common.arguments import is_number, is_whole_number
from keras_mtl.common.hashing import Hash
from keras_mtl.errors import HeadMismatch, KerasMtlError
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.heads.head_like import checked_head
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.probing.candidates import Cuts, find_candidates
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm
from keras_mtl.transferring import transfer

LARGEST = 2**31
"""A layer with as many units or more fits no backend."""
Rate = float | tuple[float, float]


class CutHyperModel(keras_tuner.HyperModel):
    """The space of all transfers of a model: where to cut it, and whether to freeze the trunk.

    Give it to a tuner of keras-tuner, such as `RandomSearch`, `BayesianOptimization` or
    `Hyperband`, or to `CutTuner`, which needs far fewer trials. Every trial is legal: cuts, head
    and copies are checked when the hypermodel is made. Each trial trains a copy of its own; where
    the trunk is static it runs once a trial, not once an epoch (`fit_cached`).

    | hyperparameter | values |
    |---|---|
    | `cut` | the names of the last layer kept, from `cuts` |
    | `freeze` | whether the trunk is static, from `freeze` |
    | `learning_rate` | between the bounds, on a logarithmic scale |
    | `hidden_units` | units of a hidden layer of the head, 0 for none |

    Args:
        model: A trained Functional or built Sequential model. It is not changed.
        head: A number of classes, or a `Head`.
        cuts: Which depths: names and numbers of layers, or a part of `cut_points(model)`. By
            default every legal cut that the head fits on, but for an output of probabilities
            (softmax or sigmoid); the deepest one is the default value.
        freeze: Which of True and False to try, both by default.
        learning_rate: Bounds of the learning rate of Adam, 1e-4 to 1e-2 by default, or one number.
        hidden_units: Which sizes of a hidden layer to try. By default the head stays as it is.
        batchnorm: As in `transfer`.
        name: Name of the hypermodel.

    Raises:
        InvalidCut: A cut is not legal; the nearest legal ones are named.
        LayerNotFound: No layer has the name given; near names are suggested.
        HeadMismatch: The head is none of these, or does not fit on a cut that was asked for.
        CloneError: The model cannot be copied faithfully.
        ValueError: `freeze`, `learning_rate` or `hidden_units` is out of its range.

    Example:
        >>> import keras, keras_mtl, keras_tuner
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="first"), keras.layers.Dense(3)])
        >>> hypermodel = keras_mtl.CutHyperModel(trained, 5, cuts=["first"])
        >>> model = hypermodel.build(keras_tuner.HyperParameters())
        >>> model.output_shape
        (None, 5)
    """

    def __init__(
        self,
        model: keras.Model,
        head: int | Head,
        *,
        cuts: Cuts | None = None,
        freeze: Sequence[bool] = (True, False),
        learning_rate: Rate = (1e-4, 1e-2),
        hidden_units: Sequence[int] = (),
        batchnorm: BatchNormPolicy = "frozen",
        name: str | None = None,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise ValueError(f"`name` is a text. Received: {name!r}.")
        super().__init__(name=name)
        check_batchnorm(batchnorm)
        self.model = model
        self.head = _checked_head(head)
        self.layers = [
            candidate.point.layer
            for candidate in find_candidates(Graph.of(model), cuts, pooling=self.head.pooling)
        ]
        self.freeze = _checked_flags("freeze", freeze)
        self.learning_rate = _checked_rate(learning_rate)
        self.hidden_units = _checked_sizes(hidden_units)
        self.batchnorm: BatchNormPolicy = batchnorm
        # Proves once that the copy is faithful, so that no trial has to.
        transfer(model, self.layers[-1], True in self.freeze, self.head, batchnorm=batchnorm)

    def build(self, hp: Any) -> keras.Model:
        """Return the model of one trial, a new copy, compiled."""
        values = self.declare(hp)
        head = self._head_with(values.get("hidden_units"))
        try:
            model = transfer(
                self.model,
                values["cut"],
                values["freeze"],
                head,
                batchnorm=self.batchnorm,
                verify=False,
            )
        except KerasMtlError as error:  # keras-tuner would count a failed trial and continue.
            raise keras_tuner.errors.FatalRuntimeError(str(error)) from error
        optimizer = keras.optimizers.Adam(values["learning_rate"])
        model.compile(optimizer, loss=head.make_loss(), metrics=head.make_metrics())
        return model

    def fit(self, hp: Any, model: keras.Model, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train the model of one trial as `model.fit` does; a static trunk runs only once."""
        if _is_static(model):
            # Gradient steps, since the trial has a learning rate of its own.
            return fit_cached(model, x, y, **{"epochs": 1, **kwargs}, solver="gradient")
        return model.fit(x, y, **kwargs)

    def trains_on_features(self, model: keras.Model) -> bool:
        """Return whether `fit` does no more than train a head on what a static trunk computes."""
        return type(self).fit is CutHyperModel.fit and _is_static(model)

    def declare(self, hp: Any) -> dict[str, Any]:
        """Declare the hyperparameters and return their values in `hp`."""
        low, high = self.learning_rate
        values = {
            "cut": hp.Choice("cut", self.layers, default=self.layers[-1]),
            "freeze": hp.Boolean("freeze", default=self.freeze[0])
            if len(self.freeze) == 2
            else hp.Fixed("freeze", self.freeze[0]),
            "learning_rate": hp.Float(
                "learning_rate", low, high, sampling="log", default=(low * high) ** 0.5
            ),
        }
        if self.hidden_units:
            values["hidden_units"] = hp.Choice("hidden_units", list(self.hidden_units))
        return values

    def fingerprint(self) -> str:
        """Return a text that differs for another model, other weights, another head or cuts."""
        model = Hash(long=True)
        for layer in sublayers(self.model):
            model.add(type(layer).__name__)
        for value in self.model.get_weights():
            model.add(f"{value.shape} {value.dtype}")
            model.add_values(value)
        # The name is left out: Keras numbers heads by how many were made before.
        head = {key: value for key, value in self.head.get_config().items() if key != "name"}
        return f"{model.hexdigest()} {head} {self.layers} {self.batchnorm}"

    def _head_with(self, units: int | None) -> Head:
        if units is None:
            return self.head
        return Head.from_config({**self.head.get_config(), "hidden": [units] if units else []})


def _is_static(model: keras.Model) -> bool:
    # Running a trunk without weights, such as a Flatten, costs less than caching its output.
    return not model.trunk.trainable_variables and bool(model.trunk.count_params())


def _checked_head(head: int | Head) -> Head:
    checked = checked_head(head) if is_whole_number(head) else head
    if not isinstance(checked, Head):
        raise HeadMismatch(
            "`head` is a number of classes or a `keras_mtl.Head`, which knows its loss and metrics."
            f" Received: {head!r}."
        )
    return checked


def _checked_rate(rate: Rate) -> tuple[float, float]:
    bounds = tuple(rate) if isinstance(rate, tuple | list) else (rate, rate)
    if len(bounds) != 2 or not all(map(is_number, bounds)) or not 0 < bounds[0] <= bounds[1]:
        raise ValueError(
            "`learning_rate` is a positive number, or a lower and an upper bound. "
            f"Received: {rate!r}."
        )
    return float(bounds[0]), float(bounds[1])


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    known = isinstance(sizes, list | tuple)
    if not known or not all(is_whole_number(s, least=0) and s < LARGEST for s in sizes):
        raise ValueError(
            "`hidden_units` is a list of whole numbers, 0 for no hidden layer. "
            f"Received: {sizes!r}."
        )
    return tuple(dict.fromkeys(map(int, sizes)))


def _checked_flags(name: str, values: Sequence[bool]) -> tuple[bool, ...]:
    known = isinstance(values, list | tuple) and values
    if not known or not all(isinstance(value, bool | np.bool_) for value in values):
        raise ValueError(f"`{name}` is a list of True, False or both. Received: {values!r}.")
    return tuple(dict.fromkeys(map(bool, values)))
