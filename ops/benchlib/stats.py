"""Medians and what lies around them."""

import statistics
from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, to the nearest one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def shown(values: Sequence[float], scale: float = 1000, digits: int = 1) -> str:
    """Median and interquartile range; by default of seconds, shown as milliseconds."""
    low, high = quantile(values, 0.25) * scale, quantile(values, 0.75) * scale
    return f"{median(values) * scale:.{digits}f} [{low:.{digits}f} .. {high:.{digits}f}]"
