"""Colours, markers and lines of pictures, for light and for dark surroundings.

The colours of strategies differ for people with any kind of colour blindness, and have at least
the contrast of text to the background; markers and lines differ too.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND, INK, MUTED, GRID = "#ffffff", "#1f2328", "#59636e", "#dde1e6"
LINES = (
    "#0072b2",
    "#c24e00",
    "#1f8651",
    "#7a2a80",
    "#5a3d00",
    "#3b2fd0",
    "#128380",
)
CONTROL = "#3a3f47"
"""The colour of the strategy that the others are compared with."""

DARK_BACKGROUND = "#15181d"
DARK = {
    BACKGROUND: DARK_BACKGROUND,
    INK: "#e8eaed",
    MUTED: "#a3abb5",
    GRID: "#333942",
    **dict(
        zip(
            LINES,
            ("#56b4e9", "#f0883e", "#83e9a5", "#ee5cb8", "#f0dc4e", "#9678ff", "#2aa37b"),
            strict=True,
        )
    ),
    CONTROL: "#d2dae7",
}
"""The colour on a dark background of each colour above."""

VARIABLES = {
    BACKGROUND: "--background",
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    **{color: f"--line-{number}" for number, color in enumerate(LINES, 1)},
    CONTROL: "--line-control",
}
"""The CSS variable of each colour, which a page sets for light and for dark surroundings."""

MARKERS = {
    "o": "M8 3a5 5 0 1 0 .01 0z",
    "s": "M3.5 3.5h9v9h-9z",
    "^": "M8 2.5 13.5 13h-11z",
    "D": "M8 2 14 8 8 14 2 8z",
    "v": "M8 13.5 2.5 3h11z",
    "P": "M6 2.5h4V6h3.5v4H10v3.5H6V10H2.5V6H6z",
    "*": "M8 1.5 9.7 6.1 14.5 6.2 10.7 9.2 12.1 14 8 11.2 3.9 14 5.3 9.2 1.5 6.2 6.3 6.1z",
}
"""The markers of matplotlib, and their outlines in a box of 16 by 16."""
DASHES = ("-", "--", "-.")


@dataclass(frozen=True)
class LineStyle:
    """How the line of a strategy is drawn.

    Attributes:
        color: One of the colours of this file.
        marker: A marker of matplotlib.
        dashes: A style of line of matplotlib.
    """

    color: str
    marker: str
    dashes: str

    @property
    def variable(self) -> str:
        """The CSS variable of the colour."""
        return VARIABLES[self.color]

    @property
    def outline(self) -> str:
        """The path of the marker in a box of 16 by 16, as in SVG."""
        return CONTROL_OUTLINE if self.marker == CONTROL_MARKER else MARKERS[self.marker]


CONTROL_MARKER = "X"
CONTROL_OUTLINE = "M5 2 8 5l3-3 3 3-3 3 3 3-3 3-3-3-3 3-3-3 3-3-3-3z"


def line_styles(names: list[str], control: str | None = None) -> dict[str, LineStyle]:
    """Return a style for each of some lines; no two have the same for the first 21.

    Args:
        names: Names of the lines.
        control: The one that the others are compared with, if it is among them: it is dashed.
    """
    styles, markers = {}, list(MARKERS)
    for place, name in enumerate(name for name in names if name != control):
        turn, color = divmod(place, len(LINES))
        marker = markers[(place + turn) % len(markers)]
        styles[name] = LineStyle(LINES[color], marker, DASHES[turn % len(DASHES)])
    if control in names and control is not None:
        styles[control] = LineStyle(CONTROL, CONTROL_MARKER, "--")
    return {name: styles[name] for name in names}
