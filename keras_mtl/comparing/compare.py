"""The comparison of the ways to use a trained network, by number of labels."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.batches.indexed_rows import in_memory, pair_in_memory
from keras_mtl.common.arguments import one_of
from keras_mtl.comparing.all_runs import do_all
from keras_mtl.comparing.checked_experiment import checked_experiment
from keras_mtl.comparing.comparison import Comparison
from keras_mtl.graph.cuts import CutPoint
from keras_mtl.heads.pooling import Pooling
from keras_mtl.jobs.job_count import check_jobs


def compare(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    cut: str | int | CutPoint = "auto",
    strategies: Any = "all",
    labels: Any = "auto",
    seeds: Any = 5,
    test: tuple[Any, Any] | None = None,
    auxiliary: Any = None,
    kind: str = "auto",
    metric: str = "auto",
    pooling: Pooling = "auto",
    batch_size: int = 32,
    n_jobs: int | None = None,
    directory: Any = None,
    verbose: str | int = "auto",
) -> Comparison:
    """Train in every way with few labels and with many, judge all on the same rows, and say which.

    Use it to find out what to do with a trained network for a new task: take its features, train
    a head, fine-tune it, or start from scratch; and whether more labels would be worth it. Each
    strategy is trained with several numbers of labels, drawn several times. All strategies get the
    same rows: a larger number of labels adds rows to the smaller one, each class gets its share.
    Whatever is chosen (the depth, rates, epochs) is chosen by the labels of the run.

    | strategy | what is trained |
    |---|---|
    | `"features+knn"` | nothing; the nearest neighbours among the features |
    | `"features+logistic"` | a logistic (or ridge) regression of scikit-learn on the features |
    | `"frozen"` | the head, on the static trunk |
    | `"fine-tuned"` | the head, then everything |
    | `"alternating"`, `"joint"` | everything, and the first task with it; need `auxiliary` |
    | `"joint+upgrad"` and so on | as `"joint"`, with that balancer; only if asked for |
    | `"from-scratch"` | everything, from random weights: the control |

    With `test`, runs are judged on these rows, once, after all training. Without, each run is a
    cross-validation: trained five times with labels from four fifths of the rows, and judged on
    the rows that were left out; the result says so.

    Args:
        model: A trained Functional or built Sequential model. It is not changed.
        x: Array-like of shape `(samples, ...)` that fits the input of the model: numbers of any
            dtype, or text where the input is text. For several inputs a dict or a data frame of
            them by the names of the inputs, or a list in their order.
        y: Labels of shape `(samples,)`: classes as texts, whole numbers or booleans, or measured
            numbers, which may have the shape `(samples, targets)`.
        cut: Where to cut: what `transfer` takes, or `"auto"`, the default: for each run where
            `probe_cuts` finds the best depth for its labels.
        strategies: `"all"`, the default: those of the table, the ones that need `auxiliary` if it
            is given. Or a name or a list of names; a list may hold objects of yours with
            `fit(model, cut, x, y, seed)` and `predict(x)`, which are called by the name of their
            class, and balancers such as `keras_mtl.balancing.CAGrad(0.2)`, whose tasks are "first"
            and "new". A dict gives them other names.
        labels: Numbers of labels, or `"auto"`, the default: about four, up to all.
        seeds: Number of runs for each strategy and number of labels, 5 by default, or a list of
            seeds. A seed draws the labels and seeds the training.
        test: Rows `(x, y)` to judge on, none of which is in `x`. None, the default, for a
            cross-validation.
        auxiliary: Labelled samples `(x, y)` of the task that the model was trained for.
        kind: `"classification"`, `"regression"`, or `"auto"`, the default: numbers that are not
            whole are measured, all other labels are classes.
        metric: What runs are judged by: `"auto"`, the default, for the accuracy of classes and R²
            of numbers, or the name of a scorer of scikit-learn that needs predicted labels only,
            such as `"f1_macro"`. Greater is better.
        pooling: How features of more than one dimension become a vector, as in `Head`.
        batch_size: Number of samples in a batch, 32 by default.
        n_jobs: Number of processes; 1 for all runs in this one, -1 for one for each core. None, the
            default, for what `joblib.parallel_config` says, by which runs go to Dask or Ray, and
            for 1 without it. Workers load the model from a `.keras` file and map large arrays from
            shared files; one that dies is replaced.
        directory: A folder to keep the runs in. The same call goes on where a killed one was, and
            one with more strategies, labels or seeds does what is new. Strategies of yours are
            known by their names: give a changed one another name. None, the default, keeps nothing.
        verbose: 0 for silence, 1 for a progress bar, 2 for a line for each run. `"auto"` is 1.

    Returns:
        A `Comparison`, which prints as a table. `.verdict()` says in sentences what it shows,
        `.best()` and `.best_model()` give the best strategy and its model trained on all labels,
        `.report(path)` writes a page, `.plot(path)` a picture, `.to_frame()` a data frame. A
        strategy that fails is in the table with the number of failures; the others go on. After an
        interruption by Ctrl-C, the runs that are done are returned, with a warning.

    Raises:
        InvalidFeatures: `x` or `test` does not fit the model, holds NaN, is no array, or is empty;
            or test rows are rows of `x`.
        InvalidLabels: Labels are missing, too few to be split, or not of the kind; `test` has a
            class that `y` lacks; labels in `auxiliary` do not fit the output of the model.
        InvalidCut: The model cannot be cut at `cut`.
        LayerNotFound: No layer has the name given as `cut`.
        HeadMismatch: No head fits at `cut`.
        AnotherComparison: `directory` holds another comparison, or something else.
        FolderInUse: Another process uses `directory`.
        ComparisonNotWritable: `directory` cannot be written.
        UnsupportedModel: `model` is subclassed, or with several jobs: it cannot be saved.
        WorkerDied: Three worker processes have died at one run.
        AllRunsFailed: No run has a score.
        ValueError: An argument is out of its range, or names what is not there.
        TypeError: A strategy cannot be fitted.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
        ...     keras.layers.Flatten(name="flatten"),
        ...     keras.layers.Dense(2, activation="softmax", name="parity"),
        ... ])
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 200})["digit"]
        >>> comparison = keras_mtl.compare(
        ...     trained, x[:100], y[:100], test=(x[100:], y[100:]), labels=[20, 100], seeds=2,
        ...     strategies=["frozen", "features+knn"], verbose=0)
        >>> [(row.labels, row.runs) for row in comparison]
        [(20, 2), (20, 2), (100, 2), (100, 2)]
        >>> comparison.best().labels
        100
    """
    verbose = 1 if one_of("verbose", verbose, ("auto", 0, 1, 2)) == "auto" else int(verbose)
    jobs = check_jobs(n_jobs)
    x, y = in_memory(x, y)
    experiment = checked_experiment(
        model,
        x,
        y,
        cut=cut,
        strategies=strategies,
        labels=labels,
        seeds=seeds,
        test=pair_in_memory(test),
        auxiliary=pair_in_memory(auxiliary),
        kind=kind,
        metric=metric,
        pooling=pooling,
        batch_size=batch_size,
    )
    runs = do_all(experiment, directory, jobs, verbose)
    return Comparison(experiment, runs)
