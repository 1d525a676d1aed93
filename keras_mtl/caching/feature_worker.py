"""Features computed by actors of Ray Data."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import keras
import numpy as np

from keras_mtl.caching.shared_work import SharedWork
from keras_mtl.common.arguments import whole_number


class FeatureWorker:
    """Compute shards of features in an actor of Ray Data, which loads the model once.

    It is what `compute_features` is, for `ray.data.Dataset.map_batches`, which starts as many
    actors as it is told, on any machine of the cluster, and starts those again that die: the data
    set are the numbers of the shards. Install Ray with `pip install "keras_mtl[ray]"`.

    Args:
        model: The path of a `.keras` file that every machine sees. It is loaded in Keras's safe
            mode and not compiled.
        data: As for `compute_features`, or a function without arguments that returns the data: it
            runs in the actor, so that the data need not be sent there.
        cache: As for `compute_features`: a folder that every machine sees.
        num_shards: The number of all shards.
        batch_size: As for `compute_features`.
        engine: As for `compute_features`; the model is converted once in each actor.

    Example:
        >>> import keras, keras_mtl, numpy as np, tempfile
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, freeze=True, head=3)
        >>> folder = tempfile.mkdtemp()
        >>> model.save(f"{folder}/model.keras")
        >>> def load():
        ...     return np.random.rand(120, 8, 8, 1)

        With Ray this is `ray.data.range(2, override_num_blocks=2).map_batches(
        keras_mtl.FeatureWorker, fn_constructor_args=(...), batch_size=1, concurrency=2
        ).materialize()`; without:

        >>> worker = keras_mtl.FeatureWorker(f"{folder}/model.keras", load, folder, 2)
        >>> worker({"id": np.array([0, 1])})["rows"].tolist()
        [64, 120]
    """

    def __init__(
        self,
        model: str | PathLike[str],
        data: Any | Callable[[], Any],
        cache: str | PathLike[str],
        num_shards: int,
        batch_size: int | None = None,
        engine: str = "keras",
    ) -> None:
        self._num_shards = whole_number("num_shards", num_shards)
        loaded = keras.saving.load_model(model, compile=False)
        given = data() if callable(data) else data
        self._work = SharedWork(
            loaded, given, cache, batch_size=batch_size, verbose=0, engine=engine
        )

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute the shards with some numbers, and return the rows that are there after each.

        Args:
            batch: The numbers of the shards, as the only column.
        """
        (numbers,) = batch.values()
        found = [self._work.compute(int(number), self._num_shards) for number in numbers]
        return {"shard": numbers, "rows": np.array([one.num_rows for one in found])}
