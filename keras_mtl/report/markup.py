"""Texts with names in backticks, as HTML; jinja2 calls these as filters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keras_mtl.common.writable_text import writable

if TYPE_CHECKING:
    from markupsafe import Markup

CODE = re.compile(r"`([^`]+)`")
JOINTS = re.compile(r"(?<=[+_/.])(?=\w)")
"""Places in a name where a line may end."""


def prose(text: str) -> Markup:
    """Return a text as HTML; what stands in backticks is code."""
    from markupsafe import Markup, escape

    return Markup(CODE.sub(r"<code>\1</code>", str(escape(writable(text)))))


def plain(text: str) -> str:
    """Return a text without the backticks around names."""
    return CODE.sub(r"\1", text)


def name(text: str) -> Markup:
    """Return a name as HTML, which may be on two lines where it has joints."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in JOINTS.split(writable(text)))
