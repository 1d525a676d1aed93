"""Data frames of pandas: given as they are, or read from a CSV or Parquet file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keras_mtl.common.near_misses import did_you_mean, near_misses
from keras_mtl.errors import DataNotFound, InvalidTaskData, MissingExtra

CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
PARQUET = (".parquet", ".pq")
SHOWN = 20
SEPARATORS = (";", "\t", "|", ",")


def read_frame(source: Any, argument: str) -> Any:
    """Return a table as a `pandas.DataFrame` with one index from 0 on.

    Args:
        source: A `pandas.DataFrame`, what makes one (a dict of columns, a `pyarrow.Table`), or the
            path of a CSV file (`.csv`, `.tsv`, also with `.gz`) or a Parquet file.
        argument: What messages call it.

    Raises:
        MissingExtra: pandas is not installed, or pyarrow for a Parquet file.
        DataNotFound: There is no such file.
        InvalidTaskData: The file cannot be read, there are no rows, or two columns have one name.
        TypeError: It is something else.
    """
    frame = _given(source, argument).reset_index(drop=True)
    frame.columns = [str(name) for name in frame.columns]
    repeated = sorted(name for name, times in Counter(frame.columns).items() if times > 1)
    if repeated:
        raise InvalidTaskData(f"Two columns of `{argument}` have the same name: {repeated}.")
    if not len(frame):
        raise InvalidTaskData(f"`{argument}` has no rows.")
    return frame


def check_columns(names: Iterable[str], frame: Any, argument: str, what: str) -> None:
    """Refuse names of columns that are not there.

    Args:
        names: The names.
        frame: The data frame.
        argument: The argument that holds them, for the message.
        what: What messages call the table.

    Raises:
        InvalidTaskData: One is not there; near names are suggested.
    """
    columns = list(frame.columns)
    for name in names:
        if name in columns:
            continue
        near = near_misses(name, columns)
        shown = ", ".join(map(repr, columns[:SHOWN])) + (" ..." if len(columns) > SHOWN else "")
        hint = did_you_mean(name, columns) or _did_you_mean_case(name, columns)
        others = f" Near names: {near}." if len(near) > 1 else ""
        raise InvalidTaskData(
            f"`{argument}` names the column {name!r}, which {what} does not have. Its columns are "
            f"{shown}.{hint}{others}"
        )


def _did_you_mean_case(name: object, columns: list[str]) -> str:
    alike = [one for one in columns if str(name).strip().lower() == one.strip().lower()]
    return f" Did you mean {alike[0]!r}?" if alike else ""


def _given(source: Any, argument: str) -> Any:
    pandas = _pandas()
    if isinstance(source, pandas.DataFrame):
        return source
    if isinstance(source, str | os.PathLike):
        return _from_file(Path(source), argument, pandas)
    if isinstance(source, dict):
        try:
            return pandas.DataFrame(source)
        except ValueError as error:
            raise InvalidTaskData(f"`{argument}` makes no table: {error}.") from error
    if hasattr(source, "to_pandas"):  # A table of pyarrow, a frame of polars.
        return source.to_pandas()
    raise TypeError(
        f"`{argument}` is a `pandas.DataFrame`, or the path of a CSV or Parquet file. "
        f"Received: `{type(source).__name__}`."
    )


def _from_file(path: Path, argument: str, pandas: Any) -> Any:
    name = path.name.lower()
    if not path.is_file():
        folder = path.parent
        there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        if path.is_dir():
            raise DataNotFound(f"`{argument}` is a file. Received: the folder {str(path)!r}.")
        raise DataNotFound(
            f"`{argument}`: there is no file {str(path)!r}.{did_you_mean(path.name, there)}"
        )
    if not name.endswith(CSV + PARQUET):
        raise InvalidTaskData(
            f"`{argument}` is a CSV file ({', '.join(CSV)}) or a Parquet file "
            f"({', '.join(PARQUET)}). Received: {str(path)!r}. Read other files by pandas, and "
            "pass the frame."
        )
    try:
        if name.endswith(PARQUET):
            return pandas.read_parquet(path)
        separator = "\t" if ".tsv" in name else ","
        frame = pandas.read_csv(path, sep=separator, skipinitialspace=True, encoding="utf-8-sig")
    except ImportError as error:
        raise MissingExtra("Reading a Parquet file", "frames") from error
    except UnicodeDecodeError as error:
        raise InvalidTaskData(
            f"{str(path)!r} is no text in UTF-8: {error}. Save it in UTF-8, or pass the frame that "
            f'`pandas.read_csv({path.name!r}, encoding="latin-1")` gives, in its own encoding.'
        ) from error
    except (ValueError, OSError) as error:  # pandas' own errors of parsing are `ValueError`s.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InvalidTaskData(f"{str(path)!r} cannot be read as a table: {reason}") from error
    _check_separator(frame, path)
    return frame


def _check_separator(frame: Any, path: Path) -> None:
    """Refuse a table of one column whose title holds several, in another separator."""
    title = str(frame.columns[0])
    other = next((one for one in SEPARATORS if one in title), None)
    if len(frame.columns) == 1 and other is not None:
        raise InvalidTaskData(
            f"The columns of {str(path)!r} are separated by {other!r}: it begins with {title!r}. "
            f"Pass the frame that `pandas.read_csv({path.name!r}, sep={other!r})` gives."
        )


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise MissingExtra("Reading tables", "frames") from error
    return pandas
