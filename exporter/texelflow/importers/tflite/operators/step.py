"""One node of TensorFlow Lite while it is replaced by ONNX's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Body, Node, TensorType, Value
from texelflow.importers.lowering.channels_last import activation
from texelflow.importers.lowering.typed_lowering import Lowering
from texelflow.importers.tflite.model import Operation, Quantisation, Tensor
from texelflow.importers.tflite.options import read_options
from texelflow.importers.tflite.tensors import LIMITS, TYPES, is_quantised

COMPLEX = "COMPLEX64"
CALL = "call"


def body_name(index: int) -> str:
    """Return the attribute that has the subgraph at `index` among those that a node runs."""
    return f"body_{index}"


@dataclass(frozen=True, slots=True)
class Call:
    """What a node has beside its values: the operation, its tensors, and which inputs are variables.

    A node has an output more for each variable: what it holds afterwards.
    """

    operation: Operation
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    states: tuple[int, ...] = ()


class Step(Lowering):
    """The nodes in place of a node, by its inputs as the numbers that they stand for, and its options."""

    def __init__(self, node: Node, options: str | None) -> None:
        super().__init__(node)
        self.call: Call = node.attributes[CALL]
        self.options: dict[str, Any] = {}
        if options is not None:
            self.options = read_options(options, self.call.operation.options)
        self._made: set[int] = set()

    @property
    def operator(self) -> str:
        """The operator's name."""
        return self.call.operation.name

    def has(self, index: int) -> bool:
        """Whether the input at `index` is given."""
        return self.node.input(index) is not None

    def tensor(self, index: int) -> Tensor:
        """Return what the file says of an input; raise NodeError if it is omitted."""
        self.node.required(index)
        tensor = self.call.inputs[index]
        assert tensor is not None
        return tensor

    def made(self, index: int = 0) -> Tensor:
        """Return what the file says of an output; raise NodeError if there is none."""
        if index >= len(self.call.outputs):
            raise self.fail(f"it has {len(self.call.outputs)} outputs; {index + 1} are expected")
        return self.call.outputs[index]

    def made_dtype(self, index: int = 0) -> str:
        """Return the element type of an output; raise NodeError if it is not supported."""
        dtype = self.made(index).dtype
        if dtype not in TYPES or dtype == COMPLEX:
            raise self.fail(f"its output {index} has elements of type {dtype}, which is not supported")
        return TYPES[dtype]

    def raw(self, index: int) -> Value:
        """Return an input as it is stored; raise NodeError if its type is not that of the file."""
        value, tensor = self.node.required(index), self.tensor(index)
        if tensor.dtype == COMPLEX:
            raise self.fail(f"its input {index} has complex numbers, which it is not supported for")
        if value.dtype != TYPES.get(tensor.dtype):
            raise self.fail(f"its input {index} is {value.type}, where the file says {tensor.dtype}")
        return value

    def real(self, index: int) -> Value:
        """Return an input as the numbers it stands for: those it is, unless it is quantised."""
        value, tensor = self.raw(index), self.tensor(index)
        if not is_quantised(tensor):
            return value
        quantisation = tensor.quantisation
        assert quantisation is not None
        scales, zeros = self._parameters(f"input_{index}", tensor, quantisation)
        producer = value.producer
        single = len(quantisation.scales) == 1
        if single and producer is not None and producer.operator == "QuantizeLinear":
            known = [each.elements for each in producer.reads[1:]]
            if known == [scales.elements, zeros.elements]:
                return producer.required(0)  # which is rounded already
        real = self.add("DequantizeLinear", f"input_{index}", value, scales, zeros, axis=quantisation.axis)
        real.type = TensorType("float32", value.shape)
        return real

    def complex(self, index: int) -> Value:
        """Return an input of complex numbers: pairs along one more axis, the last."""
        if self.tensor(index).dtype != COMPLEX:
            raise self.fail(f"its input {index} is {self.tensor(index).dtype}; {COMPLEX} is expected")
        return self.node.required(index)

    def dtype(self, index: int) -> str:
        """Return the element type of an input as the numbers it stands for."""
        return "float32" if is_quantised(self.tensor(index)) else self.raw(index).dtype

    def axis(self, number: Dimension, rank: int) -> int:
        """Return an axis counted from the front; raise NodeError if there is none."""
        if not isinstance(number, int) or not -rank <= number < rank:
            raise self.fail(f"its axis {number} is none of {rank}")
        return number % rank

    def body(self, index: int) -> Body:
        """Return a subgraph that the operation runs."""
        body = self.node.attributes.get(body_name(index))
        if not isinstance(body, Body):
            raise self.fail("it has no subgraph to run")
        return body

    def finish(
        self, value: Value, index: int = 0, fused: str = "NONE", *, rounded: bool = False, ties: str = "even"
    ) -> None:
        """Take a result, as the numbers that it stands for.

        `fused` is an activation to apply; `rounded` says that it has the steps of the output already. Where
        means are rounded, halves lie in the midst of many: `ties` is then `away` (from zero).
        """
        tensor = self.made(index)
        if tensor.dtype == COMPLEX:
            raise self.fail(f"its output {index} has complex numbers, which it is not supported for")
        if fused != "NONE":
            value = activation(self, "activated", value, fused, self._dtype_of(tensor))
        if is_quantised(tensor):
            if not rounded:
                value = self.to_steps(value, tensor, ties)
            value = self._quantised(value, tensor)
        self._take(value, index)

    def finish_raw(self, value: Value, index: int = 0) -> None:
        """Take a result as it is to be stored."""
        self._take(value, index)

    def finish_complex(self, value: Value) -> None:
        """Take the result of complex numbers, pairs along the last axis."""
        if self.made(0).dtype != COMPLEX:
            raise self.fail(f"its output 0 is {self.made(0).dtype}; {COMPLEX} is expected")
        self._take(value, 0)

    def moved(self, value: Value, index: int = 0) -> None:
        """Take a result that has elements of the first input, moved only."""
        rounded = self.call.inputs[0] is not None and same_steps(self.call.inputs[0], self.made(index))
        self.finish(value, index, rounded=rounded)

    def note(self, index: int) -> None:
        """Note that a node makes an output already."""
        self._made.add(index)

    def finish_state(self, value: Value, index: int) -> None:
        """Take what the variable that is input `index` holds afterwards, as the numbers it stands for."""
        if index not in self.call.states:
            raise self.fail(f"its input {index} is no variable, as it must be")
        tensor = self.tensor(index)
        if is_quantised(tensor):
            value = self._quantised(self.to_steps(value, tensor), tensor)
        place = len(self.call.outputs) + self.call.states.index(index)
        self._made.add(place)
        self.add("Identity", self.node.outputs[place], value)  # which may be an output, too

    def finished(self) -> list[Node]:
        """Return the nodes; raise NodeError if an output is not made."""
        for index, output in enumerate(self.node.outputs):
            if index not in self._made:
                raise self.fail(f"its output {output.name!r} is not known to exist")
        return self.nodes

    def to_steps(self, value: Value, tensor: Tensor, ties: str = "even") -> Value:
        """Return numbers rounded to the steps of a quantised tensor, within its limits."""
        quantisation = tensor.quantisation
        assert quantisation is not None
        if len(quantisation.scales) != 1 or quantisation.scales[0] <= 0:
            raise self.fail(
                f"its output {tensor.name!r} has {len(quantisation.scales)} scales; one is needed"
            )
        zero = quantisation.zero_points[0]
        low, high = (float(limit - zero) for limit in LIMITS[tensor.dtype])
        scale = self.scalar("scale", "float32", quantisation.scales[0])
        steps = self.add("Div", "steps", value, scale)
        whole = self._away(steps, zero) if ties == "away" else self.add("Round", "rounded", steps)
        limits = (self.scalar("limit", "float32", limit) for limit in (low, high))
        return self.add("Mul", "on_steps", self.add("Clip", "limited", whole, *limits), scale)

    def _away(self, steps: Value, zero: int) -> Value:
        """Return steps rounded, halves away from zero; the whole numbers of the file are counted from there.

        What is a half but for the rounding of floats is one.
        """
        middle = self.scalar("zero", "float32", float(zero))
        stored = self.add("Add", "stored", steps, middle)
        size = self.add(
            "Add", "more", self.add("Abs", "size", stored), self.scalar("half", "float32", 0.5 + 2.0**-12)
        )
        signed = self.add("Mul", "signed", self.add("Floor", "whole", size), self.add("Sign", "sign", stored))
        return self.add("Sub", "from_zero", signed, middle)

    def _quantised(self, value: Value, tensor: Tensor) -> Value:
        quantisation = tensor.quantisation
        assert quantisation is not None
        scales, zeros = self._parameters("result", tensor, quantisation)
        return self.add("QuantizeLinear", "numbers", value, scales, zeros)

    def _parameters(self, step: str, tensor: Tensor, quantisation: Quantisation) -> tuple[Value, Value]:
        """Return scales and zero points as constants: scalars, or vectors along an axis."""
        shape = () if len(quantisation.scales) == 1 else (len(quantisation.scales),)
        low, high = LIMITS[tensor.dtype]
        if not all(low <= zero <= high for zero in quantisation.zero_points):
            raise self.fail(f"{tensor.name!r} has zero points outside of {low} to {high}")
        scales = self.constant(f"{step}_scale", "float32", shape, quantisation.scales)
        zeros = self.constant(f"{step}_zero", TYPES[tensor.dtype], shape, quantisation.zero_points)
        return scales, zeros

    def _dtype_of(self, tensor: Tensor) -> str:
        return "float32" if is_quantised(tensor) else TYPES.get(tensor.dtype) or "float32"

    def _take(self, value: Value, index: int) -> None:
        """Let the node that makes a value make the output; one that is none of ours is copied."""
        result = self.node.outputs[index]
        self._made.add(index)
        producer = value.producer
        if producer is None or producer not in self.nodes or value in self.node.outputs:
            self.add("Identity", result, value)
            return
        producer.outputs[producer.outputs.index(value)] = result
        result.producer = producer
        for node in self.nodes:
            node.inputs = [result if each is value else each for each in node.inputs]


def same_steps(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same type and quantisation."""
    if one.dtype != other.dtype:
        return False
    pair = [
        None if each.quantisation is None else replace(each.quantisation, axis=0) for each in (one, other)
    ]
    return pair[0] == pair[1]
