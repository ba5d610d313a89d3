"""LSTM, GRU and RNN: layers that go through a sequence step by step and remember.

Steps are written out; of many, or where a run decides how many, one is repeated (internal/repeat.py).
The product of the inputs with their weights is one for all steps. Equations and the order of gates are those
of ONNX's operators.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Body, Node, NodeError, Shape, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.internal.repeat import repeat
from texelflow.operators.recurrence import PARAMETERS, Activation, Cell, States, entry_of
from texelflow.operators.shapes import floating_dtype, require_rank, unify

MOST_STEPS = 512
"""Steps that are written out; each is a few draws."""

DIRECTIONS: Mapping[str, Sequence[bool]] = {
    "forward": (False,),
    "reverse": (True,),
    "bidirectional": (False, True),
}
"""For each direction of a layer whether it begins at the end."""

OWN_ATTRIBUTES = {
    "activation_alpha": "a list of numbers",
    "activation_beta": "a list of numbers",
    "activations": "a list of texts",
    "clip": "a number",
    "hidden_size": "a whole number",
    "input_forget": "0 or 1",
    "layout": "0 or 1",
    "linear_before_reset": "0 or 1",
    "output_sequence": "0 or 1",
}


class Recurrent(Operator):
    """What the three layers share: X [length, batch, inputs], W [directions, gates * hidden, inputs],
    R [directions, gates * hidden, hidden], B [directions, 2 * gates * hidden], sequence_lens [batch], and
    the first states [directions, batch, hidden]; with `layout` 1, batch comes first.

    Outputs are the states after each step [length, directions, batch, hidden], and the last ones.
    """

    gates: ClassVar[int]
    functions: ClassVar[Sequence[str]]
    state_inputs: ClassVar[Sequence[int]] = (5,)
    cell: ClassVar[type[Cell]] = Cell

    def step(self, cell: Cell, inputs: Value, states: States) -> list[Value]:
        """Return the states after a step; `inputs` [batch, gates * hidden] have their weights and biases."""
        raise NotImplementedError

    def hidden(self, node: Node) -> Dimension:
        """Return the number of hidden states."""
        return node.required(2).shape[2]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of all states and of the last ones."""
        x, w, r = (node.required(index).known_type for index in range(3))
        dtype = floating_dtype(node, [x, w, r])
        for kind in (x, w, r):
            require_rank(node, kind, 3, 3)
        directions, hidden = len(self._directions(node)), r.shape[2]
        length, batch = self._length(node), self._batch(node)
        sizes: list[tuple[Dimension, Dimension, str]] = [
            (w.shape[0], directions, "the directions of its weights and of the layer"),
            (r.shape[0], directions, "the directions of its recurrent weights and of the layer"),
            (w.shape[2], x.shape[2], "the inputs of its weights and of the sequence"),
            (
                w.shape[1],
                self.gates * hidden,
                f"the rows of its weights and {self.gates} times the hidden ones",
            ),
            (
                r.shape[1],
                self.gates * hidden,
                f"the rows of its recurrent weights and {self.gates} times those",
            ),
        ]
        if "hidden_size" in node.attributes:
            sizes.append((hidden, int(node.attributes["hidden_size"]), "the hidden states and hidden_size"))
        for a, b, meaning in sizes:
            unify(node, a, b, meaning)
        first = (batch, directions) if node.attributes.get("layout") else (directions, batch)
        state = (*first, hidden)
        expected: dict[int, Shape] = {3: (directions, 2 * self.gates * hidden), 4: (batch,)}
        expected |= dict.fromkeys(self.state_inputs, state)
        expected[7] = (directions, 3 * hidden)
        for index, shape in expected.items():
            if (value := node.input(index)) is not None:
                self._require_shape(node, index, value, shape)
        self._activations(node)
        steps = (batch, length, directions) if node.attributes.get("layout") else (length, directions, batch)
        last = TensorType(dtype, state)
        return [TensorType(dtype, (*steps, hidden)), last, last][: len(node.outputs)]

    @staticmethod
    def _require_shape(node: Node, index: int, value: Value, shape: Shape) -> None:
        if len(value.shape) != len(shape):
            raise NodeError(node, f"its input {index} is {value}; the shape {list(shape)} is needed")
        for axis, (a, b) in enumerate(zip(value.shape, shape, strict=True)):
            unify(
                node, a, b, f"the extents of input {index} along axis {axis} as they are and as they must be"
            )

    @staticmethod
    def _directions(node: Node) -> Sequence[bool]:
        direction = node.attributes.get("direction", "forward")
        if direction not in DIRECTIONS:
            raise NodeError(node, f"direction is {direction!r}; one of {', '.join(DIRECTIONS)} is expected")
        return DIRECTIONS[direction]

    @staticmethod
    def _length(node: Node) -> Dimension:
        return node.required(0).shape[1 if node.attributes.get("layout") else 0]

    @staticmethod
    def _batch(node: Node) -> Dimension:
        return node.required(0).shape[0 if node.attributes.get("layout") else 1]

    def _activations(self, node: Node) -> list[list[Activation]]:
        """Return the functions of each direction; parameters go to those that take some, in order."""
        directions = len(self._directions(node))
        names = node.attributes.get("activations") or list(self.functions) * directions
        if len(names) != len(self.functions) * directions:
            raise NodeError(
                node, f"it has {len(names)} activations; {len(self.functions) * directions} are expected"
            )
        given = {key: iter(node.attributes.get(f"activation_{key}", [])) for key in ("alpha", "beta")}
        found = [self._activation(node, name, given) for name in names]
        count = len(self.functions)
        return [found[index : index + count] for index in range(0, len(found), count)]

    @staticmethod
    def _activation(node: Node, name: str, given: Mapping[str, Iterator[float]]) -> Activation:
        if name.lower() not in PARAMETERS:
            raise NodeError(node, f"its activation {name!r} is unknown; there are {', '.join(PARAMETERS)}")
        parameters: dict[str, float] = {}
        for key, default in PARAMETERS[name.lower()][1].items():
            number = next(given[key], default)
            if number is None:
                raise NodeError(node, f"its activation {name} has no activation_{key}, which must be given")
            parameters[key] = float(number)
        return Activation(name.lower(), parameters)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by the steps, one after the other, or by one that is repeated."""
        length, hidden = self._length(node), self.hidden(node)
        if not isinstance(hidden, int):
            raise NodeError(
                node,
                f"the number of its hidden states, {hidden}, is not known at export: fix it with --input",
            )
        if proved_equal(length, 0):
            raise NodeError(node, "its sequence has no steps; at least 1 is needed")
        steps = Decomposition(node)
        batch_first = bool(node.attributes.get("layout"))
        x = node.required(0)
        if batch_first:
            x = steps.add("Transpose", "by_step", x, perm=[1, 0, 2])
        rows = steps.reshape("rows", x, [length * self._batch(node), node.required(0).shape[2]])
        ends = [
            self._direction(
                node,
                self.cell(steps, node.required(0).dtype, hidden, functions),
                rows,
                length,
                index,
                is_reverse,
            )
            for index, (is_reverse, functions) in enumerate(
                zip(self._directions(node), self._activations(node), strict=True)
            )
        ]
        self._join(node, steps, ends, hidden, batch_first)
        return steps.nodes

    def _direction(
        self, node: Node, cell: Cell, rows: Value, length: Dimension, index: int, is_reverse: bool
    ) -> tuple[Value, list[Value]]:
        """Write one direction, from `rows` [length * batch, inputs], what all steps get.

        Returns:
            Its output after each step, in the order of the sequence, and its last states.
        """
        steps, batch = cell.steps, self._batch(node)

        def of_direction(number: int, axis: int = 0) -> Value | None:
            value = node.input(number)
            return None if value is None else entry_of(steps, value, axis, index)

        cell.peepholes = of_direction(7)
        products = self.weighted(cell, rows, index)
        if (biases := of_direction(3)) is not None:
            products = steps.add("Add", "biased", products, self._bias(cell, biases))
        inputs = steps.reshape("inputs", products, [length, batch, self.gates * cell.hidden])
        states: States = [of_direction(number, int(cell.has("layout"))) for number in self.state_inputs]
        lengths = self._lengths(node, steps, length)
        if lengths is not None:  # where nothing comes, ONNX Runtime ends in zeros, not in what was before
            zero = steps.scalar("zero", cell.dtype, 0.0)
            any_ = steps.add("Greater", "any", lengths, steps.scalar("none", "int32", 0))
            states = [old if old is None else steps.add("Where", "start", any_, old, zero) for old in states]
        if not isinstance(length, int) or length > MOST_STEPS:
            return self._repeated(cell, inputs, states, lengths, length, is_reverse)
        outputs: dict[int, Value] = {}
        for time in reversed(range(length)) if is_reverse else range(length):
            number = None if lengths is None else steps.scalar("time", "int32", time)
            given = entry_of(steps, inputs, 0, time)
            outputs[time], *after = self._after(cell, given, states, lengths, number)
            states = [*after]
        every = steps.add("Concat", "outputs", *(outputs[time] for time in range(length)), axis=0)
        return every, [state for state in states if state is not None]

    def weighted(self, cell: Cell, rows: Value, index: int) -> Value:
        """Return the product of all inputs with their weights, and have the cell recall by its own."""
        steps = cell.steps
        weights, cell.recurrent = (
            entry_of(steps, steps.node.required(number), 0, index) for number in (1, 2)
        )
        transposed = steps.add("Transpose", "weights", weights, perm=[1, 0])
        return steps.add("MatMul", "weighted", rows, transposed)

    def _repeated(
        self,
        cell: Cell,
        inputs: Value,
        states: States,
        lengths: Value | None,
        length: Dimension,
        is_reverse: bool,
    ) -> tuple[Value, list[Value]]:
        """Write a step that a run repeats; results as those of `_direction`."""
        steps, turn = cell.steps, Decomposition(cell.steps.node)
        shape = steps.vector("state", [self._batch(steps.node), cell.hidden])
        zero = steps.scalar("zero", cell.dtype, 0.0)
        starts = [steps.add("Expand", "start", zero, shape) if old is None else old for old in states]
        number, holds = Value("number"), Value("holds")
        carried = [Value(f"carried_{index}") for index in range(len(starts))]
        place, cell.steps = number, turn
        if is_reverse:
            place = turn.add("Sub", "place", turn.index("last", length - 1), number)
        time = None if lengths is None else turn.cast("time", place, "int32")
        output, *after = self._after(
            cell, turn.add("Gather", "given", inputs, place, axis=0), [*carried], lengths, time
        )
        cell.steps = steps
        body = Body([number, holds, *carried], turn.nodes, [holds, *after, output])
        ends = [steps.value("last") for _ in starts]
        every = steps.value("outputs")
        count = steps.index("length", length)
        steps.nodes.append(repeat(steps.node, count, None, starts, body, [*ends, every]))
        if is_reverse:
            order = steps.add("Sub", "order", steps.index("last", length - 1), steps.places("places", length))
            every = steps.add("Gather", "in_order", every, order, axis=0)
        return every, ends

    def _after(
        self, cell: Cell, inputs: Value, states: States, lengths: Value | None, time: Value | None
    ) -> list[Value]:
        """Return the output of a step, and the states after it; sequences that have ended keep theirs."""
        after = self.step(cell, inputs, states)
        if lengths is None or time is None:
            return [after[0], *after]
        steps = cell.steps
        active = steps.add("Greater", "active", lengths, time)
        zero = steps.scalar("zero", cell.dtype, 0.0)
        kept = [
            steps.add("Where", "kept", active, new, zero if old is None else old)
            for new, old in zip(after, states, strict=True)
        ]
        return [steps.add("Where", "output", active, after[0], zero), *kept]

    def _bias(self, cell: Cell, biases: Value) -> Value:
        """Return what is added to the inputs of all steps: the biases of inputs and of states."""
        return cell.add(cell.part(biases, 0, self.gates), cell.part(biases, self.gates, self.gates))

    @staticmethod
    def _lengths(node: Node, steps: Decomposition, length: Dimension) -> Value | None:
        """Return the lengths of the sequences [batch, 1], None where all are as long as the longest."""
        lengths = node.input(4)
        if lengths is None or (lengths.elements is not None and set(lengths.elements) == {length}):
            return None
        return steps.reshape("lengths", lengths, [Recurrent._batch(node), 1])

    def _join(
        self,
        node: Node,
        steps: Decomposition,
        ends: Sequence[tuple[Value, list[Value]]],
        hidden: int,
        batch_first: bool,
    ) -> None:
        """Write the node's outputs, from what each direction ends with."""
        length, batch = self._length(node), self._batch(node)

        def finish(result: Value, parts: list[Value], axis: int, perm: list[int]) -> None:
            last = steps.add("Concat", "directions" if batch_first else result, *parts, axis=axis)
            if batch_first:
                steps.add("Transpose", result, last, perm=perm)

        every = [steps.reshape("every", outputs, [length, 1, batch, hidden]) for outputs, _ in ends]
        finish(node.outputs[0], every, 1, [2, 0, 1, 3])
        for number, result in enumerate(node.outputs[1:]):
            last = [steps.reshape("last", states[number], [1, batch, hidden]) for _, states in ends]
            finish(result, last, 0, [1, 0, 2])


