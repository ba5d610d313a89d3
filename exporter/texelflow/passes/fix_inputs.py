"""Makes constants of inputs whose numbers the export is given, such as a sampling rate.

Rules:
1. An input that is fixed is none of the graph any more; its shape must be known.
2. One number is for all of its elements; else there are as many as it has.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import prod

from texelflow.errors import ExportError
from texelflow.graph import FLOATING, ConstantData, Graph, Value
from texelflow.graph.constants import pack_elements
from texelflow.operators.shapes import known_shape


def run(graph: Graph, constants: Mapping[str, Sequence[float]]) -> list[Value]:
    """Fix inputs by name; return them.

    Raises:
        ExportError: there is no such input, or the numbers do not fit it.
    """
    inputs = {value.name: value for value in graph.inputs}
    for name, numbers in constants.items():
        if name not in inputs:
            raise ExportError(f"there is no input {name!r} to fix; the inputs are {', '.join(inputs)}")
        value, shape = inputs[name], known_shape(inputs[name].shape)
        what = f"input {name!r}, {value.known_type},"
        if shape is None:
            raise ExportError(f"{what} has a free size: give its shape to fix its numbers")
        if len(numbers) not in (1, prod(shape)):
            raise ExportError(f"{what} has {prod(shape)} elements; {len(numbers)} numbers are given")
        elements = list(numbers) * (prod(shape) // len(numbers))
        if value.dtype not in FLOATING and not all(float(number).is_integer() for number in elements):
            raise ExportError(f"{what} takes whole numbers, not {list(numbers)}")
        try:
            value.constant = ConstantData([pack_elements(value.dtype, elements)])
        except struct.error:
            raise ExportError(f"the numbers {list(numbers)} do not fit {what[:-1]}") from None
    fixed = [value for value in graph.inputs if value.name in constants]
    graph.inputs = [value for value in graph.inputs if value.name not in constants]
    return fixed
