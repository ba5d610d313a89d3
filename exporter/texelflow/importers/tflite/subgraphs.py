"""Operations of subgraphs as nodes: values by position, bodies of control flow, and what variables hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from texelflow.graph import Body, Node, TensorType, Value
from texelflow.graph.problems import Problems
from texelflow.importers.lowering.typed_lowering import refusals, supported
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.model import Model, Operation, Subgraph, Tensor
from texelflow.importers.tflite.operators import CALL, CUSTOM_DOMAIN, DOMAIN, Call, body_name
from texelflow.importers.tflite.options import read_options
from texelflow.importers.tflite.sparsity import ALLOWANCE, RATIO
from texelflow.importers.tflite.tensors import TYPES, constant
from texelflow.importers.tflite.variables import Variables
from texelflow.importers.unique_names import UniqueNames

MOST_OPERATIONS = 50_000
"""With those of subgraphs that are called: a small file can ask for more than any memory holds."""

DEEPEST = 32
"""How deep subgraphs may call each other."""

_CALLED: dict[str, tuple[str, tuple[str, ...]]] = {
    "IF": ("IfOptions", ("then_subgraph", "else_subgraph")),
    "WHILE": ("WhileOptions", ("cond_subgraph", "body_subgraph")),
    "CALL": ("CallOptions", ("subgraph",)),
    "STABLEHLO_CASE": ("StablehloCaseOptions", ("subgraphs",)),
    "STABLEHLO_COMPOSITE": ("StableHLOCompositeOptions", ("subgraph",)),
    "STABLEHLO_REDUCE": ("StablehloReduceOptions", ("subgraph",)),
    "STABLEHLO_REDUCE_WINDOW": ("StablehloReduceWindowOptions", ("subgraph",)),
    "STABLEHLO_SCATTER": ("StablehloScatterOptions", ("subgraph",)),
    "STABLEHLO_SORT": ("StablehloSortOptions", ("subgraph",)),
    "STABLEHLO_WHILE": ("StablehloWhileOptions", ("cond_subgraph", "body_subgraph")),
}
"""The operators that run subgraphs: their options, and the fields that have the subgraphs' positions."""


def _reason(operation: Operation) -> str:
    """Return why an operator cannot be exported."""
    if operation.is_custom:
        return (
            f"operator {operation.name!r} is a custom one, whose meaning no file says: convert the model"
            " without it, for example by cutting it off before that operator"
        )
    return f"operator {operation.name} is not supported"


@dataclass(slots=True)
class ReadSubgraph:
    """Nodes in order, and values by the positions of their tensors."""

    nodes: list[Node] = field(default_factory=list)
    values: dict[int, Value] = field(default_factory=dict)


