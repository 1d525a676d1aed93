"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.network_parts import NetworkParts
from keras_mtl.pictures.palette import LineStyle, line_styles
from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.results.metric_words import MetricWords
from keras_mtl.results.run import Run
from keras_mtl.results.summary import Summary, summarise
from keras_mtl.results.verdict import Verdict


@dataclass(frozen=True)
class Depths:
    """Scores of the features of the trained network by depth.

    Attributes:
        scores: From the inputs to the outputs.
        score_name: What the scores are, such as `"accuracy"`.
        chance: A score that needs no features, if there is one.
        best: The layer with the best features.
        note: What is to be said about it, such as which depths are as good.
    """

    scores: Sequence[DepthScore]
    score_name: str
    best: str
    chance: float | None = None
    note: str = ""


@dataclass(frozen=True)
class ReportData:
    """What a report is made from; what is not there is left out of the page.

    Attributes:
        title: The heading, such as the name of the trained network and of the task.
        runs: All runs, those that failed too.
        verdict: What the runs say.
        metric: Name of the score, as scikit-learn calls its scorer, such as `"accuracy"`.
        control: The strategy that the others are compared with, if it is among them.
        folds: Number of folds of a cross-validation; None if there were test rows.
        judged: What the scores were measured on, as a sentence.
        depths: Scores by depth of the trained network.
        network: The parts of the best network.
        explanation: What the best model gets right and wrong.
        settings: What was asked for, by name.
        versions: Versions of packages, by name.
        call: The lines of Python that repeat it.
    """

    title: str
    runs: Sequence[Run]
    verdict: Verdict
    metric: str = "accuracy"
    control: str = "from-scratch"
    folds: int | None = None
    judged: str = ""
    depths: Depths | None = None
    network: NetworkParts | None = None
    explanation: Explanation | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    call: str = ""

    @property
    def strategies(self) -> list[str]:
        """Names of the strategies in the order of the runs."""
        return list(dict.fromkeys(run.strategy for run in self.runs))

    @property
    def counts(self) -> list[int]:
        """Numbers of labels in increasing order."""
        return sorted({run.labels for run in self.runs})

    @cached_property
    def summaries(self) -> Mapping[tuple[str, int], Summary]:
        """What the runs of a strategy with a number of labels come to, where one has a score."""
        return {(one.strategy, one.labels): one for one in summarise(self.runs) if one.runs}

    @property
    def words(self) -> MetricWords:
        """How scores read."""
        return MetricWords(self.metric)

    @cached_property
    def styles(self) -> Mapping[str, LineStyle]:
        """How the line of each strategy is drawn."""
        return line_styles(self.strategies, self.control)
