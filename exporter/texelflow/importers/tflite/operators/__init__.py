"""What operators of TensorFlow Lite mean in ONNX's: a family a file, each function registered by `lowers`.

A node of the domain `tflite` (or `tflite.custom`) has a `Call` among its attributes. Shape inference expands
it once its inputs have types: then its function gets a `Step`, which gives the inputs as the numbers they
stand for, builds nodes, and takes the results.

A quantised value is computed as the numbers it stands for, rounded to its steps: so the float kernels
serve it, what lies between two products is one draw, and results agree with integer arithmetic to about a
step. Where whole numbers are read (an output of the model), they are made of these.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from texelflow.graph import Node, NodeError
from texelflow.importers.lowering.typed_lowering import register
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.operators.complex_parts import by_parts, has_parts
from texelflow.importers.tflite.operators.step import CALL, Call, Step, body_name

__all__ = ["CALL", "CUSTOM_DOMAIN", "DOMAIN", "Call", "Step", "body_name", "load_operators", "lowers"]

DOMAIN = "tflite"
CUSTOM_DOMAIN = "tflite.custom"

Function = Callable[[Step], None]


def lowers(
    *names: str,
    inputs: int | tuple[int, int],
    options: str | None = None,
    custom: bool = False,
) -> Callable[[Function], Function]:
    """Register a function for operators by their names in the schema, or in files if they are `custom`.

    `inputs` says how many there are, or the least and the most; `options` is the table of `options.py`.
    """

    def decorate(function: Function) -> Function:
        def replace(node: Node) -> list[Node]:
            if has_parts(node):
                return by_parts(node)
            try:
                step = Step(node, options)
                function(step)
                return step.finished()
            except DamagedError as error:
                raise NodeError(node, str(error)) from error

        count = (inputs, inputs) if isinstance(inputs, int) else inputs
        register(CUSTOM_DOMAIN if custom else DOMAIN, names, count, replace)
        return function

    return decorate


@cache
def load_operators() -> None:
    """Import every family, so that shape inference finds all operators."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
