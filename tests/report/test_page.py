"""The page of a report."""

import sys
from html.parser import HTMLParser

import pytest

from _report_data import COUNTS, MEANS, failed_run, made_up_data, made_up_explanation, made_up_runs
from keras_mtl.errors import MissingExtra
from keras_mtl.report.page import report_page, write_report
from keras_mtl.results.verdict import verdict

VOID = {"meta", "link", "br", "path", "use", "rect", "wbr", "img"}


class Page(HTMLParser):
    """Reads texts, elements and identifiers; counts open elements."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def full():
    return report_page(made_up_data(explanation=made_up_explanation()))


def test_it_is_whole_and_needs_nothing_else(full):
    page = Page(full)
    assert page.open == []
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    links = [one.get(key, "") for key in ("href", "src") for _, one in page.elements]
    assert all(link.startswith(("#", "data:")) or link == "" for link in links)
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert page.all("script") == [] and "@import" not in full
    assert len(full.encode()) < 500_000


def test_the_verdict_comes_first_and_every_mean_is_there(full):
    page, runs = Page(full), made_up_runs()
    titles = [one["id"] for one in page.all("section")]
    assert titles[:5] == ["verdict", "scores", "depth", "times", "curves"]
    assert titles[5:] == ["network", "mistakes", "failures", "repeat"]
    shown = {float(one["value"]) for one in page.all("data")}
    for strategy in MEANS:
        for labels in COUNTS:
            scores = [r.score for r in runs if (r.strategy, r.labels) == (strategy, labels)]
            assert any(abs(sum(scores) / 3 - value) < 1e-12 for value in shown)
    for text in (*verdict(runs).sentences[:1], "InvalidCut: none", "1 of 37 runs failed"):
        assert text in page.text
    assert 'cut="auto"' in page.text and "3.15.0" in page.text


@pytest.mark.slow
def test_names_are_shown_as_they_are():
    name = "<script>alert('$x$ & \"y\"')</script> 数字 \x00\ud800"
    runs = made_up_runs({name: (0.5, 0.6, 0.7), "from-scratch": (0.4, 0.5, 0.6)})
    page = report_page(made_up_data(title=name, runs=[*runs, failed_run(name, error=name)]))
    page.encode("utf-8")
    assert "<script" not in page and "\x00" not in page
    read = Page(page)
    assert read.text.count("<script>alert('$x$ & \"y\"')</script> 数字") >= 5
    assert [one for tag, one in read.elements if "alert" in tag] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"runs": [failed_run()], "depths": None},
        {"runs": made_up_runs({"mine": (-1234.5,)}, (7,), 1), "control": "none", "metric": "r2"},
        pytest.param(
            {"runs": made_up_runs({f"s{n}": (0.5,) for n in range(13)}, (7,), 2), "settings": {}},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["nothing succeeded", "one run", "many strategies"],
)
def test_little_or_much_is_still_a_page(changes):
    page = Page(report_page(made_up_data(**changes)))
    assert page.open == [] and {"nan", "None"}.isdisjoint(page.text.split())


@pytest.mark.slow
def test_the_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = write_report(made_up_data(), tmp_path / "report.html")
    page = report_page(made_up_data())
    assert path.read_text(encoding="utf-8") == page
    with pytest.raises(FileNotFoundError, match="missing"):
        write_report(made_up_data(), tmp_path / "missing" / "report.html")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r'pip install "keras_mtl\[plots\]"'):
        write_report(made_up_data(), path)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8") == page
