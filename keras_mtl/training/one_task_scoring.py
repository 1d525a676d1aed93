"""The loss and metrics of a model of one task, as `keras.Model.evaluate` gives them."""

from __future__ import annotations

from typing import Any

from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.agreement import check_same, versions
from keras_mtl.training.distribution.chief_writes import callbacks_of_pass
from keras_mtl.training.logs import flat
from keras_mtl.training.one_task_setup import read_pass
from keras_mtl.training.run_facts import check_policies, facts_of_data
from keras_mtl.training.scoring_pass import score
from keras_mtl.training.settings import check_callbacks


def evaluate_one_task(
    state: CompiledState,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    verbose: str | int,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
) -> dict[str, float]:
    """Return the loss and metrics by name; the arguments are those of `keras.Model.evaluate`.

    `reason_for_keras_evaluate` must be None for them.
    """
    check_callbacks(callbacks)
    data = read_pass(state, x, y, sample_weight, batch_size, steps)
    (only,) = data.sets.values()
    workers = state.workers
    check_policies(workers, data)
    steps_shown = steps or only.num_batches
    shown = callbacks_of_pass(workers, callbacks, state.model, verbose=verbose, steps=steps_shown)
    with workers.watched():
        if workers.size > 1:
            check_same(workers, "evaluate", {**versions(), **facts_of_data(state, data)})
        return dict(sorted(flat(score(state, data, shown, steps=steps)).items()))