class SubgraphReader:
    """Makes nodes of the operations of a model; states are those of the outermost subgraph."""

    def __init__(self, model: Model, problems: Problems) -> None:
        self._model = model
        self._problems = problems
        self._open: list[int] = []
        self._left = MOST_OPERATIONS
        self._names = UniqueNames()
        self._constants: dict[tuple[int, int], Value] = {}
        self._bytes_left = RATIO * sum(map(len, model.buffers)) + ALLOWANCE
        self._variables = Variables()

    def finish_states(self, nodes: list[Node]) -> dict[Value, Value]:
        """Return, by what variables hold after a run, what they held before; nodes may be added."""
        return self._variables.finish(nodes)

    def read(self, index: int, scope: Mapping[int, Value]) -> ReadSubgraph:
        """Return the nodes of a subgraph, given values of its inputs by position.

        Raises:
            DamagedError: subgraphs call each other in a circle or too deeply, or a constant is damaged.
        """
        subgraph = self._model.subgraphs[index]
        if index in self._open or len(self._open) >= DEEPEST:
            raise DamagedError(f"subgraph {subgraph.name!r} calls itself, or too deeply")
        self._left -= len(subgraph.operations)
        if self._left < 0:
            raise DamagedError(f"with all that is called it has more than {MOST_OPERATIONS} operations")
        self._open.append(index)
        result = ReadSubgraph(values=dict(scope))
        self._names.reserve(value.name for value in scope.values())
        for operation in subgraph.operations:
            self._add(operation, subgraph, index, result)
        for position in subgraph.outputs:
            if position in result.values and self._variables.is_handle(result.values[position]):
                raise DamagedError(f"subgraph {subgraph.name!r} returns a variable, not what it holds")
            if position not in result.values and (value := self._constant(index, position)) is not None:
                result.values[position] = value
        self._open.pop()
        return result

    def _add(self, operation: Operation, subgraph: Subgraph, index: int, result: ReadSubgraph) -> None:
        """Append the node of an operation."""
        first = next((position for position in operation.outputs if position >= 0), None)
        title = operation.name if first is None else subgraph.tensors[first].name
        if operation.name == "CALL_ONCE" and not operation.is_custom:
            return self._initialise(operation, result)
        inputs = [self._input(operation, title, index, position, result) for position in operation.inputs]
        if not operation.is_custom and self._variables.take(
            operation, subgraph, inputs, result.values, nested=len(self._open) > 1
        ):
            return None
        if any(value is not None and self._variables.is_handle(value) for value in inputs):
            raise DamagedError(f"{operation.name} {title!r} reads a variable, not what it holds")
        outputs = []
        for position in operation.outputs:
            if position < 0:
                raise DamagedError(f"{operation.name} {title!r} has an output that is no tensor")
            outputs.append(Value(self._name(subgraph.tensors[position].name, position)))
        tensors: list[Tensor | None] = [
            None if position < 0 else subgraph.tensors[position] for position in operation.inputs
        ]
        states = tuple(
            place for place, position in enumerate(operation.inputs) if self._variables.holds(position)
        )
        for place in states:
            variable = subgraph.tensors[operation.inputs[place]].name
            outputs.append(Value(self._name(f"{variable}/next", operation.inputs[place])))
            if len(self._open) > 1:
                raise DamagedError(f"{operation.name} {title!r} has variables in a subgraph that is called")
        made = tuple(subgraph.tensors[position] for position in operation.outputs)
        call = Call(operation, tuple(tensors), made, states)
        domain = CUSTOM_DOMAIN if operation.is_custom else DOMAIN
        node = Node(operation.name, inputs, outputs, {CALL: call}, title, domain)
        if operation.name not in supported(domain):
            self._problems.add_node(node, refusals(domain).get(operation.name) or _reason(operation))
        if operation.name in _CALLED and not operation.is_custom:
            self._add_bodies(node, operation)
        result.nodes.append(node)
        for position, value in zip(operation.outputs, outputs, strict=False):
            result.values[position] = value
        for place, value in zip(states, outputs[len(operation.outputs) :], strict=True):
            position = operation.inputs[place]
            self._variables.tensor_after(position, value)
        return None

    def _input(
        self, operation: Operation, title: str, index: int, position: int, result: ReadSubgraph
    ) -> Value | None:
        if position < 0:
            return None
        if position in result.values:
            return result.values[position]
        tensor = self._model.subgraphs[index].tensors[position]
        if tensor.is_variable:
            return self._variable_tensor(tensor, position)
        value = self._constant(index, position)
        if value is None:
            self._problems.add(
                f"{operation.name} {title!r} reads tensor {tensor.name!r}, which nothing has made before"
            )
            value = Value(tensor.name)
        return value

    def _variable_tensor(self, tensor: Tensor, position: int) -> Value:
        dtype = TYPES.get(tensor.dtype)
        if len(self._open) > 1:
            raise DamagedError(f"variable {tensor.name!r} is in a subgraph that is called")
        if dtype is None or -1 in tensor.shape:
            raise DamagedError(f"variable {tensor.name!r} has the type {tensor.dtype}{list(tensor.shape)}")
        name = tensor.name or f"variable_{position}"
        return self._variables.tensor_before(
            position, lambda: Value(self._name(name, position), TensorType(dtype, tensor.shape))
        )

    def _constant(self, index: int, position: int) -> Value | None:
        """Return a tensor that has bytes, or none to have."""
        key = index, position
        if key not in self._constants:
            tensor = self._model.subgraphs[index].tensors[position]
            content = self._model.buffers[tensor.buffer]
            if not len(content) and (0 not in tensor.shape or not tensor.buffer):
                return None
            name = self._name(tensor.name, position)
            try:
                value = self._constants[key] = constant(tensor, content, name)
                self._bytes_left -= value.constant.bytes_count if value.constant is not None else 0
                if self._bytes_left < 0:  # a small file could be many weights
                    raise DamagedError("its constants have the same bytes in too many ways")
            except DamagedError as error:
                self._problems.add(str(error))
                self._constants[key] = Value(name)
        return self._constants[key]

    def _add_bodies(self, node: Node, operation: Operation) -> None:
        """Read the subgraphs that a node runs."""
        table, fields = _CALLED[operation.name]
        options = read_options(table, operation.options)
        positions: list[int] = []
        for name in fields:
            positions += [options[name]] if isinstance(options[name], int) else options[name] or ()
        for place, index in enumerate(positions):
            if not 0 <= index < len(self._model.subgraphs):
                raise DamagedError(f"{node.title} runs subgraph {index}, which does not exist")
            node.attributes[body_name(place)] = self._body(index)

    def _body(self, index: int) -> Body:
        subgraph = self._model.subgraphs[index]
        inputs = [Value(self._name(subgraph.tensors[at].name, at)) for at in subgraph.inputs]
        made = self.read(index, dict(zip(subgraph.inputs, inputs, strict=True)))
        outputs = []
        for position in subgraph.outputs:
            value = made.values.get(position)
            if value is None:
                raise DamagedError(
                    f"subgraph {subgraph.name!r} does not make its output {subgraph.tensors[position].name!r}"
                )
            outputs.append(value)
        return Body(inputs, made.nodes, outputs)

    def _initialise(self, operation: Operation, result: ReadSubgraph) -> None:
        """Read what runs once, before the first run: it gives variables their first values."""
        index = read_options("CallOnceOptions", operation.options)["init_subgraph"]
        if not 0 <= index < len(self._model.subgraphs):
            raise DamagedError(f"CALL_ONCE runs subgraph {index}, which does not exist")
        with self._variables.initialising():
            made = self.read(index, {})
        result.nodes += made.nodes

    def _name(self, name: str, position: int) -> str:
        """Return a name that no other value has."""
        wanted = name or f"tensor_{position}"
        return self._names.take(f"{wanted}:{position}" if wanted in self._names else wanted)
