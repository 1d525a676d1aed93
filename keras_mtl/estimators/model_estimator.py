"""What all scikit-learn estimators that hold a trained model have in common."""

from __future__ import annotations

from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from keras_mtl.common.arguments import one_of, whole_number
from keras_mtl.estimators.input_arrays import check_inputs
from keras_mtl.estimators.model_archive import from_archive, to_archive
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.graph.functional_models import checked_functional


class ModelEstimator(BaseEstimator):
    """An estimator with a trained model, which clones share and pickles hold as a `.keras` file.

    The model is never changed. Its trunks are made once for an estimator and all its clones.
    """

    model: keras.Model
    batch_size: int
    verbose: int

    def _check_arguments(self) -> None:
        """Check what `__init__` was given; scikit-learn wants it to do nothing but keep it."""
        whole_number("batch_size", self.batch_size)
        one_of("verbose", self.verbose, (0, 1, 2))

    def _checked(self, X: Any, *, reset: bool) -> list[np.ndarray]:
        """Return the arrays for the model's inputs, and record their width for scikit-learn."""
        inputs = check_inputs(self.model, X)
        # scikit-learn counts features along the second axis, which images may have of any size.
        fitted = "n_features_in_" in vars(self)
        one_array = len(inputs) == 1 and not isinstance(X, dict)
        if one_array and (reset or (fitted and inputs[0].ndim == 2)):
            validate_data(self, X, reset=reset, skip_check_array=True)
        return inputs

    def _trunk_cache(self) -> TrunkCache:
        cache = vars(self).get("_trunks")
        if cache is None or cache.model is not self.model:
            self._trunks = cache = TrunkCache(self.model)
        return cache

    def __sklearn_clone__(self) -> Self:
        """Return a clone that shares the model and the cache of trunks."""
        # Without the model: scikit-learn copies arguments deeply, which takes seconds for a large
        # model, and a search over `cut` clones the estimator for every candidate.
        without_model = object.__new__(type(self))
        without_model.__dict__.update(vars(self), model=None)
        clone = BaseEstimator.__sklearn_clone__(without_model)
        clone.model = self.model
        clone._trunks = self._trunk_cache()
        return clone

    def __getstate__(self) -> dict[str, Any]:
        checked_functional(self.model)
        state = {**super().__getstate__(), "model": to_archive(self.model)}
        state.pop("_trunks", None)  # They hold locks and copies of the weights; made anew later.
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "model": from_archive(state["model"])})
