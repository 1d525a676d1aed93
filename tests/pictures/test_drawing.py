"""Drawings as files, and as elements of a page."""

import re
import sys
from xml.etree import ElementTree

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.drawing import inline_svg, saved
from keras_mtl.pictures.palette import LINES


def draw(figure):
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], marker="o", color=LINES[0])
    axes.fill_between([1, 2], [2, 3], [4, 5], color=LINES[1], alpha=0.2)
    axes.set_title("$5 <b> & 数字")
    axes.grid()


def test_an_svg_fits_into_a_page():
    one, other = inline_svg(draw, 300, 200, "one"), inline_svg(draw, 300, 200, "other")
    root = ElementTree.fromstring(one)

    assert (root.tag, root.get("width"), root.get("viewBox")) == ("svg", "300", "0 0 300 200")
    assert "$5 <b> & 数字" in [text.text for text in root.iter("text")]
    # Colours and fonts are those of the page, and there is no background.
    assert "var(--line-1)" in one and "var(--line-2)" in one and "var(--background)" not in one
    assert "font-family" not in one and "<style" not in one and "metadata" not in one
    styles = [element.get("style", "") for element in root.iter()]
    assert [style for style in styles if "#" in style.replace("url(#", "")] == []
    # Identifiers are used, and unique on the page.
    names = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, other)]
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', one))
    assert names[0] == used and names[0].isdisjoint(names[1])
    assert one == inline_svg(draw, 300, 200, "one")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    assert saved(draw, 300, 200, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="xyz"):
        saved(draw, 300, 200, tmp_path / "a.xyz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("module", ["matplotlib", "matplotlib.figure"])
def test_without_matplotlib_the_extra_is_named(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match="plots"):
        inline_svg(draw, 300, 200, "one")
