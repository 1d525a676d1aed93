"""Colours that differ for all, and can be read in light and in dark surroundings."""

import itertools

import numpy as np
import pytest

from keras_mtl.pictures.palette import (
    BACKGROUND,
    CONTROL,
    DARK,
    INK,
    LINES,
    MUTED,
    VARIABLES,
    line_styles,
)

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency" (2009), severity 1: how linear RGB looks without one kind of cones.
DEFICIENCIES = {
    "none": np.eye(3),
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def linear(color):
    values = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The contrast of WCAG 2."""
    dark, light = sorted(float(linear(color) @ TO_XYZ[1]) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    x, y, z = np.cbrt(np.clip(TO_XYZ @ np.clip(rgb, 0, 1) / WHITE, 1e-3, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read_and_told_apart(theme):
    shown = {color: DARK[color] if theme == "dark" else color for color in VARIABLES}
    lines = [shown[color] for color in (*LINES, CONTROL)]
    for color in [*lines, shown[INK], shown[MUTED]]:
        assert contrast(color, shown[BACKGROUND]) >= 4.5, color
    for name, matrix in DEFICIENCIES.items():
        seen = {color: lab(np.asarray(matrix) @ linear(color)) for color in lines}
        for one, other in itertools.combinations(lines, 2):
            assert np.linalg.norm(seen[one] - seen[other]) > 15, (name, one, other)


def test_no_two_lines_have_one_style_and_the_control_is_always_the_same():
    names = [f"strategy {number}" for number in range(21)]
    styles = line_styles([*names[:3], "from-scratch", *names[3:]], "from-scratch")

    assert list(styles) == [*names[:3], "from-scratch", *names[3:]]
    assert len(set(styles.values())) == 22
    assert len({(style.color, style.marker) for style in styles.values()}) == 22
    assert styles["from-scratch"] == line_styles(["from-scratch"], "from-scratch")["from-scratch"]
    assert len({style.marker for style in list(styles.values())[:8]}) == 8
    assert len({style.outline for style in list(styles.values())[:8]}) == 8
    assert "control" not in line_styles(["a"], "control")
