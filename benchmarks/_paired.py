"""Paired timing: two ways in turn, so that a machine that slows down slows both."""

import statistics
import time


def timed(function):
    """Seconds that one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(name, ours, peer_name, peer, *, runs=5, warmup=1):
    """Time both in turn; print both medians, then the median of the ratios of the pairs."""
    for _ in range(warmup):
        ours()
        peer()
    pairs = [(timed(ours), timed(peer)) for _ in range(runs)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(f"{name}: {statistics.median(mine for mine, _ in pairs):.4f} s")
    print(f"{peer_name}: {statistics.median(other for _, other in pairs):.4f} s")
    print(f"ratio: {ratio:.3f}")
    return ratio
