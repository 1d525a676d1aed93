"""`CutTuner` and `compare` with one job and with two, each of one thread.

Parity to digit on handwriting, a small CNN. The processes of the workers are started anew for each
measurement, so their start counts. Prints whether trials and scores are the same, the seconds, and
last the ratios one job / two jobs. By successive halving the last rung is a single trial, so a
search of few trials cannot reach 2: `--tuned 0` has none.

    python benchmarks/many_jobs.py [--frozen 6] [--tuned 4] [--labels 2000] [--epochs 6] [--pairs 1]
        [--compare [--most 500]]
"""

import argparse
import os
import statistics
import tempfile
from functools import partial

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"))
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

from _handwriting import Handwriting
from _paired import timed
from joblib.externals.loky import get_reusable_executor

from keras_mtl import CutHyperModel, CutTuner, compare


def search(network, data, arguments, n_jobs):
    x, y = data
    with tempfile.TemporaryDirectory() as folder:
        tuner = CutTuner(
            CutHyperModel(network, 10),
            frozen_trials=arguments.frozen,
            tuned_trials=arguments.tuned,
            epochs=arguments.epochs,
            directory=folder,
            n_jobs=n_jobs,
        )
        tuner.search(x, y, validation_split=0.25, verbose=0)
        return {(one.phase, one.cut, one.epochs): one.score for one in tuner.results()}


def runs(network, data, test, arguments, n_jobs):
    ways = ["frozen", "fine-tuned", "from-scratch"]
    counts = [100, arguments.most]
    options = {"strategies": ways, "labels": counts, "seeds": 4, "cut": "flatten"}
    compared = compare(network, *data, test=test, n_jobs=n_jobs, verbose=0, **options)
    return {(one.strategy, one.labels, one.seed): one.score for one in compared.runs}


def measured(name, work, pairs):
    """Print whether both give the same, and the ratio of their seconds."""
    ratios = []
    for _ in range(pairs):
        results = {}
        seconds = {}
        for jobs in (1, 2):
            get_reusable_executor().shutdown(wait=True)

            def do(jobs=jobs, results=results):
                results[jobs] = work(jobs)

            seconds[jobs] = timed(do)
        assert results[1].keys() == results[2].keys()
        apart = max(abs(results[1][key] - results[2][key]) for key in results[1])
        ratios.append(seconds[1] / seconds[2])
        print(f"{name}: {len(results[1])} results, largest difference of a score {apart:.2g}")
        print(f"{name}: one job {seconds[1]:.1f} s, two {seconds[2]:.1f} s", flush=True)
    print(f"{name}, one job / two jobs: {statistics.median(ratios):.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("frozen", 6), ("tuned", 4), ("labels", 2000), ("epochs", 6), ("pairs", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--compare", action="store_true", help="measure `compare` too")
    parser.add_argument("--most", type=int, default=500, help="the most labels of `compare`")
    arguments = parser.parse_args()
    source = Handwriting(0)
    network, data = source.parity_network(), source.labelled(arguments.labels)
    if arguments.compare:
        work = partial(runs, network, data, source.test, arguments)
        measured("compare", work, arguments.pairs)
    measured("search", partial(search, network, data, arguments), arguments.pairs)


if __name__ == "__main__":
    main()
