"""The choice between solving for the head and training it by gradient steps."""

from __future__ import annotations

import keras

from keras_mtl.caching.linear_head import LinearHead, linear_head, obstacle
from keras_mtl.caching.static_split import Split
from keras_mtl.errors import NotSolvable


def head_to_solve(
    model: keras.Model, split: Split, solver: str, *, given: list[str]
) -> LinearHead | None:
    """Return the linear head if it is to be solved for; None for gradient steps.

    Args:
        model: The whole model.
        split: The model, split after its static part.
        solver: As for `fit_cached`.
        given: The names of the arguments given that only gradient steps have a use for.

    Raises:
        NotSolvable: `solver` is "exact", and the part that trains cannot be solved for, or some
            argument asks for gradient steps.
    """
    if solver == "gradient" or (solver == "auto" and given):
        return None
    reason = obstacle(model, split)
    if solver == "auto" and reason:
        return None
    if given:
        reason = f"`{given[0]}` is for gradient steps"
    if reason:
        raise NotSolvable(
            f'`solver="exact"` cannot train `{model.name}`: {reason}. Use `solver="gradient"`.'
        )
    return linear_head(model, split)
