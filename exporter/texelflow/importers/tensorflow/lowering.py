"""How an operator of TensorFlow becomes ONNX's: a function in `operators/`, found by the decorator here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from texelflow.graph import Node, NodeError
from texelflow.importers.lowering.typed_lowering import Lowering, refuse, register

__all__ = ["DOMAIN", "OUTPUT_NAMES", "Lowering", "lowers", "refuses"]

DOMAIN = "tensorflow"

OUTPUT_NAMES: dict[str, tuple[str, ...]] = {}
"""What the outputs of an operator are called inside of functions, where it has several."""

_COMPLEX = frozenset({"complex64", "complex128"})

Lower: TypeAlias = Callable[[Lowering], object]


def lowers(
    *names: str, inputs: int | tuple[int, int] = 1, outputs: Sequence[str] = (), of_complex: bool = False
) -> Callable[[Lower], Lower]:
    """Register a function that replaces nodes of these operators.

    It adds nodes to the Lowering that end in the outputs of the node; it raises NodeError for what it cannot
    do. `inputs` is how many there are, or the least and the most; `outputs` are their names if several.
    `of_complex`: it knows that complex numbers are pairs along a last axis; no other is given any.
    """

    def decorate(function: Lower) -> Lower:
        def replace(node: Node) -> list[Node]:
            if not of_complex and not _COMPLEX.isdisjoint(map(str, node.attributes.values())):
                raise NodeError(node, "its numbers are complex, which is not supported")
            steps = Lowering(node)
            function(steps)
            return steps.nodes

        register(DOMAIN, names, (inputs, inputs) if isinstance(inputs, int) else inputs, replace)
        OUTPUT_NAMES.update({name: tuple(outputs) for name in names if outputs})
        return function

    return decorate


def refuses(*names: str, reason: str) -> None:
    """Register operators that cannot be supported, with what to do instead."""
    refuse(DOMAIN, names, reason)
