"""Texts as HTML."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.common.writable_text import writable
from keras_mtl.report.markup import name, plain, prose


def test_names_in_backticks_are_code():
    assert prose("Best: `a<b`; `c` & d `") == "Best: <code>a&lt;b</code>; <code>c</code> &amp; d `"
    assert plain("Best: `a<b`") == "Best: a<b"


@given(st.text(st.characters(exclude_categories=())))
def test_names_stay_and_are_escaped(text):
    html = name(text)
    assert unescape(html.replace("<wbr>", "")) == unescape(writable(text)) or "&" in text
    assert "<" not in html.replace("<wbr>", "")


def test_long_names_may_end_a_line_at_their_joints():
    assert name("features+logistic") == "features+<wbr>logistic"
    assert name("block1_conv") == "block1_<wbr>conv" and name("plain") == "plain"
