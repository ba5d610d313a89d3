"""Input values for a bundle: random ones, or those of a file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from texelflow.bundle.types import Expression, GraphFile, GraphInput
from texelflow.errors import ExportError

Array = NDArray[np.generic]

IMAGE_EXTENT = 64
SEQUENCE_LENGTH = 8
INTEGER_BOUND = 8
"""Random integers are below it: most integer inputs are indices, and small ones are in range everywhere."""


def numpy_type(dtype: str) -> np.dtype[np.generic]:
    """Return NumPy's type for an element type of the format."""
    if dtype == "bfloat16":
        import ml_dtypes  # NumPy has no bfloat16 of its own

        bfloat16: np.dtype[np.generic] = np.dtype(ml_dtypes.bfloat16)
        return bfloat16
    return np.dtype(dtype)


def sample_inputs(
    graph: GraphFile, dimensions: Mapping[str, int], seed: int, bounds: Mapping[str, int] | None = None
) -> dict[str, Array]:
    """Return random values for every input: floats from the standard normal distribution, small integers, 0
    and 1 where the input's name says mask.

    `bounds` says by input what integers must be below (the rows of an embedding).

    `dimensions` gives the sizes of free dimensions; others are 1 for the first axis, 64 for those of pixels
    where there are four axes, else 8. Of a model that branches, what decides between branches is what the
    first needs, where that is a number.

    Raises:
        ExportError: `dimensions` names a dimension that the model has not.
    """
    sizes = chosen_sizes(graph, dimensions)
    random = np.random.default_rng(seed)
    arrays = {
        graph_input["name"]: _random_values(
            graph_input, sizes, random, (bounds or {}).get(graph_input["name"])
        )
        for graph_input in graph["inputs"]
    }
    needed = _needed_by_first_branch(graph)
    for graph_input in graph["inputs"]:
        for place, symbol in enumerate(graph_input.get("elements", ())):
            if symbol in needed:
                arrays[graph_input["name"]].reshape(-1)[place] = needed[symbol]
    return arrays


def chosen_sizes(graph: GraphFile, dimensions: Mapping[str, int]) -> dict[str, int]:
    """Return a size for each free dimension that is one of an input's: the given one or the default.

    Raises:
        ExportError: `dimensions` names a dimension that the model has not.
    """
    sizes = dict(dimensions)
    if unknown := dimensions.keys() - set(graph["symbols"]):
        known = ", ".join(graph["symbols"]) or "none"
        raise ExportError(f"the model has no free dimension {sorted(unknown)}; its free dimensions: {known}")
    needed = _needed_by_first_branch(graph)
    for graph_input in graph["inputs"]:
        for axis, extent in enumerate(graph_input["shape"]):
            if isinstance(extent, str):
                sizes.setdefault(extent, needed.get(extent, _default_size(axis, graph_input["shape"])))
    return sizes


def load_inputs(path: Path, graph: GraphFile, partial: bool = False) -> dict[str, Array]:
    """Return the values in an `.npz` file that has one array for each input, by name. With `partial`
    it may have others, too.

    Raises:
        ExportError: the file cannot be read, lacks an input, has an unknown one, or one of another type.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise ExportError(f"{path} is not an .npz file of arrays: {error}") from None
    expected = {graph_input["name"]: graph_input for graph_input in graph["inputs"]}
    if partial:
        arrays = {name: array for name, array in arrays.items() if name in expected}
    if arrays.keys() != expected.keys():
        raise ExportError(
            f"{path} has arrays {', '.join(sorted(arrays)) or 'none'}, "
            f"but the model's inputs are {', '.join(sorted(expected))}"
        )
    for name, array in arrays.items():
        wanted = numpy_type(expected[name]["dtype"])
        if wanted.name == "bfloat16" and array.dtype in (np.dtype("V2"), np.dtype(np.uint16)):
            array = array.view(wanted)  # NumPy saves bfloat16 as two bytes without a type
        elif not (wanted.name == "bfloat16" or np.can_cast(array.dtype, wanted, "same_kind")):
            raise ExportError(f"{path}: input {name!r} is {array.dtype}, but the model takes {wanted}")
        if array.ndim != len(expected[name]["shape"]):
            raise ExportError(
                f"{path}: input {name!r} has shape {list(array.shape)}, "
                f"but the model takes {expected[name]['shape']}"
            )
        arrays[name] = array.astype(wanted)
    return arrays


def _needed_by_first_branch(graph: GraphFile) -> dict[str, int]:
    """Return, by symbol, the numbers that the first branch of a model needs; none if it has no branches."""
    when = graph["branches"][0]["when"] if "branches" in graph else []
    pairs = [(one["left"], one["right"]) for one in when if one["relation"] == "="]
    return {left: right for left, right in pairs if isinstance(left, str) and isinstance(right, int)}


def _default_size(axis: int, shape: Sequence[Expression]) -> int:
    if axis == 0:
        return 1
    # Of pictures whose channels are last, that axis is short.
    channels = 3 if len(shape) == 4 and isinstance(shape[3], int) and shape[3] <= 4 else 1
    return IMAGE_EXTENT if len(shape) == 4 and axis != channels else SEQUENCE_LENGTH


def _random_values(
    graph_input: GraphInput, sizes: Mapping[str, int], random: np.random.Generator, below: int | None
) -> Array:
    shape = [_extent(extent, sizes, graph_input["name"]) for extent in graph_input["shape"]]
    dtype = numpy_type(graph_input["dtype"])
    if np.issubdtype(dtype, np.floating) or dtype.name == "bfloat16":
        return np.asarray(random.standard_normal(shape)).astype(dtype)
    if dtype == np.bool_ or "mask" in graph_input["name"].lower():
        below = 2
    bound = min(below or INTEGER_BOUND, int(np.iinfo(dtype.name).max)) if dtype != np.bool_ else 2
    return np.asarray(random.integers(0, bound, shape)).astype(dtype)


def _extent(extent: Expression, sizes: Mapping[str, int], name: str) -> int:
    if isinstance(extent, list):
        raise ExportError(f"input {name!r} has the computed dimension {extent}: give its values with --input")
    return sizes[extent] if isinstance(extent, str) else extent
