"""Numbers as a report shows them."""

from __future__ import annotations

from math import isfinite

from keras_mtl.results.metric_words import MetricWords

NONE = "\N{EN DASH}"
"""What stands for a number that is not there."""


def number_text(value: float) -> str:
    r"""Return a score with three decimals, a large one with four digits; a dash for NaN.

    Example:
        >>> from keras_mtl.report.numbers import number_text
        >>> number_text(0.98765), number_text(12345.6), ascii(number_text(-0.5))
        ('0.988', '12,346', "'\\u22120.500'")
    """
    if not isfinite(value):
        return NONE
    digits = 3 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def score_text(score: float, words: MetricWords) -> str:
    """Return a score, a share as a percentage.

    Example:
        >>> from keras_mtl.report.numbers import score_text
        >>> from keras_mtl.results.metric_words import MetricWords
        >>> score_text(0.98765, MetricWords("accuracy")), score_text(0.98765, MetricWords("r2"))
        ('98.8%', '0.988')
    """
    if not isfinite(score):
        return NONE
    return f"{100 * score:.1f}%" if words.is_share else number_text(score)


def difference_text(difference: float, words: MetricWords, *, signed: bool = False) -> str:
    """Return a difference of scores, that of shares in points of a percentage.

    Example:
        >>> from keras_mtl.report.numbers import difference_text
        >>> from keras_mtl.results.metric_words import MetricWords
        >>> difference_text(0.0123, MetricWords("accuracy"), signed=True)
        '+1.2'
    """
    if not isfinite(difference):
        return NONE
    text = f"{100 * difference:.1f}" if words.is_share else number_text(difference)
    text = text.replace("-", "\N{MINUS SIGN}")
    return f"+{text}" if signed and difference > 0 else text


def seconds_text(seconds: float) -> str:
    """Return a length of time in the unit that suits it.

    Example:
        >>> from keras_mtl.report.numbers import seconds_text
        >>> [seconds_text(seconds) for seconds in (0.00213, 7.512, 90, 9000)]
        ['2.1 ms', '7.5 s', '90 s', '2.5 h']
    """
    if not isfinite(seconds):
        return NONE
    for unit, length in (("ms", 1e-3), ("s", 1.0), ("min", 60.0)):
        if seconds < 99.5 * length or (unit == "ms" and seconds < 0.0995):
            return f"{_two_digits(seconds / length)} {unit}"
    return f"{_two_digits(seconds / 3600)} h"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    Example:
        >>> from keras_mtl.report.numbers import counted
        >>> counted(1, "label"), counted(1257, "label"), counted(0, "strategy", "strategies")
        ('1 label', '1,257 labels', '0 strategies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _two_digits(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
