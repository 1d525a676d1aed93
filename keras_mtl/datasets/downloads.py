"""Data sets that have to be fetched: an error within seconds where they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from keras_mtl.errors import DatasetUnavailable

TIMEOUT = 5
"""Seconds to wait for the answer of a host."""
FLAKY_HOST = "drive.google.com"


class Download(NamedTuple):
    """What has to be fetched for a data set.

    Attributes:
        name: The data set.
        files: By address the name and the size in bytes of each file.
        target: The folder of the prepared data set.
        folder: The folder of downloads.
        instructions: What the data set says about files that only the user can fetch; None if
            there are none.
    """

    name: str
    files: Mapping[str, tuple[str | None, int]]
    target: Path
    folder: Path
    instructions: str | None = None

    @property
    def manual(self) -> Path:
        """The folder for files that the user has fetched."""
        return self.folder / "manual"

    @property
    def missing(self) -> dict[str, tuple[str | None, int]]:
        """The files that the user has not fetched, by address."""
        return {
            url: (name, size)
            for url, (name, size) in self.files.items()
            if name is None or not (self.manual / name).is_file()
        }

    def by_hand(self) -> str:
        """Return what to do by hand: each file, its address, and the folder that it goes into."""
        lines = [
            f"  {url}  ->  {self.manual / (name or '')}  ({size:,} bytes)"
            for url, (name, size) in (self.missing or self.files).items()
        ]
        listed = "\n".join(lines) if lines else f"  {self.instructions or 'see its home page'}"
        host = any(FLAKY_HOST in url for url in self.files)
        why = (
            "Google Drive hosts it, which often gives a page about its quota in the place of a "
            "file, so that checksums fail: fetch the files in a browser. "
            if host
            else ""
        )
        return (
            f"{why}To do it by hand, put these files into {self.manual}:\n{listed}\n"
            f"and call `load` again; or copy a prepared data set to {self.target}."
        )


def fetch(download: Download, prepare: Callable[[], None], *, allowed: bool) -> None:
    """Fetch and prepare a data set.

    Args:
        download: What has to be fetched.
        prepare: Does it.
        allowed: Whether it may be fetched.

    Raises:
        DatasetUnavailable: It may not, the network cannot be reached, or a file is not what it
            should be.
    """
    if not allowed:
        raise DatasetUnavailable(
            f"`{download.name}` is not prepared in {download.target}. Pass `download=True`, or "
            f"another `data_dir`. {download.by_hand()}"
        )
    unreachable = _unreachable(download)
    if unreachable:
        raise DatasetUnavailable(
            f"`{download.name}` is not prepared in {download.target}, and {unreachable} cannot be "
            f"reached from here. {download.by_hand()}"
        )
    try:
        prepare()
    except Exception as error:
        # tensorflow-datasets raises errors of many classes, `AssertionError` among them.
        raise DatasetUnavailable(
            f"`{download.name}` could not be fetched and prepared ({type(error).__name__}: "
            f"{_first_line(error)}). {download.by_hand()}"
        ) from error


def _unreachable(download: Download) -> str | None:
    """Return a host that does not answer; None if all do, or nothing is to be fetched."""
    import requests

    hosts = {urlsplit(url).netloc: url for url in download.missing if url.startswith("http")}
    for host, url in hosts.items():
        try:
            # What it answers does not matter. As it is fetched later: proxies are used.
            requests.head(url, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return host
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]
