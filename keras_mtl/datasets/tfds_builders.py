"""Data sets of tensorflow-datasets: found, fetched, and read. The only file that imports it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from keras_mtl.common.near_misses import near_misses
from keras_mtl.datasets import feature_tree
from keras_mtl.datasets.downloads import Download, fetch
from keras_mtl.datasets.feature_tree import Feature, FeatureTree
from keras_mtl.errors import DatasetUnavailable, InvalidTaskData, SplitNotFound

RANDOM_ACCESS = ("array_record", "parquet")
"""File formats whose rows can be read in any order."""
INFO = "dataset_info.json"
NOISE = r"\{\{.*?\}\}|\[Op:.*"
"""What TensorFlow adds to the messages of its errors."""


class Piece(NamedTuple):
    """Consecutive rows of one split, as it is in the files.

    Attributes:
        split: The name of the split.
        start: The first row.
        stop: The row after the last one; None for the end, where the length is not known.
    """

    split: str
    start: int
    stop: int | None


class TfdsBuilder:
    """A data set of tensorflow-datasets that is on this machine.

    Args:
        builder: The `tfds.core.DatasetBuilder`.
    """

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.name: str = builder.info.full_name
        self.tree = FeatureTree(self.name, _features(builder.info.features, ()))

    @classmethod
    def find(
        cls, name: Any, data_dir: str | PathLike[str] | None, *, download: bool
    ) -> TfdsBuilder:
        """Return a data set by its name, or from the folder that it was prepared in.

        Args:
            name: The name, such as `"celeb_a"` or `"celeb_a:2.1.0"`; the folder of a prepared
                version; or a `tfds.core.DatasetBuilder`.
            data_dir: The folder of all data sets.
            download: Whether to fetch and prepare what is not there.

        Raises:
            DatasetUnavailable: It is not known, is there in another version, or cannot be fetched.
        """
        builder = _builder(name, data_dir)
        if not _is_mocked(builder) and not builder.is_prepared():
            _check_versions(builder)
            fetch(
                Download(
                    builder.info.full_name,
                    {url: (info.filename, int(info.size)) for url, info in _urls(builder).items()},
                    Path(builder.data_dir),
                    Path(str(builder.data_dir_root)) / "downloads",
                    builder.MANUAL_DOWNLOAD_INSTRUCTIONS,
                ),
                lambda: builder.download_and_prepare(
                    download_config=tfds.download.DownloadConfig(try_download_gcs=False)
                ),
                allowed=download,
            )
        return cls(builder)

    @property
    def identity(self) -> str:
        """A text that says which data these are."""
        sizes = {name: split.num_examples for name, split in self.builder.info.splits.items()}
        return f"{self.name} {sorted(sizes.items())}"

    @property
    def file_format(self) -> str:
        """The format of the files, such as `"tfrecord"`."""
        file_format = self.builder.info.file_format
        return "unknown" if file_format is None else str(file_format.value)

    @property
    def has_random_access(self) -> bool:
        """Whether rows can be read in any order."""
        return self.file_format in RANDOM_ACCESS

    @property
    def lengths(self) -> dict[str, int]:
        """The number of rows of each split; empty if they are not known."""
        return {name: split.num_examples for name, split in self.builder.info.splits.items()}

    def pieces(self, spec: Any, argument: str = "split") -> list[Piece]:
        """Return what a text such as `"train[:80%]+test"` stands for.

        Raises:
            SplitNotFound: A split is not there.
            ValueError: It is no such text.
        """
        if not isinstance(spec, str) or not spec:
            raise ValueError(
                f'`{argument}` is the name of a split, or a part of one, such as "train[:80%]"; or '
                f"several of them. Received: {spec!r}."
            )
        if not self.lengths:  # Random data of `tfds.testing.mock_data`.
            return [Piece(spec, 0, None)]
        for name in re.findall(r"(?:^|\+)\s*([^\[+]+)", spec):
            if name.strip() not in (*self.lengths, "all"):
                near = near_misses(name.strip(), self.lengths, most=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise SplitNotFound(
                    f"`{argument}`: `{self.name}` has no split {name.strip()!r}.{hint} It has "
                    f"{self.lengths}; parts are written as in 'train[:80%]'."
                )
        try:
            absolute = tfds.core.ReadInstruction.from_spec(spec).to_absolute(
                self.builder.info.splits
            )
        except (AssertionError, ValueError) as error:
            raise ValueError(
                f'`{argument}` is written such as "train", "train[:80%]" or "train+test". '
                f"Received: {spec!r} ({str(error).splitlines()[0]})."
            ) from error
        return [
            Piece(
                one.splitname,
                one.from_ or 0,
                self.lengths[one.splitname] if one.to is None else one.to,
            )
            for one in absolute
        ]

    def stream(self, piece: Piece, features: Sequence[Feature]) -> Any:
        """Return a `tf.data.Dataset` of the rows in their order; images are not decoded.

        Args:
            piece: Which rows.
            features: Which features.
        """
        whole = piece.stop is None or (piece.start, piece.stop) == (0, self.lengths[piece.split])
        split: Any = piece.split
        if not whole:
            split = tfds.core.ReadInstruction(
                piece.split, from_=piece.start, to=piece.stop, unit="abs"
            )
        return self.builder.as_dataset(
            split=split,
            shuffle_files=False,
            decoders=_decoding(features),
            # One file after the other: the place of a row in the stream is its number then.
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )

    def source(self, split: str, features: Sequence[Feature]) -> RecordSource:
        """Return the rows of a split, to be read in any order and without TensorFlow."""
        # `PartialDecoding` would import TensorFlow to look at dtypes.
        wanted = _as_features(_nested({one.keys: self._connector(one) for one in features}))
        records = self.builder.as_data_source(
            split, deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES
        )
        return RecordSource(self, records, wanted.deserialize_example_np)

    def unreadable(self, reason: str) -> InvalidTaskData:
        """Return an error for files that cannot be read."""
        line = re.sub(NOISE, "", reason).strip().splitlines()[0][:300]
        return InvalidTaskData(
            f"The files of `{self.name}` in {self.builder.data_dir} cannot be read: {line}. If "
            "they are damaged, delete that folder and prepare the data set again."
        )

    def image_decoder(self, feature: Feature) -> Any:
        """Return the function of TensorFlow that decodes an image."""
        return self._connector(feature).decode_example

    def _connector(self, feature: Feature) -> Any:
        return feature.value(self.builder.info.features)


class RecordSource:
    """Rows of a split that are read by their places.

    Args:
        found: The data set.
        records: The records as they are in the files.
        decode: Makes a dict of NumPy arrays of a record.
    """

    def __init__(self, found: TfdsBuilder, records: Any, decode: Callable[[bytes], Any]) -> None:
        self._found = found
        self._records = records
        self._decode = decode

    def __len__(self) -> int:
        return len(self._records)

    def read(self, places: np.ndarray) -> list[Any]:
        """Return some rows, each a dict of decoded NumPy arrays.

        Raises:
            InvalidTaskData: A file is damaged.
        """
        try:
            return [self._decode(one) for one in self._records.__getitems__(places.tolist())]
        except Exception as error:
            # The libraries that read records, and decode images, have no class of errors in common.
            raise self._found.unreadable(f"{type(error).__name__}: {error}") from error


def _builder(name: Any, data_dir: str | PathLike[str] | None) -> Any:
    if isinstance(name, tfds.core.DatasetBuilder):
        return name
    if isinstance(name, PathLike) or (isinstance(name, str) and (Path(name) / INFO).is_file()):
        if not (Path(name) / INFO).is_file():
            raise DatasetUnavailable(
                f"`{name}` is no folder of a prepared data set: it has no `{INFO}`. Give the "
                "folder of a version, such as `.../celeb_a/2.1.0`, or a name and `data_dir`."
            )
        return tfds.builder_from_directory(name)
    if not isinstance(name, str) or not name:
        raise ValueError(
            f'`name` is the name of a data set, such as "celeb_a", or the folder of a prepared '
            f"one. Received: {name!r}."
        )
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise _unknown(name, data_dir) from error
    except AssertionError as error:
        raise _no_such_version(name, data_dir, error) from error


def _unknown(name: str, data_dir: Any) -> DatasetUnavailable:
    plain = re.split(r"[:/]", name)[0]
    near = near_misses(plain, set(tfds.list_builders(with_community_datasets=False)))
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return DatasetUnavailable(
        f"tensorflow-datasets knows no data set {name!r}, and none is prepared under "
        f"{_root(data_dir)}.{hint}"
    )


def _no_such_version(name: str, data_dir: Any, error: Exception) -> DatasetUnavailable:
    plain = re.split(r"[:/]", name)[0]
    there = _prepared_versions(_root(data_dir) / plain)
    reason = str(error).rpartition('}": ')[2]
    return DatasetUnavailable(
        f"tensorflow-datasets cannot make `{name}`: {reason} Prepared in "
        f"{_root(data_dir) / plain}: {' and '.join(there) or 'nothing'}."
    )


def _root(data_dir: Any) -> Path:
    return Path(tfds.core.constants.DATA_DIR if data_dir is None else data_dir).expanduser()


def _check_versions(builder: Any) -> None:
    """Refuse a data set that is there in other versions only.

    Raises:
        DatasetUnavailable: Its files are of another version.
    """
    folder = Path(builder.data_dir)
    others = _prepared_versions(folder.parent)
    if others:
        name = str(builder.info.full_name).rpartition("/")[0]
        raise DatasetUnavailable(
            f"`{name}` is prepared in {folder.parent} in the version {' and '.join(others)}, and "
            f"tensorflow-datasets {tfds.__version__} reads version {folder.name}. Load the files "
            f'that are there, `load("{name}:{others[-1]}", ...)`, or prepare the new version in '
            "another `data_dir`."
        )


def _prepared_versions(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.parent.name for path in folder.glob(f"*/{INFO}"))


def _urls(builder: Any) -> Mapping[str, Any]:
    return dict(builder.url_infos)


def _is_mocked(builder: Any) -> bool:
    """Return whether `tfds.testing.mock_data` is on, which has nothing to prepare."""
    return type(builder).download_and_prepare.__module__ == "tensorflow_datasets.testing.mocking"


def _features(feature: Any, keys: tuple[str, ...]) -> Iterator[Feature]:
    if isinstance(feature, tfds.features.FeaturesDict):
        for key in feature:
            yield from _features(feature[key], (*keys, key))
        return
    path = "/".join(keys)
    info = feature.get_tensor_info()
    # Sequences of dicts, and data sets in a row, have no single array.
    if not hasattr(info, "shape"):
        yield Feature(path, feature_tree.OTHER, (None,), "object", keys)
        return
    dtype = _dtype(info)
    kind = _kind(feature, info, dtype)
    yield Feature(path, kind, tuple(info.shape), dtype, keys, _names(feature))


def _dtype(info: Any) -> str:
    dtype = np.dtype(info.np_dtype)
    return "string" if dtype.kind in "OSU" else dtype.name


def _kind(feature: Any, info: Any, dtype: str) -> str:
    if isinstance(feature, tfds.features.Image):
        return feature_tree.IMAGE
    if isinstance(feature, tfds.features.ClassLabel):
        return feature_tree.CLASS
    kinds = {"b": feature_tree.BOOLEAN, "i": feature_tree.INTEGER, "u": feature_tree.INTEGER}
    if dtype == "string":
        return feature_tree.STRING
    return kinds.get(np.dtype(info.np_dtype).kind, feature_tree.NUMBER)


def _names(feature: Any) -> tuple[str, ...] | None:
    if isinstance(feature, tfds.features.ClassLabel) and feature.num_classes:
        return tuple(feature.names)
    return None


def _decoding(features: Sequence[Feature]) -> Any:
    """Return which features are read, and that images are left as they are in the files."""
    images = [one for one in features if one.kind == feature_tree.IMAGE]
    skipped = _nested({one.keys: tfds.decode.SkipDecoding() for one in images})
    wanted = _nested({one.keys: True for one in features})
    return tfds.decode.PartialDecoding(wanted, decoders=skipped or None)


def _as_features(nested: Mapping[str, Any]) -> Any:
    return tfds.features.FeaturesDict(
        {key: _as_features(one) if isinstance(one, dict) else one for key, one in nested.items()}
    )


def _nested(by_keys: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for keys, value in by_keys.items():
        *groups, last = keys
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return nested
