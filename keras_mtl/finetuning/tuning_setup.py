"""What `fine_tune` checks, reads and plans before any work is done."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import keras

from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.caching.fit_arguments import check_class_weight
from keras_mtl.common.arguments import one_of, random_seed, whole_number_or_none
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import UnsupportedModel
from keras_mtl.finetuning import recipe
from keras_mtl.finetuning.choice import Criterion
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.phase_callbacks import (
    CommonCallbacks,
    check_phase_callbacks,
    check_rates,
)
from keras_mtl.finetuning.phase_flags import PhaseFlags, static_by_phase
from keras_mtl.finetuning.phase_optimizer import phase_optimizer
from keras_mtl.finetuning.phase_training import PhaseTraining
from keras_mtl.finetuning.stages import Stage, resolve
from keras_mtl.finetuning.tuning_data import TuningData, check_validation, read_data
from keras_mtl.finetuning.tuning_run import TuningRun
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.schedules.round_robin import RoundRobin
from keras_mtl.surgery.own_training import own_steps
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm
from keras_mtl.training.distribution.agreement import check_same, common_seed
from keras_mtl.training.distribution.model_workers import workers_of
from keras_mtl.training.logs import flat
from keras_mtl.training.resume.backup import Backup
from keras_mtl.training.resume.run_identity import identity
from keras_mtl.training.run_setup import Run, set_up
from keras_mtl.training.settings import Settings
from keras_mtl.training.state import OneTaskState, TrainingState
from keras_mtl.training.steps.step import Step

AUTO: Literal["auto"] = "auto"


@dataclass(frozen=True)
class TuningArguments:
    """The arguments of `fine_tune` without the model and the data to train on, checked."""

    validation_data: Any
    phases: str | Sequence[Phase]
    epochs: int | None
    batch_size: int | None
    callbacks: Any
    verbose: str | int
    batchnorm: BatchNormPolicy
    sample_weight: Any
    class_weight: Mapping[int, float] | None
    seed: int | None
    backup_every: int | None
    folder: Path | None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "backup_every"):
            whole_number_or_none(name, getattr(self, name))
        one_of("verbose", self.verbose, ("auto", 0, 1, 2))
        check_batchnorm(self.batchnorm)
        check_class_weight(self.class_weight)
        check_phase_callbacks(self.callbacks)
        _check_phases(self.phases, self.epochs)
        if self.seed is not None:
            random_seed("seed", self.seed)
        if self.backup_every is not None and self.folder is None:
            raise ValueError("`backup_every` needs `backup`, the folder for the backups.")

    def check_model(self, model: keras.Model) -> None:
        """Refuse what `transfer` has not returned with a head.

        Raises:
            UnsupportedModel: It is something else.
            ValueError: It is not compiled.
        """
        if not isinstance(model, TransferModel):
            raise UnsupportedModel(
                "`fine_tune` trains a model that `keras_mtl.transfer` returned with a head. "
                f"Received: `{type(model).__name__}`."
            )
        own = own_steps(model)
        if own:
            raise UnsupportedModel(
                f"`{type(model).__name__}` has a `{own[0]}` of its own, which `fine_tune` would "
                "leave out. Train it with `model.fit`, after `freeze` and `unfreeze`."
            )
        OneTaskState(model)  # Refuses a model that is not compiled.


def set_up_tuning(
    model: TransferModel, x: Any, y: Any, arguments: TuningArguments, backup: Backup | None
) -> TuningRun:
    """Read and check everything that a run needs; nothing is changed.

    Args:
        model: The model.
        x: The inputs, or a stream.
        y: The labels of arrays.
        arguments: The other arguments.
        backup: The backups of the run, or None.
    """
    size = arguments.batch_size or BATCH_SIZE
    data = read_data(model, x, y, arguments.sample_weight, size)
    validation = check_validation(model, data, arguments.validation_data)
    flags = PhaseFlags(model.trunk, arguments.batchnorm)
    workers = workers_of(model)
    given = backup.seed if arguments.seed is None and backup is not None else arguments.seed
    seed = _seed(common_seed(workers, "fine_tune", given))
    run = _checked_run(model, data, validation, arguments.class_weight, seed)
    criterion = Criterion(run.state)
    if arguments.phases == AUTO:
        stages = _automatic(model, flags, data, arguments.epochs, criterion, validation)
    else:
        stages = _given(flags, data, arguments)
    _check_monitors(stages, run.state, validation)
    for one in stages:
        if not one.solves:
            check_rates(arguments.callbacks, one, phase_optimizer(one, model.optimizer))
    if workers.size > 1:
        check_same(workers, "fine_tune", _identity(run, stages, arguments.batchnorm))
    if backup is not None:
        backup.open(_identity(run, stages, arguments.batchnorm))
    return TuningRun(
        model,
        stages,
        data,
        validation,
        PhaseTraining(model, flags, arguments.class_weight, seed),
        criterion,
        CommonCallbacks(model, arguments.callbacks, arguments.verbose),
        backup,
        arguments.folder,
        arguments.backup_every,
    )


def _check_phases(phases: Any, epochs: int | None) -> None:
    if isinstance(phases, str) and phases == AUTO:
        return
    listed = isinstance(phases, Sequence) and not isinstance(phases, str)
    if not listed or not phases or not all(isinstance(one, Phase) for one in phases):
        raise ValueError(
            '`phases` is "auto" or a list of `keras_mtl.Phase`, at least one. '
            f"Received: {phases!r}."
        )
    if epochs is not None and all(one.epochs or one.steps for one in phases):
        raise ValueError(
            f"`epochs={epochs}` is the length of phases that have none, and all phases have one. "
            "Leave `epochs` out."
        )


def _seed(given: int | None) -> int:
    # Drawn as Keras draws the seeds of layers, so that `keras.utils.set_random_seed` sets it.
    return random.randrange(2**31) if given is None else int(given)


def _checked_run(
    model: TransferModel, data: TuningData, validation: Any, class_weight: Any, seed: int
) -> Run:
    """Read and check all that the training of one phase needs, and build the metrics."""
    state = OneTaskState(model)
    (task,) = state.tasks

    def by_task(value: Any) -> Any:
        return None if value is None else {task: value}

    settings = Settings(
        batch_size=None if data.is_stream else data.batch_size,
        validation_data=by_task(validation),
        sample_weight=by_task(data.sample_weight),
        class_weight=by_task(class_weight),
        # Else a length that nobody knows would be refused.
        steps_per_epoch=None if data.num_batches else 1,
        schedule=None if data.num_batches else RoundRobin(),
    )
    rows = data.x if data.is_stream else (data.x, data.y)
    run = set_up(state, {task: rows}, None, settings, seed)
    (source,) = run.data.sets.values()
    Step(state, run.data.tasks, run.data.joint).build({task: next(source.one_pass())})
    return run


def _automatic(
    model: TransferModel,
    flags: PhaseFlags,
    data: TuningData,
    epochs: int | None,
    criterion: Criterion,
    validation: Any,
) -> list[Stage]:
    """Return the phases of `"auto"`: the head alone, then the trunk, if it has what trains."""
    if data.is_endless:
        raise ValueError(
            'A stream without an end has no length that `phases="auto"` could go by. Leave out '
            "what repeats it, such as `.repeat()`, or give a list of `phases` with `steps`."
        )
    first, second = recipe.first_phase(), recipe.second_phase(data, epochs, model.optimizer)
    if validation is not None:
        second = replace(second, until=criterion.stopping())
    static = [flags.static(first), flags.static(second)]
    trained = flags.trained(static[1])
    if not flags.any_weights:
        return [resolve(1, first, static[0], [], num_batches=data.num_batches, epochs=epochs)]
    head = Stage(1, first, static[0], [], 1, None, 1, solves=True)
    if not trained:
        return [head]
    return [head, resolve(2, second, static[1], trained, num_batches=data.num_batches, epochs=None)]


def _given(flags: PhaseFlags, data: TuningData, arguments: TuningArguments) -> list[Stage]:
    """Return the phases of a list."""
    assert not isinstance(arguments.phases, str)
    by_phase = zip(arguments.phases, static_by_phase(flags, arguments.phases), strict=True)
    return [
        resolve(
            number,
            phase,
            static,
            flags.trained(static),
            num_batches=data.num_batches,
            epochs=arguments.epochs,
        )
        for number, (phase, static) in enumerate(by_phase, start=1)
    ]


def _check_monitors(stages: Sequence[Stage], state: TrainingState, validation: Any) -> None:
    """Refuse monitors that the logs will not have."""
    names = [*flat(state.results())]
    known = [*names, *([] if validation is None else [f"val_{name}" for name in names])]
    for one in stages:
        monitor = None if one.phase.until is None else one.phase.until.monitor
        if monitor is None or monitor in known:
            continue
        hint = did_you_mean(monitor, known)
        if validation is None and monitor.startswith("val_"):
            hint = " There are no `validation_data`."
        raise ValueError(
            f"Phase {one.number}, `{one.phase.name}`, ends by {monitor!r}, which is not logged. "
            f"Logged are: {known}.{hint}"
        )


def _identity(run: Run, stages: Sequence[Stage], batchnorm: str) -> dict[str, Any]:
    """Return what must match before a run resumes, as JSON holds it."""
    phases = [
        [str(one.phase.unfreeze), one.epochs, one.steps_per_epoch, one.solves, list(one.trained)]
        for one in stages
    ]
    known = identity(run)
    # The flags and the optimizer of the model are those of some phase when a run resumes.
    known["model"] = [part[:3] for part in known["model"]]
    for key in ("optimizer", "schedule", "steps_per_epoch"):
        known.pop(key)
    return {**known, "phases": phases, "batchnorm": batchnorm}
