"""Inputs that are features of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.datasets.feature_tree import IMAGE, OTHER, Feature, FeatureTree
from keras_mtl.datasets.resizing import Size
from keras_mtl.errors import InvalidFeatures

SINGLE = "x"


def checked_inputs(
    tree: FeatureTree, inputs: Any, size: Size | None
) -> tuple[dict[str, Feature], bool]:
    """Return the features by the names of the inputs, and whether it is one without a name.

    Args:
        tree: The features of the data set.
        inputs: A feature; a list of several, whose last parts are the names of the inputs; or a
            dict from names of inputs to features.
        size: The height and width that pictures get.

    Raises:
        FeatureNotFound: A feature is not there.
        InvalidFeatures: A feature has no fixed shape.
        ValueError: `inputs` has another form.
    """
    is_single = isinstance(inputs, str)
    if isinstance(inputs, str):
        paths: dict[str, Any] = {inputs.rpartition("/")[2]: inputs}
    elif isinstance(inputs, list | tuple) and inputs and all(isinstance(x, str) for x in inputs):
        last = [path.rpartition("/")[2] for path in inputs]
        repeated = [name for name, times in Counter(last).items() if times > 1]
        if repeated:
            raise ValueError(
                f"The inputs {inputs} have the name {repeated[0]!r} twice. Give a dict from names "
                "of inputs to features."
            )
        paths = dict(zip(last, inputs, strict=True))
    elif isinstance(inputs, Mapping) and inputs:
        paths = {str(name): path for name, path in inputs.items()}
    else:
        raise ValueError(
            '`inputs` is a feature, such as "image", a list of features, or a dict from names of '
            f"inputs to features. Received: {inputs!r}."
        )
    features = {name: tree.feature(path, "inputs") for name, path in paths.items()}
    for feature in features.values():
        _check_shape(feature, size, tree)
    return features, is_single


def checked_picture_size(size: Any) -> Size | None:
    """Return the height and width of pictures, or None.

    Raises:
        ValueError: It is no pair of positive whole numbers.
    """
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, list | tuple) else ()
    if len(pair) != 2 or not all(is_whole_number(one, least=1) for one in pair):
        raise ValueError(
            "`size` is the height and the width of pictures, such as `(96, 96)`, or None. "
            f"Received: {size!r}."
        )
    return int(pair[0]), int(pair[1])


def _check_shape(feature: Feature, size: Size | None, tree: FeatureTree) -> None:
    if feature.kind == IMAGE:
        if len(feature.shape) == 3 and feature.shape[-1] is not None:
            if size is None and None in feature.shape:
                raise InvalidFeatures(
                    f"The pictures of {feature.path!r} differ in size. Give `size=(height, width)`,"
                    " such as `size=(96, 96)`."
                )
            return
        raise InvalidFeatures(
            f"The pictures of {feature.path!r} have the shape {feature.shape}, so they differ in "
            "their number of channels."
        )
    if feature.kind == OTHER or None in feature.shape:
        raise InvalidFeatures(
            f"{feature.path!r} is {feature.described}: its length differs between rows (ragged), "
            f"and a model needs arrays of one shape. The features are:\n{tree}"
        )
