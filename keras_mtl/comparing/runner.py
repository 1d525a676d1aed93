"""Does runs in one process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import numpy as np

from keras_mtl.comparing.cut_features import Use
from keras_mtl.comparing.material import Material
from keras_mtl.comparing.planned_run import Part, PlannedRun
from keras_mtl.comparing.strategies.strategy import Fitted, TransferTask
from keras_mtl.results.run import Run
from keras_mtl.training.global_draws import drawing


class _Outcome(NamedTuple):
    fitted: Fitted
    predicted: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Runner:
    """Does one run after the other; what strategies keep stays for the next one.

    Attributes:
        task: What all runs share.
        material: The data.
    """

    task: TransferTask
    material: Material

    def run(self, planned: PlannedRun) -> Run:
        """Train and judge; an error of the strategy becomes a failed run."""
        try:
            # What a strategy forgets to seed must not depend on the runs before.
            with drawing(planned.key.seed):
                return self._succeed(planned)
        except Exception as error:  # The strategy may be the user's.
            return _failed(planned, error)

    def _succeed(self, planned: PlannedRun) -> Run:
        outcomes = [self._do(planned, part) for part in planned.parts]
        judged = self._in_order(planned, [one.predicted for one in outcomes])
        material, form = self.material, self.task.labels
        score, gains = material.metric.judge(form, material.judged_values, judged)
        if not np.isfinite(score):
            raise ArithmeticError(f"the {material.metric.name} is {score}")
        first = outcomes[0].fitted
        return Run(
            *planned.key,
            cut=_cut(planned),
            score=score,
            seconds=float(np.mean([one.seconds for one in outcomes])),
            parameters=int(first.parameters),
            history={name: list(map(float, values)) for name, values in first.history.items()},
            gains=gains,
        )

    def _do(self, planned: PlannedRun, part: Part) -> _Outcome:
        use = Use()
        data = self.material.training(self.task, part, use)
        start = perf_counter()
        fitted = planned.strategy.fit(self.task, part.cut, data, planned.key.seed)
        seconds = perf_counter() - start
        if use.asked:  # Its rows had their share in the one pass for all runs.
            seconds += len(part.rows) * self.material.features[part.cut].seconds
        predicted = np.asarray(fitted.predict(self.material.judged(self.task, part)))
        return _Outcome(fitted, predicted, seconds)

    def _in_order(self, planned: PlannedRun, predicted: list[np.ndarray]) -> np.ndarray:
        """Return the predictions of all parts in the order of the rows."""
        rows = [part.judged for part in planned.parts if part.judged is not None]
        joined = np.concatenate(predicted)
        return joined[np.argsort(np.concatenate(rows))] if rows else joined


def _cut(planned: PlannedRun) -> str | None:
    """Return the cut, the most frequent one of several folds."""
    if not planned.strategy.uses_cut:
        return None
    return Counter(part.cut for part in planned.parts).most_common(1)[0][0]


def _failed(planned: PlannedRun, error: Exception) -> Run:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    nothing = {"score": float("nan"), "seconds": float("nan"), "parameters": 0}
    return Run(*planned.key, cut=_cut(planned), error=text, **nothing)  # type: ignore[arg-type]
