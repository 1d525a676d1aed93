"""Links lead somewhere: to a page, a heading of it, or a file of the repository."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docs.pages import DOCS, README, ROOT


def tokens_of(page):
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def links(page):
    """The targets of the links and pictures of a page."""
    for token in tokens_of(page):
        target = token.attrs.get("href") or token.attrs.get("src")
        if target:
            yield str(target)


def anchors(page):
    """The names of the headings of a page, as the site makes them."""
    tokens = list(tokens_of(page))
    for opened, text in pairwise(tokens):
        if opened.type == "heading_open":
            words = "".join(one.content for one in text.children)
            yield re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", words).strip().lower())


@pytest.mark.parametrize("page", [README, *DOCS], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in links(page):
        if re.match(r"\w+:", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = target.partition("#")
        file = Path(page.parent, path) if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if page != README:  # The site holds the folder `docs`, and nothing else.
            assert file.resolve().is_relative_to(ROOT / "docs"), target
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}"


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    for page in DOCS:
        assert f'"{page.relative_to(ROOT / "docs")}"' in navigation
