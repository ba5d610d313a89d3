"""DynamicQuantizeLSTM: an LSTM of 8-bit weights, whose inputs and states are quantised by their ranges."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType, Value
from texelflow.operators import operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.microsoft.integer_products import check_float_product
from texelflow.operators.onnx.recurrent import LSTM, OWN_ATTRIBUTES
from texelflow.operators.quantization import require_quantized
from texelflow.operators.recurrence import Cell, entry_of
from texelflow.operators.shapes import require_rank, unify


class QuantizedCell(Cell):
    """A cell that quantises what it recalls; `recurrent` is [hidden, gates * hidden], of 8 bits."""

    scale: Value
    zero: Value

    def recall(self, state: Value | None, first: int, count: int) -> Value | None:
        """Return the product of a state with the weights of all gates; None for no state."""
        if state is None:
            return None
        return _quantised_product(self.steps, "recalled", state, self.recurrent, self.scale, self.zero)


def _quantised_product(
    steps: Decomposition, step: str, x: Value, weights: Value, scale: Value, zero: Value
) -> Value:
    result = steps.value(step)
    inputs: list[Value | None] = [x, weights, scale, zero]
    steps.nodes.append(Node("DynamicQuantizeMatMul", inputs, [result], {}, steps.name, MICROSOFT))
    return result


@operator("DynamicQuantizeLSTM", inputs=12, domain=MICROSOFT, attributes=OWN_ATTRIBUTES)
class DynamicQuantizeLSTM(LSTM):
    """As LSTM, but W [directions, inputs, gates * hidden] and R [directions, hidden, gates * hidden] are of
    8 bits. Behind the inputs of LSTM come scale and zero point of W, then those of R: one of each direction,
    or [directions, gates * hidden].

    As in ONNX Runtime, what is quantised together has one range: all inputs, and the states of all sequences.
    """

    cell = QuantizedCell

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of all states and of the last ones."""
        inputs = [*node.inputs[:8]]
        for index, parts in ((1, (8, 9)), (2, (10, 11))):
            weights = node.required(index)
            require_quantized(node, weights.known_type)
            require_rank(node, weights.known_type, 3, 3)
            directions, rows, columns = weights.shape
            inputs[index] = Value("weights", TensorType("float32", (directions, columns, rows)))
            scale, zero = (self._of_one(node, node.required(part)) for part in parts)
            rounded = Value("rounded", TensorType("uint8", (1, rows)))
            matrix = Value("matrix", TensorType(weights.dtype, (rows, columns)))
            own = Value("own_scale", TensorType("float32", ()))
            check_float_product(node, rounded, matrix, own, scale, None, zero, None)
        outputs = [Value(value.name) for value in node.outputs]
        return super().infer(Node(node.operator, inputs, outputs, node.attributes, node.name, node.domain))

    def hidden(self, node: Node) -> Dimension:
        """Return the number of hidden states."""
        return node.required(2).shape[1]

    def weighted(self, cell: Cell, rows: Value, index: int) -> Value:
        """Return the product of all inputs with their weights, and have the cell recall by its own."""
        assert isinstance(cell, QuantizedCell)
        steps = cell.steps
        weights, cell.recurrent, scale, zero, cell.scale, cell.zero = (
            entry_of(steps, steps.node.required(number), 0, index) for number in (1, 2, 8, 9, 10, 11)
        )
        lengths = steps.node.input(4)
        if lengths is not None:  # behind the end of the longest sequence nothing counts
            length, batch = self._length(steps.node), self._batch(steps.node)
            size = steps.node.required(0).shape[2]
            places = steps.cast("steps", steps.places("places", length), "int32")
            inside = steps.add(
                "Less", "inside", places, steps.add("ReduceMax", "longest", lengths, keepdims=0)
            )
            by_step = steps.reshape("by_step", rows, [length, batch, size])
            nothing = steps.scalar("nothing", cell.dtype, 0.0)
            upright = steps.reshape("upright", inside, [length, 1, 1])
            counted = steps.add("Where", "counted", upright, by_step, nothing)
            rows = steps.reshape("counted_rows", counted, [length * batch, size])
        return _quantised_product(steps, "weighted", rows, weights, scale, zero)

    @staticmethod
    def _of_one(node: Node, value: Value) -> Value:
        """Return what a scale or zero point is in one direction; raise NodeError if it is for neither."""
        require_rank(node, value.known_type, 1, 2)
        unify(node, value.shape[0], node.required(1).shape[0], "the directions of its scales and weights")
        return Value("part", TensorType(value.dtype, value.shape[1:]))
