"""The whole of a transfer as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.label_form import Floats
from keras_mtl.estimators.transfer_estimator import TransferEstimator


class TransferClassifier(ClassifierMixin, TransferEstimator):
    """Train a classifier for a new task by transfer from a trained model, as scikit-learn does.

    Use it to get the whole of a transfer in one call, or to compare and tune transfers with
    scikit-learn: it works in pipelines, `cross_val_score` and `GridSearchCV`, of several jobs too.
    It cuts the model, trains for the new labels in the way that suits their number, and predicts.
    A pickle of it holds Keras models as `.keras` files, which are loaded in Keras's safe mode.

    | `strategy` | what is trained |
    |---|---|
    | `"frozen"` | the head alone, a logistic regression on the features of the static trunk |
    | `"fine_tune"` | the head first, then all layers, in small steps |
    | `"auto"` | what has the best cross-validated accuracy on the labels given |

    Below 50 labels `"auto"` is `"frozen"`: with so few it cannot be told whether to fine-tune.

    Args:
        model: A trained Functional or built Sequential model. It is never changed, and
            `sklearn.base.clone` shares it.
        cut: Where to cut: what `transfer` takes, or `"auto"`, the default: where `probe_cuts` finds
            the best depth for the labels (where each label is another class, the deepest depth
            whose features vary in nearly as many directions as at any depth).
        strategy: See the table; `"auto"` by default.
        pooling: How features of more than one dimension become a vector, as in `Head`.
        epochs: Epochs of fine-tuning; None, the default, for a number that suits the labels.
        cv: Number of folds by which `"auto"` compares strategies, 5 by default, all of which are
            left out in turn. From 1,000 labels on only the first one is, to save time.
        batch_size: Number of samples in a batch, 32 by default.
        random_state: Seed, or a `numpy.random.RandomState`, of the folds and of the training.
        verbose: 1 or 2 to show progress as Keras does, 0 by default.

    Attributes:
        classes_: The different labels seen by `fit`, sorted.
        cut_: Where the model was cut.
        strategy_: The strategy that was used.
        model_: The fitted model, a `TransferModel` whose head has the names of the classes if these
            are texts. Save it, export it by `keras_mtl.export`, train it further.
        history_: The metrics of the training by epoch, as `History.history`.
        probes_: How each depth scored, a `Probes` table; None if `cut` is given.
        cv_results_: How each strategy scored, in the form of `cv_results_` of `GridSearchCV`; None
            if `strategy` is given.
        n_features_in_: The second dimension of the `X` seen by `fit`, if `X` is one array.
        feature_names_in_: The columns of the `X` seen by `fit`, if it is a data frame.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
        ...     keras.layers.Flatten(name="flatten"),
        ...     keras.layers.Dense(2, activation="softmax", name="parity"),
        ... ])
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 40})["digit"]
        >>> classifier = keras_mtl.TransferClassifier(trained, random_state=0).fit(x, y)
        >>> classifier.cut_, classifier.strategy_
        ('flatten', 'frozen')
        >>> classifier.predict_proba(x).shape
        (40, 10)
        >>> classifier.score(x, y)
        1.0
    """

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class.

        Args:
            X: As for `fit`.

        Returns:
            Floats of shape `(samples, classes)` in the order of `classes_`; each row sums to 1.

        Raises:
            NotFittedError: `fit` was not called.
            InvalidFeatures: `X` does not fit.
        """
        outputs = self._outputs(X)
        return outputs / outputs.sum(axis=1, keepdims=True)

    @property
    def classes_(self) -> np.ndarray:
        """The different labels seen by `fit`, sorted."""
        return self._form.classes  # type: ignore[attr-defined]

    @classmethod
    def _read_labels(cls, y: Any, samples: int) -> tuple[ClassForm, np.ndarray]:
        return ClassForm.read(y, samples)
