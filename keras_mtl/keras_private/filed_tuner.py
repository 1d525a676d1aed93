"""What the search needs of keras-tuner and is private there, under names of our own.

keras-tuner 1.4 offers no public way to write the files of a search whole or not at all, to read
back a search that was killed between two of them, to name trials, to say on the console what they
do, to declare hyperparameters without building models, or to end a trial of another process.
`tests/keras_private/test_filed_tuner.py` tells when a new version changes any of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial
from keras_tuner.src.engine import tuner_utils
from keras_tuner.src.engine.oracle import Display

__all__ = ["FiledOracle", "FiledTuner", "Trial", "reported"]


def reported(results: Any, objective: keras_tuner.Objective) -> tuple[dict[str, float], int]:
    """Return the metrics in the best epoch of a trial, and which epoch that is.

    Args:
        results: What `Tuner.run_trial` returns.
        objective: The objective of the search.

    Raises:
        FatalTypeError: The results are nothing that keras-tuner knows.
        FatalValueError: The objective is missing.
    """
    tuner_utils.validate_trial_results(results, objective, "Tuner.run_trial()")
    metrics = tuner_utils.convert_to_metrics_dict(results, objective)
    values = {name: float(value) for name, value in metrics.items()}
    return values, int(tuner_utils.get_best_step(results, objective))


class FiledOracle(keras_tuner.Oracle):
    """An oracle that says where its files are, and lets a subclass write them and talk."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._display = _Display(self)

    @abstractmethod
    def trial_begins(self, trial: Trial) -> str:
        """Return what is printed when a trial begins, unless the search is silent."""

    @abstractmethod
    def trial_ends(self, trial: Trial) -> str:
        """Return what is printed when a trial has ended, unless the search is silent."""

    def set_seed(self, seed: int) -> None:
        """Use this seed: the constructor of keras-tuner draws another one instead of 0."""
        self.seed = self._seed_state = seed

    @property
    def state_file(self) -> Path:
        """The file with the state of the oracle."""
        return Path(self._get_oracle_fname())

    @property
    def folder(self) -> Path:
        """The folder of the search."""
        return Path(self._project_dir)

    def trial_folder(self, trial_id: str) -> Path:
        """Return the folder of a trial, which keras-tuner would make to tell its path."""
        return self.folder / f"trial_{trial_id}"

    @abstractmethod
    def write_trial(self, trial: Trial, path: Path) -> None:
        """Write the file of a trial, whose folder may be missing."""

    @abstractmethod
    def new_trial_id(self) -> str:
        """Return a name that no trial of the folder has or had."""

    @keras_tuner.synchronized
    def create_trial(self, tuner_id: str) -> Trial:
        """Hand out a trial: one that waits, else a new one.

        keras-tuner names a new trial by the number of trials. In a folder that has lost a trial,
        this is the name of a finished trial, which would be replaced. So a new trial gets its name
        here and waits for its turn.
        """
        if not self._retry_queue and tuner_id not in self.ongoing_trials:
            self._add_new_trial()
        return super().create_trial(tuner_id)

    def _add_new_trial(self) -> None:
        trial_id = self.new_trial_id()
        planned = self.populate_space(trial_id)
        if planned["status"] != "RUNNING":
            return
        space = self.get_space()
        space.values = planned["values"]
        trial = Trial(space, trial_id)
        self.trials[trial_id] = trial
        self.start_order.append(trial_id)
        self._save_trial(trial)
        self.waiting = [trial_id]

    def forget_trials(self) -> None:
        """Forget all trials, before they are read from the folder."""
        for known in (self.trials, self.ongoing_trials):
            known.clear()
        for order in (self.start_order, self.end_order, self._retry_queue):
            order.clear()

    @property
    def waiting(self) -> list[str]:
        """The trials that are handed out before any new one, the next one first."""
        return self._retry_queue[::-1]

    @waiting.setter
    def waiting(self, trial_ids: Sequence[str]) -> None:
        self._retry_queue = list(trial_ids)[::-1]  # keras-tuner takes the last one.

    def _save_trial(self, trial: Trial) -> None:
        self.write_trial(trial, self.trial_folder(trial.trial_id) / "trial.json")


class _Display(Display):
    """Prints what the oracle says, where keras-tuner prints tables of all hyperparameters."""

    def on_trial_begin(self, trial: Trial) -> None:
        # Asked for in any case, as it takes the time.
        self._print(self.oracle.trial_begins(trial))

    def on_trial_end(self, trial: Trial) -> None:
        self._print(self.oracle.trial_ends(trial))

    def _print(self, text: str) -> None:
        if self.verbose:
            print(text, flush=True)


class FiledTuner(keras_tuner.Tuner):
    """A tuner that says where its files are, and lets a subclass declare hyperparameters."""

    @property
    def state_file(self) -> Path:
        """The file with the state of the tuner."""
        return Path(self._get_tuner_fname())

    @property
    def is_worker(self) -> bool:
        """Whether the oracle is on another machine, the chief."""
        return bool(self._is_worker())

    @abstractmethod
    def begin(self) -> None:
        """Tell the oracle all hyperparameters, and read a search that may be there.

        To find the hyperparameters keras-tuner would build models.
        """

    def reload(self) -> None:
        """Begin, with a file of this tuner in the folder."""
        self.begin()

    def _populate_initial_space(self) -> None:
        self.begin()
