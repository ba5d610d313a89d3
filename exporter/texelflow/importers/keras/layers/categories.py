"""Numbers that stand for categories: ranges, places in a vocabulary, and their encodings."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import FLOATING, TensorType, Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.lowering import KERAS_3, Layer, lowers

_MOST = 2**16
"""Categories and ranges; each takes part in a comparison with every number."""


@lowers("CategoryEncoding")
def category_encoding(layer: Layer) -> None:
    """Whole numbers as vectors: which there are, how many of each, or one at its place."""
    if len(layer.data) > 1:
        raise layer.fail("it is called with count_weights, which is not supported")
    encode(layer, layer.x, str(layer.setting("output_mode", "multi_hot")), layer.whole("num_tokens", 0))


def encode(layer: Layer, x: Value, mode: str, depth: int) -> None:
    """End in whole numbers as `mode` has them; x is of the shape of the input."""
    shape = list(layer.x.shape)
    if not 0 < depth <= _MOST or len(shape) not in (1, 2) or layer.setting("sparse", False):
        raise layer.fail(f"it has {depth} categories, its input is {layer.x.type}, which is not supported")
    if mode == "one_hot" and len(shape) == 2 and proved_equal(shape[1], 1):
        x = layer.reshape("flat", x, shape[:1])
        shape = shape[:1]
    elif (mode == "one_hot" and layer.dialect != KERAS_3) or (mode != "one_hot" and len(shape) != 2):
        raise layer.fail(f"its output_mode is {mode!r}, its input {layer.x.type}, which is not supported")
    whole = layer.cast("whole", x, "int64")
    upright = layer.add("Unsqueeze", "upright", whole, layer.vector("new_axis", [len(shape)]))
    found = layer.add("Equal", "found", upright, layer.places("categories", depth))
    flags = layer.cast("flags", found, "float32")
    if mode == "one_hot":
        layer.add("Identity", layer.result, flags)
    elif mode in ("multi_hot", "count"):
        operator = "ReduceMax" if mode == "multi_hot" else "ReduceSum"
        layer.add(operator, layer.result, flags, layer.vector("samples", [1]), keepdims=0)
    else:
        raise layer.fail(f"its output_mode is {mode!r}; one_hot, multi_hot or count is supported")


@lowers("Discretization")
def discretization(layer: Layer) -> None:
    """In which range, of those between boundaries, each number is."""
    boundaries = layer.setting("bin_boundaries", [])
    if (
        not isinstance(boundaries, list)
        or not 0 < len(boundaries) <= _MOST
        or not all(map(is_finite, boundaries))
        or sorted(boundaries) != boundaries
    ):
        raise layer.fail(f"its bin_boundaries are {str(boundaries)[:80]}; numbers in order are needed")
    x = layer.x if layer.x.dtype in FLOATING else layer.cast("floats", layer.x, "float32")
    upright = layer.add("Unsqueeze", "upright", x, layer.vector("new_axis", [layer.rank]))
    limits = layer.constant("boundaries", "float32", [len(boundaries)], [float(each) for each in boundaries])
    above = layer.cast("above", layer.add("GreaterOrEqual", "reached", upright, limits), "int64")
    step: str | Value = "range"
    mode = str(layer.setting("output_mode", "int"))
    place = layer.add("ReduceSum", step, above, layer.vector("ranges", [layer.rank]), keepdims=0)
    if mode == "int":
        layer.add("Identity", layer.result, place)
    else:
        encode(layer, place, mode, len(boundaries) + 1)


@lowers("IntegerLookup")
def integer_lookup(layer: Layer) -> None:
    """The place of each number in a vocabulary, behind the places for a mask and for others."""
    words, others, mask = (
        layer.setting("vocabulary"),
        layer.whole("num_oov_indices", 1),
        layer.setting("mask_token"),
    )
    if (
        not isinstance(words, list)
        or not 0 < len(words) <= _MOST
        or not all(type(word) is int for word in words)
    ):
        raise layer.fail(
            "its vocabulary is not in the configuration: give IntegerLookup the numbers as vocabulary=…"
        )
    if others != 1 or layer.setting("invert", False) or not (mask is None or type(mask) is int):
        raise layer.fail("one place for other numbers, and no inversion, is supported")
    first = 1 if mask is None else 2
    # A vocabulary may begin with the mask and the others itself.
    known = words[first:] if mask is not None and words[:1] == [mask] else words
    known = known[1:] if known[:1] == [layer.setting("oov_token", -1)] else known
    keys = [*known, *([] if mask is None else [mask])]
    values = [*range(first, first + len(known)), *([] if mask is None else [0])]
    x = layer.cast("whole", layer.x, "int64")
    x.type = TensorType("int64", layer.x.shape)
    upright = layer.add("Unsqueeze", "upright", x, layer.vector("new_axis", [layer.rank]))
    is_word = layer.add("Equal", "is_word", upright, layer.constant("words", "int64", [len(keys)], keys))
    other = layer.scalar("other", "int64", first - 1)
    places = layer.constant("places", "int64", [len(values)], [value - first + 1 for value in values])
    moved = layer.add("Where", "moved", is_word, places, layer.scalar("none", "int64", 0))
    total = layer.add("ReduceSum", "total", moved, layer.vector("word_axis", [layer.rank]), keepdims=0)
    step: str | Value = layer.result if layer.setting("output_mode", "int") == "int" else "place"
    place = layer.add("Add", step, total, other)
    if not isinstance(step, Value):
        encode(layer, place, str(layer.setting("output_mode")), first + len(known))
