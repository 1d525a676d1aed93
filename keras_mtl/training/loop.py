"""The training loop: epochs, blocks of steps, callbacks, validation, backups."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import NonFiniteLoss
from keras_mtl.schedules.base import JOINT
from keras_mtl.schedules.functions import as_schedule
from keras_mtl.schedules.interleaved import Interleaved
from keras_mtl.schedules.joint import Joint
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.class_weights import class_weights
from keras_mtl.training.logs import epoch_logs, flat, step_logs
from keras_mtl.training.metric_directions import tell_directions
from keras_mtl.training.plan import Plan
from keras_mtl.training.resume.backup import Backup, Position, State
from keras_mtl.training.resume.callback_memory import Memory
from keras_mtl.training.resume.run_identity import identity
from keras_mtl.training.run_callbacks import (
    begin_training,
    callback_list,
    history_of,
    steps_per_block,
)
from keras_mtl.training.scoring_pass import score
from keras_mtl.training.settings import Settings
from keras_mtl.training.steps.blocks import Block
from keras_mtl.training.steps.choosing import make_runner, random_state, set_random_state
from keras_mtl.training.steps.forward import Step
from keras_mtl.training.task_data import Data, apart, hold_out, read_data

RANDOM = "random "
"""What the names of arrays that random numbers come from begin with."""


def fit(model: Any, x: Any, y: Any, settings: Settings) -> keras.callbacks.History:
    """Train a multi-task model; changes its weights. The arguments are those of its `fit`."""
    if not model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    inner_optimizer(model.optimizer).check_known(model.trainable_variables)
    return _Fit(model, x, y, settings).run()


class _Fit:
    """One call of `fit`: everything is checked before the first step."""

    def __init__(self, model: Any, x: Any, y: Any, settings: Settings) -> None:
        self.model = model
        self.settings = settings
        self.backup = None if settings.backup is None else Backup(settings.backup)
        given = settings.seed
        if given is None and self.backup is not None:
            given = self.backup.seed
        seed = _seed(given)
        data, self.validation = self._read(x, y, seed)
        self.class_weights = class_weights(settings.class_weight, model)
        self.plan = self._plan(data, seed)
        self.data, self.steps_per_epoch = self.plan.data, self.plan.steps_per_epoch
        self.kinds = self.plan.kinds(settings.epochs)
        model.stop_training = False
        model.stopped_tasks.clear()
        with model.training_scope():
            if not model.optimizer.built:  # A `LossScaleOptimizer` would start its scale anew.
                model.optimizer.build(model.trainable_variables)
            self.steps = self._steps()
            self.runner = make_runner(model, self.steps, self.data.sets)
        self.callbacks = callback_list(
            model,
            settings.callbacks,
            verbose=settings.verbose,
            epochs=settings.epochs,
            steps=self.steps_per_epoch,
        )
        self.block = steps_per_block(model, self.callbacks, settings.steps_per_execution)
        self.trained: set[str] = set()
        self.used = dict.fromkeys(self.data.sets, 0)

    def run(self) -> keras.callbacks.History:
        """Train all epochs."""
        settings = self.settings
        saved = self._saved()
        position = saved.position if saved else Position(settings.initial_epoch, 0)
        self.used = saved.notes["used"] if saved else self.plan.used_before(settings.initial_epoch)
        self._open()
        try:
            return self._train(saved, position)
        finally:
            self.runner.close()

    def _train(self, saved: State | None, position: Position) -> keras.callbacks.History:
        """Train from a position on, that of a backup if there is one."""
        model, settings = self.model, self.settings
        tell_directions(model, self.callbacks.callbacks)
        epoch = begin_training(model, self.callbacks, position.epoch)
        if epoch != position.epoch:
            position, self.used = Position(epoch, 0), self.plan.used_before(epoch)
            self.runner.close()
            self._open()
        self.memory = Memory(self.callbacks.callbacks)
        if saved and not position.step:
            self._restore(saved)
        logs: dict[str, Any] = {}
        for epoch in range(position.epoch, settings.epochs):
            middle = saved if epoch == position.epoch and position.step else None
            logs = self._epoch(epoch, middle)
            if model.stop_training or self._all_stopped():
                break
        if settings.epochs > settings.initial_epoch:
            model.optimizer.finalize_variable_values(model.trainable_variables)
        self.callbacks.on_train_end(logs)
        if self.backup:
            self.backup.remove()
        return history_of(self.callbacks)

    def _open(self) -> None:
        """Get ready for the batches from here to the end of training."""
        after = self.plan.used_before(self.settings.epochs)
        self.runner.open(
            {name: range(start, max(start, after[name])) for name, start in self.used.items()}
        )

    def _epoch(self, epoch: int, middle: State | None) -> dict[str, Any]:
        """Train an epoch, or what is left of it after a backup; its logs."""
        if not middle:
            self._reset()
        self.callbacks.on_epoch_begin(epoch)
        if middle:  # Not before: what callbacks do at the beginning was done already.
            self._restore(middle)
        start = epoch * self.steps_per_epoch
        tasks = self.plan.epoch(epoch)
        step = middle.position.step if middle else 0
        while step < self.steps_per_epoch and not self.model.stop_training:
            until = self._end_of_block(start, step)
            self._run_block(epoch, step, tasks[step:until])
            step = until
            if self._all_stopped():
                self.model.stop_training = True
            if step < self.steps_per_epoch and self._due(start + step):
                self._save(Position(epoch, step))
        logs = epoch_logs(self.model.training_results(), self.trained)
        if self.validation and (epoch + 1) % self.settings.validation_freq == 0:
            logs |= {f"val_{name}": value for name, value in flat(self._validate()).items()}
        self.callbacks.on_epoch_end(epoch, logs)
        if self._due(start + step):
            self._save(Position(epoch + 1, 0))
        return logs

    def _run_block(self, epoch: int, first: int, tasks: np.ndarray) -> None:
        places = [place for place, task in enumerate(tasks.tolist()) if self._trains(task)]
        if not places:
            return
        self._leave_out_stopped()
        kinds = [self.kinds.index(tasks[place]) for place in places]
        steps = [self.steps[kind] for kind in kinds]
        counts = {name: sum(name in step.feeds for step in steps) for name in self.used}
        positions = {name: range(at, at + counts[name]) for name, at in self.used.items()}
        self.callbacks.on_train_batch_begin(first)
        outcome = self.runner.run(Block(kinds, positions))
        if not outcome.finite:
            self._refuse(steps[: outcome.taken], epoch, first + places[outcome.taken - 1])
        self.used = {name: one.stop for name, one in positions.items()}
        self.trained.update(task for step in steps for task in step.tasks)
        logs = step_logs(outcome.results, self.trained)
        self.callbacks.on_train_batch_end(first + len(tasks) - 1, logs)

    def _refuse(self, steps: list[Step], epoch: int, number: int) -> None:
        """Say which step had a loss that is not finite."""
        failed = steps[-1]
        where = []
        for name in failed.feeds:
            at = self.used[name] + sum(name in step.feeds for step in steps) - 1
            size = self.data.sets[name].num_batches
            where.append(f"batch {at % size if size else at} of the data of `{name}`")
        tasks = ", ".join(f"`{task}`" for task in failed.tasks)
        raise NonFiniteLoss(
            f"The loss of {tasks}, or its gradient, became NaN or infinite at step {number} of "
            f"epoch {epoch} (both counted from 0), on {', '.join(where)}. The weights are those "
            "before that step. Look for NaN or very large values in these inputs and labels, or "
            "use a smaller learning rate or `clipnorm`."
        )

    def _trains(self, task: int) -> bool:
        return task == JOINT or self.data.tasks[task] not in self.model.stopped_tasks

    def _all_stopped(self) -> bool:
        return self.model.stopped_tasks >= set(self.data.tasks)

    def _leave_out_stopped(self) -> None:
        """Take the tasks that were stopped out of the steps that train all of them."""
        if [self._tasks(kind) for kind in self.kinds] != [step.tasks for step in self.steps]:
            self.steps = self._steps()
            with self.model.training_scope():
                self.runner.use(self.steps)

    def _steps(self) -> list[Step]:
        """A step for each kind."""
        joint = self.data.joint
        return [
            Step(self.model, self._tasks(kind), joint, self.class_weights) for kind in self.kinds
        ]

    def _end_of_block(self, start: int, step: int) -> int:
        until = min(step + self.block, self.steps_per_epoch)
        every = self.settings.backup_every
        if every is not None:
            to_backup = every - (start + step) % every
            until = min(until, step + to_backup)
        return until

    def _due(self, steps: int) -> bool:
        """Whether a backup is to be made after so many steps of the run."""
        if self.backup is None or self.model.stop_training or self._all_stopped():
            return False
        return steps % (self.settings.backup_every or self.steps_per_epoch) == 0

    def _reset(self) -> None:
        self.trained = set()
        self.model.mean_of_steps.reset_state()
        for task in self.data.tasks:
            self.model.objectives[task].reset()

    def _validate(self) -> Any:
        assert self.validation is not None
        return score(self.model, self.validation, self.callbacks)

    def _saved(self) -> State | None:
        """The backup to go on from, if there is one."""
        if self.backup is None:
            return None
        for one in self.data.sets.values():
            one.check_resumable()
        self.backup.open(
            identity(
                self.model,
                self.plan.schedule,
                self.data.sets,
                self.data.batches,
                class_weights=self.class_weights,
                seed=self.plan.seed,
                steps_per_epoch=self.steps_per_epoch,
            )
        )
        return self.backup.state

    def _restore(self, saved: State) -> None:
        assert self.backup is not None
        self.backup.restore(self._variables())
        self.trained = set(saved.notes["trained"])
        self.model.stopped_tasks.update(saved.notes["stopped"])
        self.memory.give_back(saved.notes["callbacks"], saved.arrays)
        random_numbers = {name: saved.arrays[RANDOM + name] for name in saved.notes["random"]}
        set_random_state(random_numbers)

    def _tasks(self, kind: int) -> tuple[str, ...]:
        """The tasks that a kind of step trains; those that were stopped too, if none is left."""
        if kind != JOINT:
            return (self.data.tasks[kind],)
        left = tuple(task for task in self.data.tasks if task not in self.model.stopped_tasks)
        return left or self.data.tasks

    def _read(self, x: Any, y: Any, seed: int) -> tuple[Data, Data | None]:
        """The data to train on, and those to validate on."""
        settings = self.settings
        data = read_data(
            self.model,
            x,
            y,
            batch_size=settings.batch_size,
            shuffle=settings.shuffle,
            seed=seed,
            sample_weight=settings.sample_weight,
            masks=settings.masks,
        )
        if settings.validation_split:
            return hold_out(data, settings.validation_split, settings.validation_batch_size)
        return data, self._read_validation()

    def _read_validation(self) -> Data | None:
        if self.settings.validation_data is None:
            return None
        size = self.settings.validation_batch_size or self.settings.batch_size
        data = read_data(
            self.model, self.settings.validation_data, None, batch_size=size, every_task=False
        )
        frequency = self.settings.validation_freq
        times = self.settings.epochs // frequency - self.settings.initial_epoch // frequency
        for one in data.sets.values():
            one.check_passes(times)
        return data

    def _plan(self, data: Data, seed: int) -> Plan:
        settings = self.settings
        schedule = None if settings.schedule is None else as_schedule(settings.schedule)
        if schedule is None:
            schedule = Joint() if data.joint else Interleaved()
        if data.joint and not isinstance(schedule, Joint):
            data = apart(data)
        schedule.check(data.batches)
        steps = settings.steps_per_epoch
        if steps is None:
            steps = schedule.steps_per_epoch(data.batches, settings.epoch)
        return Plan(schedule, data, seed, steps)

    def _save(self, position: Position) -> None:
        assert self.backup is not None
        callbacks, arrays = self.memory.notes()
        random_numbers = random_state()
        arrays |= {RANDOM + name: state for name, state in random_numbers.items()}
        notes = {
            "random": list(random_numbers),
            "used": self.used,
            "trained": sorted(self.trained),
            "stopped": sorted(self.model.stopped_tasks),
            "callbacks": callbacks,
        }
        self.backup.save(State(position, notes, arrays), self._variables())

    def _variables(self) -> dict[str, keras.Variable]:
        """All variables of the run by a name."""
        model = self.model
        objectives = [model.objectives[task] for task in self.data.tasks]
        groups = {"model": model.variables, "optimizer": model.optimizer.variables}
        groups["metrics"] = [
            *model.mean_of_steps.variables,
            *(variable for objective in objectives for variable in objective.variables),
        ]
        return {
            f"{group}-{index}": variable
            for group, own in groups.items()
            for index, variable in enumerate(own)
        }


def _seed(given: int | None) -> int:
    # As Keras draws its own seeds, so that `keras.utils.set_random_seed` decides.
    return random.randrange(2**31) if given is None else int(given)
