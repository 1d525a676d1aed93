"""Parts of a picture: the figure, grid and legend, bands, the file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_picture(width: float, height: float) -> Figure:
    """Return an empty figure; sizes are in inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Saving a picture", "plots") from error
    return Figure(figsize=(width, height), layout="constrained")


def finish(axes: Axes) -> None:
    """Add a light grid and a legend, and remove the frame."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def band(
    axes: Axes, x: Iterable[float], means: Iterable[float], spreads: Iterable[float], color: Any
) -> None:
    """Shade the band between mean - spread and mean + spread."""
    pairs = list(zip(means, spreads, strict=True))
    lower, upper = ([mean + side * spread for mean, spread in pairs] for side in (-1, 1))
    axes.fill_between(list(x), lower, upper, color=color, alpha=0.15, linewidth=0)


def explain_bands(figure: Figure, runs: Iterable[int]) -> None:
    """Write above the picture what lines and bands are.

    Args:
        figure: The figure.
        runs: The numbers of runs behind the points.
    """
    least, most = min(runs := list(runs)), max(runs)
    count = f"{least}" if least == most else f"{least} to {most}"
    text = f"mean of {count} runs; the band is one standard deviation to each side"
    figure.suptitle("one run" if most == 1 else text, fontsize=9, color="0.4")


def save(figure: Figure, path: str | Path) -> Path:
    """Write the figure; the ending of the path says the format."""
    figure.savefig(path, dpi=150)
    return Path(path)
