"""Runs of strategies that are right with known probabilities: nothing is trained."""

from dataclasses import dataclass

import numpy as np

from keras_mtl.results.run import Run


@dataclass(frozen=True)
class Setting:
    """A comparison to simulate.

    A prediction is right with a probability whose logit is the sum of normal numbers: how easy the
    row is, with a deviation of 2; the draw of the labels, with one of 0.2; and what is a matter of
    the strategy: how it suits the row, and how its training went. The last two have the same sum
    of variances for all strategies, so strategies with the same effect are equally often right.

    Attributes:
        labels: Number of label counts.
        strategies: Number of strategies.
        seeds: Number of seeds.
        rows: Number of test rows.
        trainings: Between which the deviations of the trainings lie, over the strategies; each is
            halved from one label count to the next.
        total: Deviation of what is a matter of the strategy.
        effects: What is added to the logits of each strategy; nothing by default.
    """

    labels: int = 3
    strategies: int = 5
    seeds: int = 5
    rows: int = 500
    trainings: tuple[float, float] = (0.05, 0.6)
    total: float = 0.8
    effects: tuple[float, ...] = ()

    @property
    def names(self):
        return [f"way{number}" for number in range(self.strategies)]


def simulate(setting, seed):
    """Return the runs of one simulated comparison."""
    rng = np.random.default_rng(seed)
    shape = setting.strategies, setting.labels, setting.seeds, setting.rows
    training = np.geomspace(*setting.trainings, setting.strategies)[:, None, None, None]
    training = training / 2.0 ** np.arange(setting.labels)[:, None, None]
    suiting = np.sqrt(setting.total**2 - training**2)
    effects = np.array(setting.effects or (0.0,) * setting.strategies)
    logits = (
        effects[:, None, None, None]
        + np.arange(setting.labels)[:, None, None]
        + 2.0 * rng.standard_normal(shape[-1])
        + suiting * rng.standard_normal((shape[0], 1, 1, shape[3]))
        + 0.2 * rng.standard_normal((1, shape[1], shape[2], 1))
        + training * rng.standard_normal((*shape[:3], 1))
    )
    gains = (rng.random(shape) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    return [
        Run(name, 20 * 5**count, one, None, float(rows.mean()), 1.0, 1, gains=rows)
        for name, of_strategy in zip(setting.names, gains, strict=True)
        for count, of_count in enumerate(of_strategy)
        for one, rows in enumerate(of_count)
    ]
