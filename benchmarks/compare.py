"""`compare` against the same experiment as a loop of plain Keras models.

Parity to digit on handwriting, a small CNN, 20, 100 and 500 labels, five seeds, five ways:
neighbours and logistic regression on features, the static trunk, fine-tuning, from scratch. The
loop is what a user would write: features are computed once, each run builds and compiles its models
anew, and has as many steps as `compare` has. Prints the accuracy of both, the difference of their
means in standard errors, and the ratio of the seconds last; with `--memory` the memory after 20 and
after 100 runs.

python benchmarks/compare.py [--jobs 2] [--seeds 5] [--pairs 1] [--memory]
"""

import argparse
import warnings
from collections import defaultdict
from pathlib import Path
from time import perf_counter, process_time

import keras
import numpy as np
from _task_pairs import task_pairs
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_mtl import compare
from keras_mtl.datasets import nested_budget

LABELS = (20, 100, 500)
CUT = "flatten"
BATCH = 32
WAYS = ("features+knn", "features+logistic", "frozen", "fine-tuned", "from-scratch")
HEAD_STEPS, TUNED_STEPS, SCRATCH_STEPS = 600, 300, 600


def by_us(pair, seeds, jobs):
    (x, y), test = pair.rows["new"], pair.test
    compared = compare(
        pair.network,
        x,
        y,
        cut=CUT,
        strategies=list(WAYS),
        labels=list(LABELS),
        seeds=seeds,
        test=test,
        n_jobs=jobs,
        verbose=0,
    )
    scores = defaultdict(list)
    for run in compared.runs:
        scores[run.strategy, run.labels].append(run.score)
    return scores


def by_hand(pair, seeds):
    (x, y), test = pair.rows["new"], pair.test
    network = pair.network
    extractor = keras.Model(network.inputs, network.get_layer(CUT).output)
    features = extractor.predict(x, batch_size=256, verbose=0)
    tested = extractor.predict(test[0], batch_size=256, verbose=0)
    scores = defaultdict(list)
    for seed in range(seeds):
        for count in LABELS:
            keras.utils.set_random_seed(seed)
            rows = nested_budget(y, count, seed)
            fitted = {
                "features+knn": neighbours(features[rows], y[rows]),
                "features+logistic": logistic(features[rows], y[rows]),
            }
            for way, model in fitted.items():
                scores[way, count].append((model.predict(tested) == test[1]).mean())
            frozen, tuned = transferred(network, x[rows], y[rows], test)
            scores["frozen", count].append(frozen)
            scores["fine-tuned", count].append(tuned)
            scores["from-scratch", count].append(anew(network, x[rows], y[rows], test))
            keras.backend.clear_session()
    return scores


def folds(y):
    return StratifiedKFold(min(5, np.bincount(y).min()), shuffle=True, random_state=0)


def neighbours(features, y):
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 9]}, cv=folds(y))
    return search.fit(features, y)


def logistic(features, y):
    model = LogisticRegressionCV(
        Cs=10.0 ** np.arange(-4, 3),
        cv=folds(y),
        max_iter=1000,
        scoring="neg_log_loss",
        l1_ratios=(0,),
        use_legacy_attributes=False,
    )
    return make_pipeline(StandardScaler(), model).fit(features, y)


def transferred(network, x, y, test):
    """The static trunk with a new head, and then all of it, as Keras's guide has it."""
    base = keras.models.clone_model(keras.Model(network.inputs, network.get_layer(CUT).output))
    base.set_weights(network.get_weights()[: len(base.weights)])
    base.trainable = False
    model = keras.Sequential([base, keras.layers.Dense(10, "softmax")])
    frozen = trained(model, x, y, HEAD_STEPS, keras.optimizers.Adam(1e-2), test)
    base.trainable = True
    rate = 1e-3 * min(1, len(y) / 1000) ** 0.25
    return frozen, trained(model, x, y, TUNED_STEPS, rising_and_falling(rate, TUNED_STEPS), test)


def anew(network, x, y, test):
    """The same architecture with new weights and a new last layer."""
    layers = [layer.__class__.from_config(layer.get_config()) for layer in network.layers[:-2]]
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.add(keras.layers.Dense(10, "softmax"))
    return trained(model, x, y, SCRATCH_STEPS, rising_and_falling(3e-3, SCRATCH_STEPS), test)


def rising_and_falling(rate, steps):
    rising = steps // 10
    return keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(
            rate / rising, steps - rising, warmup_target=rate, warmup_steps=rising
        )
    )


def trained(model, x, y, steps, optimizer, test):
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    # Repeated up to 25 batches an epoch: Keras's shorter epochs would cost as much as their steps.
    times = max(1, 25 * BATCH // len(y))
    rows = np.tile(np.arange(len(y)), times)
    epochs = round(steps / -(-len(rows) // BATCH))
    model.fit(x[rows], y[rows], batch_size=BATCH, epochs=epochs, verbose=0)
    return float((model.predict(test[0], batch_size=256, verbose=0).argmax(1) == test[1]).mean())


def resident_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def memory(pair):
    """The memory after 20 and after 100 runs in this process."""
    from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
    from keras_mtl.comparing.strategies.strategy import TransferTask
    from keras_mtl.estimators.labels.class_form import ClassForm
    from keras_mtl.estimators.samples import LabelledSamples, Samples
    from keras_mtl.estimators.trunk_cache import TrunkCache

    (x, y), test = pair.rows["new"], pair.test
    form, values = ClassForm.read(y, len(y))
    task = TransferTask(TrunkCache(pair.network), "auto", form, None, BATCH)
    tested = Samples([test[0]], BATCH)
    for run in range(100):
        rows = nested_budget(y, LABELS[run // len(WAYS) % len(LABELS)], run)
        data = LabelledSamples(Samples([x[rows]], BATCH), values[rows], None)
        STRATEGIES.find(WAYS[run % len(WAYS)]).fit(task, CUT, data, run).predict(tested)
        if run + 1 in (10, 20, 40, 60, 80, 100):
            print(f"MB after {run + 1} runs: {resident_mb():.0f}", flush=True)


def timed(function, *arguments):
    """What a function returns, its seconds, and the seconds of the processor."""
    start, busy = perf_counter(), process_time()
    found = function(*arguments)
    return found, perf_counter() - start, process_time() - busy


def main(arguments):
    pair = next(pair for pair in task_pairs(0) if pair.name == "parity > digit")
    if arguments.memory:
        memory(pair)
        return
    ratios = []
    for _ in range(arguments.pairs):
        ours, seconds, busy = timed(by_us, pair, arguments.seeds, arguments.jobs)
        theirs, their_seconds, their_busy = timed(by_hand, pair, arguments.seeds)
        ratios.append(their_seconds / seconds)
        print(
            f"compare {seconds:.1f} s ({busy:.1f} of the processor), "
            f"plain Keras {their_seconds:.1f} s ({their_busy:.1f})",
            flush=True,
        )
    for way, count in theirs:
        mine, other = np.array(ours[way, count]), np.array(theirs[way, count])
        error = (mine.var(ddof=1) / len(mine) + other.var(ddof=1) / len(other)) ** 0.5
        print(
            f"{way}, {count} labels: {mine.mean():.3f}, plain Keras {other.mean():.3f} "
            f"({(mine.mean() - other.mean()) / error:+.1f} standard errors)"
        )
    print(f"plain Keras / compare, {arguments.jobs} job(s): {np.median(ratios):.1f}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--memory", action="store_true")
    main(parser.parse_args())
