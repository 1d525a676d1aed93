"""What a comparison tells while it runs: runs done, time left."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.comparing.run_records import key_of
from keras_mtl.results.run import Run
from keras_mtl.tuning.progress import duration


class TimeLeft:
    """How long the runs that are left will take, from those that have ended.

    Args:
        keys: All runs that are to be done.
        jobs: Number of runs that go on at once.
        clock: A function that returns seconds.
    """

    def __init__(
        self, keys: Iterable[RunKey], jobs: int = 1, clock: Callable[[], float] = monotonic
    ) -> None:
        self._left = set(keys)
        self._jobs = jobs
        self._clock = clock
        self._first: float | None = None
        self._since_first = 0.0
        self._seconds: defaultdict[tuple[str, int], list[float]] = defaultdict(list)

    def end(self, run: Run) -> str:
        """Count a run, and return how long the others will take, in words.

        Runs of a strategy with as many labels take as long as those that have ended, others as
        long as those of the strategy with the nearest number of labels, in proportion to the
        labels.
        """
        self._left.discard(key_of(run))
        seconds = 0.0 if run.error else run.seconds
        self._seconds[run.strategy, run.labels].append(seconds)
        if self._first is None:
            self._first = self._clock()
        else:
            self._since_first += seconds
        if not self._left:
            return "0 s"
        expected = [self._expected(one) for one in self._left]
        known = [seconds for seconds in expected if seconds is not None]
        about = "about" if len(known) == len(expected) else "more than"
        return f"{about} {duration(sum(known) / self._jobs * self._overhead())}"

    def _overhead(self) -> float:
        """Return how much longer the runs take than their trainings.

        Until the first run has ended, processes start and steps are compiled, which does not count.
        """
        if self._first is None or not self._since_first:
            return 1.0
        passed = self._clock() - self._first
        return max(1.0, passed * self._jobs / self._since_first)

    def _expected(self, key: RunKey) -> float | None:
        same = [labels for strategy, labels in self._seconds if strategy == key.strategy]
        if not same:
            return None
        nearest = min(same, key=lambda labels: max(labels, key.labels) / min(labels, key.labels))
        # Of the first run steps are compiled.
        return median(self._seconds[key.strategy, nearest]) * key.labels / nearest


@contextmanager
def shown_progress(
    keys: Iterable[RunKey], done: int, metric: str, verbose: int, jobs: int = 1
) -> Iterator[Callable[[Run], None]]:
    """Give a function that is called with each run that ends, and shows the progress.

    Args:
        keys: The runs that are to be done.
        done: Number of runs that were done before.
        metric: What the scores are called.
        verbose: 0 shows nothing, 1 a bar, 2 a line for each run.
        jobs: Number of runs that go on at once.
    """
    keys = list(keys)
    time_left = TimeLeft(keys, jobs)
    if not verbose or not keys:
        yield lambda run: None
    elif verbose == 1:
        yield from _bar(time_left, done, done + len(keys))
    else:
        yield from _lines(time_left, done, done + len(keys), metric)


def _bar(time_left: TimeLeft, done: int, total: int) -> Iterator[Callable[[Run], None]]:
    columns = (
        TextColumn("compare"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs, {task.fields[left]} left"),
    )
    # To the stream that is there now: a test, or a notebook, may have put another one.
    with Progress(*columns, console=Console(file=sys.stdout)) as progress:
        task: TaskID = progress.add_task("", total=total, completed=done, left="an unknown time")

        def tell(run: Run) -> None:
            progress.update(task, advance=1, left=time_left.end(run))

        yield tell


def _lines(
    time_left: TimeLeft, done: int, total: int, metric: str
) -> Iterator[Callable[[Run], None]]:
    count = done

    def tell(run: Run) -> None:
        nonlocal count
        count += 1
        outcome = f"failed: {run.error}" if run.error else f"{metric} {run.score:.4f}"
        left = time_left.end(run)
        print(f"Run {count} of {total}: {key_of(run)}: {outcome}. {left} left.", flush=True)

    yield tell
