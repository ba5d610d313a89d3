"""Sequences of which a mask says, for each entry of the batch, which steps count.

ONNX's recurrent layers leave out steps at the end only. So those that count go to the front, and the results
back to where they belong: at a step that does not count, Keras repeats the result before it.
"""

from __future__ import annotations

from texelflow.graph import NodeError, Value
from texelflow.importers.keras.lowering import Layer


class MaskedSteps:
    """Which steps of sequences [batch, length, …] count."""

    def __init__(self, layer: Layer, mask: Value) -> None:
        """Take a mask [batch, length]; raise NodeError for one of another rank."""
        if len(mask.shape) != 2:
            raise NodeError(layer.node, f"its mask is {mask.type}; one of a batch and steps is supported")
        self._layer = layer
        self._mask = mask
        self._length = mask.shape[1]
        whole = layer.cast("mask_whole", mask, "int64")
        self._until = layer.add("CumSum", "until", whole, layer.scalar("steps_axis", "int64", 1))
        """How many steps count up to each, with it."""
        self._all = layer.add("ReduceSum", "all", whole, layer.vector("all_axis", [1]), keepdims=1)
        self.counts = layer.reshape("counts", layer.cast("counts_32", self._all, "int32"), [mask.shape[0]])
        """How many steps count of each entry of the batch, as int32."""

    def to_front(self, x: Value) -> Value:
        """Return sequences with the steps that count in front, in their order."""
        layer = self._layer
        places = layer.places("places", self._length)
        upright = layer.add("Unsqueeze", "upright", places, layer.vector("upright_axis", [1]))
        wide = layer.add("Unsqueeze", "until_wide", self._until, layer.vector("wide_axis", [1]))
        # As many steps lie before the one that comes to a place as have no more than that many up to them.
        is_before = layer.cast("is_before", layer.add("LessOrEqual", "before", wide, upright), "int64")
        steps = layer.add("ReduceSum", "step", is_before, layer.vector("step_axis", [2]), keepdims=0)
        last = layer.add("Sub", "last_place", layer.index("length", self._length), layer.index("one", 1))
        return self._rows("in_front", x, layer.add("Min", "step_within", steps, last))

    def back(self, results: Value, with_zeros: bool) -> Value:
        """Return results of steps in front, each at its step; at others that before, or zeros."""
        layer = self._layer
        zero, one = layer.index("zero", 0), layer.index("one", 1)
        place = layer.add("Max", "place", layer.add("Sub", "place_before", self._until, one), zero)
        rows = self._rows("back", results, place)
        has_any = self._mask if with_zeros else layer.add("Greater", "has_any", self._until, zero)
        upright = layer.add("Unsqueeze", "has_result", has_any, layer.vector("result_axis", [2]))
        return layer.add("Where", "steps", upright, rows, self._nothing())

    def last(self, result: Value, with_zeros: bool) -> Value:
        """Return the last result [batch, …]: zeros where no step counts, or if so where the last does not."""
        layer = self._layer
        if not with_zeros:
            return self.or_first("last", result, None)
        ending = layer.slice("ending", self._mask, 1, self._length - 1, self._length)
        return layer.add("Where", "last", ending, result, self._nothing())

    def or_first(self, step: str, state: Value, first: Value | None) -> Value:
        """Return a state [batch, …] behind all steps: the first one, or zeros, where no step counts."""
        layer = self._layer
        counts = layer.add("Greater", "counts_any", self._all, layer.index("zero", 0))
        return layer.add("Where", step, counts, state, self._nothing() if first is None else first)

    def _nothing(self) -> Value:
        return self._layer.scalar("nothing", self._layer.x.dtype, 0)

    def _rows(self, step: str, x: Value, places: Value) -> Value:
        """Return of each entry of the batch the steps that `places` [batch, length] lists."""
        layer = self._layer
        tuples = layer.add("Unsqueeze", f"{step}_places", places, layer.vector("tuple_axis", [2]))
        return layer.add("GatherND", step, x, tuples, batch_dims=1)
