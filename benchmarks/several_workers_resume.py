"""A worker is killed at random moments: the seconds until the others have ended with one sentence
(at most 30), and how far the resumed run is from one that was not interrupted (1e-5).

    python benchmarks/several_workers_resume.py
    KERAS_BACKEND=jax python benchmarks/several_workers_resume.py

The kills hit the workers in turn, the chief first; after each the same command starts all again,
with 2 or 3 workers in turn, until a run ends."""

import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _workers import on_jax, parsed, started, training_calls

LIMIT, SECONDS = 1e-5, 30
EPOCHS = 12


def run(arguments):
    """Train in this process, from the backup on if there is one."""
    calls = training_calls()
    import keras

    class Slow(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            print("epoch", epoch, flush=True)
            time.sleep(arguments.pause)

    # Its batches divide by 2 and by 3, so that padding has no part in the moving statistics.
    # On JAX they are those of all rows in any case.
    synchronized = {} if on_jax() else {"synchronized": True}
    model = calls.several(
        layer=lambda: calls.normalization(**synchronized), optimizer=lambda: calls.sgd()
    )
    history = model.fit(
        calls.divisible(),
        batch_size=6,
        epochs=EPOCHS,
        seed=1,
        verbose=0,
        callbacks=[Slow()],
        backup=arguments.run[0],
        backup_every=1,
    )
    if calls.worker == 0:
        np.savez(arguments.out, **calls.found(model, history))


def wait_for(processes, seconds):
    """Wait for processes to end; the seconds that it took."""
    start = time.perf_counter()
    for one in processes:
        one.wait(max(1, start + seconds - time.perf_counter()))
    return time.perf_counter() - start


def compare(kills, pause):
    generator = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out, expected = folder / "out.npz", folder / "expected.npz"
        arguments = ["--out", expected, "--pause", 0, "--run", folder / "other"]
        (alone,) = started(__file__, 1, arguments)
        if alone.wait():
            sys.exit("the uninterrupted run has failed")
        slowest, unnamed = 0.0, 0
        for number in range(kills + 1):
            count = 2 + number % 2
            arguments = ["--out", out, "--pause", pause, "--run", folder / "backup"]
            processes = started(__file__, count, arguments, stdout=-1, stderr=-1)
            for line in iter(processes[0].stdout.readline, ""):
                if line.startswith("epoch"):  # The first one begins; JAX has printed before.
                    break
            if number < kills:
                time.sleep(generator.uniform(0, 3 * pause))
                victim = number // 2 % count
                processes[victim].kill()
                others = [one for one in processes if one is not processes[victim]]
                seconds = wait_for(others, 120)
                slowest = max(slowest, seconds)
                sentences = [one.stderr.read().strip().splitlines()[-1] for one in others]
                print(f"kill {number}: worker {victim} of {count}, others ended in {seconds:.1f} s")
                print("   ", *sorted(set(sentences)), sep="\n    ")
                unnamed += sum("has ended or cannot be reached" not in one for one in sentences)
                if out.exists():
                    break
            else:
                wait_for(processes, 300)
        found, wanted = np.load(out), np.load(expected)
        far = max(float(np.abs(found[key] - wanted[key]).max(initial=0)) for key in wanted.files)
    print(f"slowest end: {slowest:.1f} s, allowed {SECONDS}")
    print(f"ends without a sentence: {unnamed}, allowed 0")
    print(f"largest difference: {far:.1e}, allowed {LIMIT:.0e}")
    return slowest <= SECONDS and not unnamed and far <= LIMIT


if __name__ == "__main__":
    given = parsed(
        __doc__,
        {
            "--kills": {"type": int, "default": 10},
            "--pause": {"type": float, "default": 0.5, "help": "seconds before each epoch"},
        },
        {"--out": {}, "--run": {"nargs": 2}},
    )
    if given.run:
        run(given)
    else:
        sys.exit(not compare(given.kills, given.pause))
