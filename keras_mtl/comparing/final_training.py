"""What is trained and measured on all labels, once the runs are done."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.comparing.cut_features import Use
from keras_mtl.comparing.depth_choice import DepthChoice
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.preparation import prepare_all
from keras_mtl.probing.probe_table import Probes
from keras_mtl.training.global_draws import drawing


def train_on_all(experiment: Experiment, strategy: str) -> Any:
    """Return the model of a strategy, trained on all labels."""
    runner, planned = prepare_all(experiment, strategy)
    (part,) = planned.parts
    data = runner.material.training(runner.task, part, Use())
    with drawing(planned.key.seed):
        return planned.strategy.fit(runner.task, part.cut, data, planned.key.seed).model()


def depths_for_all(experiment: Experiment) -> Probes | None:
    """Return how the depths of the network score for all labels; None if they do not tell."""
    task = experiment.task
    choice = DepthChoice(task.model, task.labels, experiment.data, task.pooling, verbose=0)
    return choice.best(np.arange(len(experiment.data.values)), experiment.seeds[0])[1]
