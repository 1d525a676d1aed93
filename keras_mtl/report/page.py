"""A report as one page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.common.atomic_files import written_whole_file
from keras_mtl.common.writable_text import writable
from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.palette import DARK, VARIABLES
from keras_mtl.report.blocks import Section
from keras_mtl.report.markup import name, plain, prose
from keras_mtl.report.numbers import counted
from keras_mtl.report.report_data import ReportData
from keras_mtl.report.sections.curves import curves
from keras_mtl.report.sections.depth import depth
from keras_mtl.report.sections.failures import failures
from keras_mtl.report.sections.mistakes import mistakes
from keras_mtl.report.sections.network import network
from keras_mtl.report.sections.repeat import repeat
from keras_mtl.report.sections.scores import scores
from keras_mtl.report.sections.times import times
from keras_mtl.report.sections.verdict import verdict

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_report(data: ReportData, path: str | Path) -> Path:
    """Write a report as an HTML page, whole or not at all.

    Args:
        data: What it is made from.
        path: Where to write it; what is there is replaced.

    Raises:
        MissingExtra: jinja2 or matplotlib is not installed.
    """
    page = report_page(data)
    with written_whole_file(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
    return Path(path)


def report_page(data: ReportData) -> str:
    """Return a report as an HTML page.

    Raises:
        MissingExtra: jinja2 or matplotlib is not installed.
    """
    template = _environment().get_template("page.html")
    return template.render(
        title=data.title,
        summary=_summary(data),
        sections=list(_sections(data)),
        light=_colors({color: color for color in VARIABLES}),
        dark=_colors(DARK),
    )


def _sections(data: ReportData) -> Iterator[Section]:
    yield verdict(data)
    yield scores(data)
    if data.depths is not None:
        yield depth(data.depths)
    yield from times(data)
    yield from curves(data)
    if data.network is not None:
        yield network(data.network)
    if data.explanation is not None:
        yield mistakes(data.explanation)
    yield failures(data)
    yield repeat(data)


def _summary(data: ReportData) -> str:
    strategies = counted(len(data.strategies), "strategy", "strategies")
    counts = counted(len(data.counts), "number of labels", "numbers of labels")
    seeds = counted(len({run.seed for run in data.runs}), "seed")
    return f"{strategies}, {counts}, {seeds}: {counted(len(data.runs), 'run')}."


def _colors(colors: Mapping[str, str]) -> str:
    return " ".join(f"{VARIABLES[color]}: {shown};" for color, shown in colors.items())


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtra("A report", "plots") from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_writable,
    )
    environment.filters.update(prose=prose, plain=plain, name=name)
    return environment


def _writable(value: Any) -> Any:
    """Return a text without what a file cannot hold; anything else, markup too, as it is."""
    return writable(value) if type(value) is str else value
