"""`compare(directory=...)` is killed again and again, and a worker of it: the table stays the same.

A comparison on scikit-learn's digits is done once without an interruption. Then it is done in a
folder by a process, of one job and of two, that is killed at random moments, and finished by
one more call. Then with two workers, one of which is killed at a random moment. All three tables
must hold the same scores. Printed last: the share of the kills after which it was so.

    python benchmarks/compare_resume.py [--kills 10] [--seed 0]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODEL = "trained.keras"
STRATEGIES = ["features+knn", "fine-tuned", "from-scratch", "frozen"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compare", nargs=2, metavar=("FOLDER", "JOBS"), help="used by itself")
    arguments = parser.parse_args()
    if arguments.compare:
        print(json.dumps(scores(*arguments.compare)))
        return
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.kills)


def measure(folder, kills):
    save_trained(folder / MODEL)
    start = time.monotonic()
    expected = finish(folder / "whole", 1)
    seconds = time.monotonic() - start
    print(f"without an interruption: {len(expected)} runs in {seconds:.0f} s")
    same = []
    for number in range(kills):
        killed(folder / "killed", random.uniform(0.3, 0.9) * seconds, 1 + number % 2)
        done = recorded(folder / "killed")
        print(f"killed with {done} of {len(expected)} runs recorded", flush=True)
        if done == len(expected):  # It would have nothing left to do.
            same.append(finish(folder / "killed", 1) == expected)
            (folder / "killed").rename(folder / f"done {len(same)}")
    same.append(finish(folder / "killed", 1) == expected)
    print(f"killed {kills} times, then finished: {'the same table' if all(same) else 'ANOTHER'}")
    workers = without_a_worker(folder / "workers") == expected
    print(f"one of two workers killed: {'the same table' if workers else 'ANOTHER'}")
    outcomes = [*same, workers]
    print(f"{sum(outcomes)}/{len(outcomes)}")


def save_trained(path):
    """Train a small network for the parity of digits."""
    import keras

    import keras_mtl

    x, parity = keras_mtl.datasets.digits()["parity"]
    layers = keras.layers
    trained = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(32, activation="relu", name="hidden"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    trained.compile("adam", "binary_crossentropy")
    trained.fit(x[:600], parity[:600], epochs=2, verbose=0)
    trained.save(path)


def scores(folder, jobs):
    """Return the score of each run of the comparison, with its gains."""
    import keras

    import keras_mtl

    data = keras_mtl.datasets.digits()
    x, digit = data["digit"]
    trained = keras.models.load_model(Path(folder).parent / MODEL)
    comparison = keras_mtl.compare(
        trained,
        x[600:900],
        digit[600:900],
        test=(x[900:], digit[900:]),
        strategies=STRATEGIES,
        labels=[20, 100],
        seeds=4,
        n_jobs=int(jobs),
        directory=folder,
        verbose=0,
    )
    return [
        [run.strategy, run.labels, run.seed, run.cut, run.score, run.gains.tolist(), run.error]
        for run in comparison.runs
    ]


def started(folder, jobs):
    command = [sys.executable, __file__, "--compare", str(folder), str(jobs)]
    # A group of its own, so that its workers end with it.
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(folder, jobs):
    return told(started(folder, jobs))


def told(process):
    out, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors.decode()[-3000:])
    return json.loads(out.splitlines()[-1])


def killed(folder, after, jobs):
    process = started(folder, jobs)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def without_a_worker(folder):
    process = started(folder, 2)
    while recorded(folder) < 2 and process.poll() is None:
        time.sleep(0.1)
    time.sleep(random.uniform(0, 3))
    workers = workers_of(process.pid)
    print(f"{len(workers)} workers, {recorded(folder)} runs recorded; one is killed", flush=True)
    os.kill(random.choice(workers), signal.SIGKILL)
    return told(process)


def workers_of(parent):
    """Return the workers that `joblib` has started."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True)
    lines = listed.stdout.decode().splitlines()
    return [int(line.split()[0]) for line in lines if "popen_loky" in line]


def recorded(folder):
    """Return how many runs have ended."""
    files = folder.glob("runs*.jsonl") if folder.exists() else []
    return len(
        {line for path in files for line in path.read_text().splitlines() if '"run"' in line}
    )


if __name__ == "__main__":
    main()
