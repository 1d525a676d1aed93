"""The memory that is available for features."""

from __future__ import annotations

import os
from pathlib import Path

UNKNOWN = 4 << 30
"""Bytes assumed to be available where the system does not say."""


def available_memory() -> int:
    """Return the bytes that can be used without swapping, as far as the system says."""
    return min([*_of_machine(), *_of_container()], default=UNKNOWN)


def _of_machine() -> list[int]:
    """Return the memory that the machine has free, in a list; empty where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        values = dict(line.split(":") for line in lines)
        return [int(values["MemAvailable"].split()[0]) << 10]
    except (OSError, KeyError, ValueError):
        names = getattr(os, "sysconf_names", {})
        if {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= names.keys():
            return [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2]
        return []


def _of_container() -> list[int]:
    """Return the memory left below the limit of a container (its control group), in a list."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii")
        used = (folder / "memory.current").read_text(encoding="ascii")
        return [max(int(limit) - int(used), 0)]
    except (OSError, ValueError):  # No control group, or none that sets a limit.
        return []
