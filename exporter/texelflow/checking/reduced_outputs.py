"""Reduces the reference's outputs as `--last` and `--top-k` reduced the bundle's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from texelflow.bundle.types import GraphFile
from texelflow.checking.samples import Array


def reduced_outputs(graph: GraphFile, outputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs as the bundle has them: last positions, and the largest numbers with their places.

    Those reduced to numbers and places stay beside them, under their own names.
    """
    reduced = {**outputs}
    for option in graph["provenance"]["options"]:
        kind, _, asked = option.partition("=")
        if kind == "last" and asked in reduced:
            reduced[asked] = reduced[asked][..., -1:, :]
        name, _, count = asked.rpartition("=")
        if kind == "top-k" and name in reduced:
            values = reduced[name]
            # Of equal numbers the first comes first.
            order = np.argsort(-values.astype(np.float64), axis=-1, kind="stable")[..., : int(count)]
            reduced[f"{name}_values"] = np.take_along_axis(values, order, axis=-1)
            reduced[f"{name}_indices"] = order.astype(np.int64)
    return reduced
