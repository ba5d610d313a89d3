"""Distances, places in sorted lists, and what a mask leaves."""

from __future__ import annotations

from texelflow.graph import Node, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.complex_parts import ARGUMENTS
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.shapes import broadcast


@lowers("cdist", "_cdist_forward", "_euclidean_dist")
def cdist(step: Step) -> None:
    """The distances of all vectors of one list from all of another."""
    a, b, p = step.tensor("x1"), step.tensor("x2"), step.number("p", 2)
    rows = step.add("Unsqueeze", "rows", a, step.vector("behind", [-2]))
    columns = step.add("Unsqueeze", "columns", b, step.vector("before", [-3]))
    difference = step.add("Sub", "difference", rows, columns)
    if p not in (1, 2):
        raise step.fail(f"its p is {p}; 1 and 2 are supported")
    step.add(
        "ReduceL2" if p == 2 else "ReduceL1", step.result, difference, step.vector("axis", [-1]), keepdims=0
    )


@lowers("bucketize.Tensor", "searchsorted.Tensor")
def bucketize(step: Step) -> None:
    """How many numbers of a sorted list are below each number, or at most it."""
    x = step.tensor("self")
    name = "boundaries" if step.base == "bucketize" else "sorted_sequence"
    edges = step.tensor(name)
    if len(edges.shape) != 1 or step.has("sorter"):
        raise step.fail(f"its sorted numbers are {edges.type}; one list is supported")
    wide = step.add("Unsqueeze", "wide", x, step.vector("last", [-1]))
    right = step.flag("right") or step.text("side") == "right"
    passed = step.add(
        "GreaterOrEqual" if right else "Greater", "is_passed", wide, step.as_dtype(edges, x.dtype)
    )
    count = step.add(
        "ReduceSum", "count", step.cast("passed", passed, "int64"), step.vector("axis", [-1]), keepdims=0
    )
    step.finish(count)


@lowers("masked_select")
def masked_select(step: Step) -> None:
    """The elements where a mask holds, as a list."""
    x, mask = step.tensor("self"), step.tensor("mask")
    shape = broadcast(step.node, [x.shape, mask.shape])
    inputs: list[Value | None] = [step.expand("wide", x, shape), step.expand("wide_mask", mask, shape)]
    attributes = {**step.node.attributes, ARGUMENTS: {"self": Ref(0), "indices": [Ref(1)]}}
    node = step.node
    step.nodes.append(Node("index.Tensor", inputs, [step.result], attributes, node.name, node.domain))
