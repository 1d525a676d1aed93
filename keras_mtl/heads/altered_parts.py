"""Parts of a head that are no longer as its arguments say: quantized, with LoRA, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

Config = dict[str, Any]


class AlteredParts:
    """Keeps which parts of a head differ from those that its arguments describe.

    `keras.Model.quantize` and `enable_lora` change the config of a layer, and with it the variables
    that the layer saves. The arguments of the head do not show it, so the configs of such parts
    are kept beside the arguments.

    Args:
        configs: The configs of the parts that differ, by name.
    """

    def __init__(self, configs: Mapping[str, Config] | None = None) -> None:
        self._given = dict(configs or {})
        self._described: dict[str, Config] = {}

    def put_in(self, described: Sequence[keras.Layer]) -> list[keras.Layer]:
        """Return the parts, those that differ in the place of those that the arguments describe.

        Args:
            described: New layers, as the arguments of the head describe them.
        """
        self._described = {part.name: part.get_config() for part in described}
        return [
            type(part).from_config(self._given[part.name]) if part.name in self._given else part
            for part in described
        ]

    def configs(self, parts: Sequence[keras.Layer]) -> dict[str, Config]:
        """Return the configs of the parts that differ, by name.

        Args:
            parts: The layers of the head; none before it is built.
        """
        if not parts:
            return self._given
        now = {part.name: part.get_config() for part in parts}
        return {name: config for name, config in now.items() if config != self._described[name]}