@operator("RNN", inputs=(3, 6), attributes=OWN_ATTRIBUTES)
class RNN(Recurrent):
    """One state, which is the output."""

    gates = 1
    functions = ("Tanh",)

    def step(self, cell: Cell, inputs: Value, states: States) -> list[Value]:
        """Return f(x + h·R)."""
        return [cell.activate(0, cell.add(inputs, cell.recall(states[0], 0, 1)))]


@operator("GRU", inputs=(3, 6), attributes=OWN_ATTRIBUTES)
class GRU(Recurrent):
    """Gates in the order update, reset, new state (Cho et al. 2014, arXiv:1406.1078)."""

    gates = 3
    functions = ("Sigmoid", "Tanh")

    def step(self, cell: Cell, inputs: Value, states: States) -> list[Value]:
        """Return (1 - update) * new + update * before."""
        before = states[0]
        is_late = cell.has("linear_before_reset")
        recall = cell.recall(before, 0, 3 if is_late else 2)
        both = cell.add(
            cell.part(inputs, 0, 2), cell.part(recall, 0, 2) if is_late and recall is not None else recall
        )
        update, reset = (cell.activate(0, cell.part(both, gate)) for gate in (0, 1))
        fresh = cell.part(inputs, 2)
        if not is_late:
            recalled = None if before is None else cell.recall(cell.multiply(reset, before), 2, 1)
            fresh = cell.add(fresh, recalled)
        else:
            recalled = cell.recurrent_bias
            if recall is not None:
                recalled = cell.add(cell.part(recall, 2), recalled)
            fresh = fresh if recalled is None else cell.add(fresh, cell.multiply(reset, recalled))
        new = cell.multiply(cell.one_minus(update), cell.activate(1, fresh))
        return [new if before is None else cell.add(new, cell.multiply(update, before))]

    def _bias(self, cell: Cell, biases: Value) -> Value:
        """Leave out the new state's second bias where it is added before the reset."""
        if not cell.has("linear_before_reset"):
            return super()._bias(cell, biases)
        cell.recurrent_bias = cell.part(biases, 5)
        gates = cell.add(cell.part(biases, 0, 2), cell.part(biases, 3, 2))
        return cell.steps.add("Concat", "bias", gates, cell.part(biases, 2), axis=0)


@operator("LSTM", inputs=(3, 8), attributes=OWN_ATTRIBUTES)
class LSTM(Recurrent):
    """Gates in the order input, output, forget, cell.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; peepholes: Gers et al., 2002.
    """

    gates = 4
    functions = ("Sigmoid", "Tanh", "Tanh")
    state_inputs = (5, 6)

    def step(self, cell: Cell, inputs: Value, states: States) -> list[Value]:
        """Return output * h(memory), and the memory: forget * before + input * new.

        As in ONNX Runtime, `clip` does not limit what h takes.
        """
        before, memory = states
        gates = cell.add(inputs, cell.recall(before, 0, 4))
        taken = cell.activate(0, cell.peep(cell.part(gates, 0), 0, memory))
        if cell.has("input_forget"):
            forget = cell.one_minus(taken)
        else:
            forget = cell.activate(0, cell.peep(cell.part(gates, 2), 2, memory))
        new = cell.multiply(taken, cell.activate(1, cell.part(gates, 3)))
        after = new if memory is None else cell.add(cell.multiply(forget, memory), new)
        output = cell.activate(0, cell.peep(cell.part(gates, 1), 1, after))
        return [cell.multiply(output, cell.apply(2, after)), after]
