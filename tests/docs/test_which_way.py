"""The table of the page "which way" shows what was measured for the claims."""

import re

from docs.pages import ROOT

STRATEGIES = {
    "features+knn": "features, neighbours",
    "features+logistic": "features, logistic",
    "frozen": "frozen",
    "fine-tuned": "fine-tuned",
    "alternating": "alternating",
    "from-scratch": "from scratch",
}


def rows(text):
    """The cells of the rows of all tables of a text."""
    for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE):
        yield [cell.strip().strip("*") for cell in line.split("|")]


def measured():
    """The accuracy by pair of tasks, number of labels and strategy."""
    text = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
    parts = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    for pair, part in parts:
        counts = []
        for name, *cells in rows(part):
            if name == "accuracy in %":
                counts = [cell.removesuffix(" labels") for cell in cells]
            elif name in STRATEGIES:
                yield from (
                    ((pair, count, name), cell) for count, cell in zip(counts, cells, strict=True)
                )


def test_the_table_shows_what_was_measured():
    found = dict(measured())
    page = list(rows((ROOT / "docs/which_way.md").read_text(encoding="utf-8")))
    table = [row for row in page if row[0][-1:].isdigit()]

    assert ["pair of tasks, labels", *STRATEGIES.values()] in page and len(table) > 10
    for name, *cells in table:
        pair, _, count = name.rpartition(", ")
        expected = [found.get((pair, count, strategy), "") for strategy in STRATEGIES]
        assert cells == expected, name
