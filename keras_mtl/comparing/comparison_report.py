"""What the report of a comparison is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keras_mtl.comparing.comparison_facts import ComparisonFacts, facts_of
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.final_training import depths_for_all
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.network_parts import NetworkParts
from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.probing.probe_table import Probes
from keras_mtl.report.report_data import Depths, ReportData
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import Verdict


def report_data(
    experiment: Experiment,
    runs: Sequence[Run],
    verdict: Verdict,
    *,
    network: NetworkParts | None = None,
    explanation: Explanation | None = None,
) -> ReportData:
    """Return what the report of a comparison is made from.

    Args:
        experiment: What was compared, on what.
        runs: All runs, those that failed too.
        verdict: What they say.
        network: The best model in its parts; None if it is no network.
        explanation: What the best model gets wrong; None without test rows.
    """
    return replace(
        report_of_runs(facts_of(experiment), runs, verdict),
        depths=_depths(experiment),
        network=network,
        explanation=explanation,
    )


def report_of_runs(facts: ComparisonFacts, runs: Sequence[Run], verdict: Verdict) -> ReportData:
    """Return what the report of a comparison is made from, without what needs its data.

    Args:
        facts: What is said of the comparison.
        runs: All runs, those that failed too.
        verdict: What they say.
    """
    return ReportData(
        title=facts.title,
        runs=runs,
        verdict=verdict,
        metric=facts.metric,
        folds=facts.folds,
        judged=f"Judged on {facts.judged}.",
        settings=facts.settings,
        versions=facts.versions,
        call=facts.call,
    )


def _depths(experiment: Experiment) -> Depths | None:
    """Return the scores by depth for all labels; None if the cut was given."""
    probes = depths_for_all(experiment) if experiment.cut is None else None
    if probes is None:
        return None
    scores = [DepthScore(one.layer, one.score, one.spread or 0.0) for one in probes]
    return Depths(scores, probes.metric, probes.best.layer, probes.chance, _note(probes))


def _note(probes: Probes) -> str:
    """Return which depths may as well be the best."""
    return (
        "A ridge regression on the features of all rows with labels, one of which is left out at a "
        f"time. {probes.footer}."
    )
