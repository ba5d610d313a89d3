"""Finds the type of every value, and the elements of those that are small and known at export.

Rules, for each node in topological order:
1. A constant of at most EVALUATION_LIMIT elements has its elements unpacked when a node reads it.
2. The operator infers the types of the outputs from those of the inputs.
3. A graph output whose file declares another element type is a problem. Of another rank or extent it has what
   its node makes, as in ONNX Runtime; a warning tells.
4. If every output has a known number of elements, at most EVALUATION_LIMIT, the operator evaluates them.
   Of those that depend on the shapes of the inputs at most EXPRESSION_LIMIT are kept: they are uniforms.
5. A node whose outputs are all known is not needed: they become constants, or expressions over symbols.
6. A graph output that rule 5 would leave without a node is copied from its constant by an Identity.
7. A node whose inputs have no type, because of an earlier problem, is passed over.
8. What nodes need of free dimensions (dimensions/constraints.py) makes others known: inference is repeated
   with that, until it finds no more, at most ROUNDS times. Types are in canonical form.
9. A node that expands (If, Loop, Scan, Compress) is replaced by what its operator makes of it.
10. Where elements must be known but are not, they become symbols (steering.py), and inference is repeated.
11. So do those that an operator only wishes to know (`steered_by`), if they follow from small inputs.
12. The graphs in a node are inferred before it. What they must know of what is the same in all turns of a
    loop, the graph around them must know.
13. A sequence is a list of tensors, which operators on sequences resolve at export. One that the graph
    returns becomes an output for each tensor.

All problems are raised together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager

from texelflow.dimensions import Expression, assuming, canonical, proved_equal
from texelflow.dimensions.constraints import may_branch
from texelflow.errors import ExportError
from texelflow.graph import (
    MOST_AXES,
    ConstantData,
    Element,
    Graph,
    Node,
    NodeError,
    TensorType,
    UnknownElementsError,
    Value,
)
from texelflow.graph.constants import pack_elements, unpack_elements
from texelflow.graph.problems import Problems
from texelflow.operators import EVALUATION_LIMIT, Operator, operator_of, symbols_bound_by
from texelflow.operators.elementwise import is_symbolic
from texelflow.passes import steering

ROUNDS = 3

MOST_LESSONS = 64
"""How often elements may become symbols (rule 10): each time more of a graph can be inferred."""

MOST_NODES = 100_000
"""What a graph may grow to: a small file can ask for more than any memory holds."""

EXPRESSION_LIMIT = 512
"""Half of what a shader has as uniforms on any device (kernels/kernel.py)."""


def run(graph: Graph) -> None:
    """Infer the types of all values of the graph; raise ExportError with all problems."""
    declared = {value: value.type for value in graph.outputs}
    with assuming(graph.facts):
        for _ in range(ROUNDS):
            known = len(graph.facts.constraints)
            _infer_with_steering(graph, declared)
            if len(graph.facts.constraints) == known:
                break
        graph.warnings += _wrong_shapes(declared)
        if any(value.type is None for value in graph.outputs):
            declared = _unfold(graph)
        graph.nodes = _needed(graph.nodes, declared.keys())


def _unfold(graph: Graph) -> dict[Value, TensorType | None]:
    """Return outputs for the tensors of those that are sequences, in their place (rule 13)."""
    problems = Problems()
    outputs: list[Value] = []
    for value in graph.outputs:
        if value.is_missing or value.sequence == []:
            problems.add(f"output {value.name!r} is {'missing' if value.is_missing else 'an empty sequence'}")
        elif value.sequence is None:
            outputs.append(value)
            continue
        for index, item in enumerate(value.sequence or ()):
            outputs.append(Value(f"{value.name}[{index}]"))
            node = Node("Identity", [item], [outputs[-1]], {}, f"Identity_of_{outputs[-1].name}")
            _infer(node, set())
            graph.nodes.append(node)
    problems.raise_for(graph.source)
    graph.outputs = outputs
    return {value: value.type for value in outputs}


def _infer_with_steering(graph: Graph, declared: Mapping[Value, TensorType | None]) -> None:
    """Infer all nodes, with symbols for what must be known (rule 10); raise ExportError with all problems."""
    for _ in range(MOST_LESSONS):
        unknown: list[Value] = []
        problems = Problems()
        graph.nodes = _infer_all(graph, declared, problems, unknown)
        if not unknown or not steering.learn(graph, unknown):
            break
    problems.raise_for(graph.source)


def _infer_all(
    graph: Graph,
    declared: Mapping[Value, TensorType | None],
    problems: Problems,
    unknown: list[Value],
) -> list[Node]:
    """Infer nodes in topological order; return them, expanded (rule 9).

    Values whose elements must be known, but are not, are added to `unknown`, and those that may be (rule 11).
    """
    inferred: list[Node] = []
    pending = list(reversed(graph.nodes))
    while pending:
        node = pending.pop()
        for value in node.outputs:
            value.type, value.elements = declared.get(value), None
        with problems.of(node), _collecting(unknown):
            operator = operator_of(node)
            if all(value.is_resolved for value in node.reads):
                _require_tensors(node, operator)
                for value in node.reads:
                    _unpack(value)
                if wished := _steerable(graph, node, operator.steered_by):
                    unknown += wished
                    inferred.append(node)
                    continue
                parts = operator.expand(node)
                if parts is not None:
                    pending.extend(reversed(parts))
                    if len(inferred) + len(pending) > MOST_NODES:
                        raise NodeError(
                            node, f"with it the model has more than {MOST_NODES} nodes: it is written out"
                        )
                    continue
            _infer(node, declared.keys())
        inferred.append(node)
    if not problems and not unknown:
        _check_reads(inferred, declared, problems)
    return inferred


def _require_tensors(node: Node, operator: Operator) -> None:
    """Raise NodeError if an operator that takes tensors reads something else (rule 13)."""
    for value in () if operator.takes_sequences else node.reads:
        if value.type is None:
            kind = "missing" if value.is_missing else "a sequence of tensors"
            raise NodeError(node, f"its input {value.name!r} is {kind}, which must be resolved at export")


def _steerable(graph: Graph, node: Node, inputs: Iterable[int]) -> list[Value]:
    """Return those of a node's inputs whose elements symbols of the graph's inputs would make known."""
    values = [node.input(index) for index in inputs] if may_branch() else []
    return [value for value in values if value is not None and steering.may_learn(graph, value)]


def _check_reads(nodes: Iterable[Node], outputs: Iterable[Value], problems: Problems) -> None:
    """Add what is read but that nothing made: an output that its node turned out not to have."""
    for node in nodes:
        for value in node.reads:
            if value.type is None:
                problems.add_node(node, f"it reads {value.name!r}, which {_maker(value)} does not make")
    for value in () if problems else outputs:
        if not value.is_resolved:
            problems.add(f"output {value.name!r} is not made by {_maker(value)}")


def _maker(value: Value) -> str:
    return "any node" if value.producer is None else value.producer.title


@contextmanager
def _collecting(unknown: list[Value]) -> Iterator[None]:
    try:
        yield
    except UnknownElementsError as error:
        unknown.append(error.value)
        raise


def infer_nodes(nodes: Iterable[Node], graph_outputs: Iterable[Value], problems: Problems) -> list[Node]:
    """Infer the outputs of nodes in topological order; return those still needed (rules 5 and 6)."""
    declared = set(graph_outputs)
    needed: list[Node] = []
    for node in nodes:
        with problems.of(node):
            _infer(node, declared)
        needed.extend(_needed([node], declared))
    return needed


def _needed(nodes: Iterable[Node], declared: Set[Value]) -> list[Node]:
    """Return the nodes that are needed, once all is inferred (rules 5 and 6)."""
    needed: list[Node] = []
    for node in nodes:
        is_known = node.outputs and all(value.elements is not None for value in node.outputs)
        if is_known and not symbols_bound_by(node):
            needed.extend(_copies(node, declared))
        else:
            needed.append(node)
    return needed


def _infer(node: Node, declared: Set[Value]) -> None:
    inputs = [value for value in node.inputs if value is not None]
    if any(value.type is None for value in inputs):  # rule 7
        return
    for value in inputs:
        _unpack(value)
    operator = operator_of(node)
    if node.bodies:  # rule 12
        operator.enter(node)
        for body in node.bodies:
            _infer_body(node, body)
    types = operator.infer(node)  # rule 2
    if len(types) < len(node.outputs):
        raise NodeError(node, f"it has {len(node.outputs)} outputs, where the operator has {len(types)}")
    for value, inferred in zip(node.outputs, types, strict=False):
        if inferred.rank > MOST_AXES:
            raise NodeError(node, f"it makes {inferred.rank} axes; at most {MOST_AXES} are supported")
        if value in declared and value.type is not None:
            _check_declaration(node, value, inferred)
        value.type = TensorType(inferred.dtype, tuple(map(canonical, inferred.shape)))
    if all(_is_small(value.known_type) for value in node.outputs):  # rule 4
        for value, elements in zip(node.outputs, operator.evaluate(node) or [], strict=False):
            if not proved_equal(len(elements), value.known_type.size):
                raise NodeError(node, f"{value.type} was evaluated to {len(elements)} elements")
            if len(elements) <= EXPRESSION_LIMIT or not is_symbolic(*elements):
                value.elements = [canonical(e) if isinstance(e, Expression) else e for e in elements]


def _infer_body(node: Node, body: Graph) -> None:
    """Infer a graph in a node; raise NodeError if it cannot be exported."""
    try:
        _infer_with_steering(body, dict.fromkeys(body.outputs))
    except steering.GivenError as error:
        around = body.given[error.value]
        raise UnknownElementsError(node, around, f"value {around.name!r}") from error
    except ExportError as error:
        raise NodeError(node, f"in a graph of it: {'; '.join(error.problems)}") from error
    for value in body.outputs:
        if value.type is None:
            raise NodeError(
                node, f"one of its graphs returns {value.name!r}, which is not a tensor, as a run needs it"
            )
        _unpack(value)


def _unpack(value: Value) -> None:
    """Unpack the elements of a small constant (rule 1)."""
    if (
        value.type is not None
        and value.constant is not None
        and value.elements is None
        and _is_small(value.known_type)
    ):
        value.elements = unpack_elements(value.dtype, value.constant.tobytes())


def _is_small(type_: TensorType) -> bool:
    return isinstance(type_.size, int) and type_.size <= EVALUATION_LIMIT


def _check_declaration(node: Node, value: Value, inferred: TensorType) -> None:
    """Raise NodeError if the model declares a graph output of another element type than it is (rule 3)."""
    if value.known_type.dtype != inferred.dtype:
        raise NodeError(
            node,
            f"it makes {inferred}, but the model declares its output {value.name!r} as {value.type};"
            " correct the declaration, or give the shapes of the inputs to have the declared one ignored",
        )


def _wrong_shapes(declared: Mapping[Value, TensorType | None]) -> list[str]:
    """Return a warning for each output that the file declares of another shape than it is (rule 3)."""
    return [
        f"output {value.name!r} is {made}, though the model declares it as {said}"
        for value, said in declared.items()
        if said is not None
        and (made := value.type) is not None
        and (
            said.rank != made.rank
            or any(
                isinstance(a, int) and isinstance(b, int) and a != b
                for a, b in zip(said.shape, made.shape, strict=True)
            )
        )
    ]


def _copies(node: Node, declared: Set[Value]) -> list[Node]:
    """Make the outputs of a node independent of it; return the nodes needed instead (rules 5 and 6)."""
    source = node.input(0)
    if node.operator == "Identity" and source is not None and source.producer is None:
        return [node]
    copies: list[Node] = []
    for value in node.outputs:
        elements = value.elements or []
        value.producer = None
        value.constant = _constant(value.dtype, elements)
        if value in declared:
            known = Value(f"{value.name}/known", value.type, value.constant, value.elements)
            value.constant = None
            copies.append(Node("Identity", [known], [value], name=node.name))
    return copies


def _constant(dtype: str, elements: list[Element]) -> ConstantData | None:
    """Return elements as bytes; None if one is an expression."""
    numbers = [element for element in elements if isinstance(element, int | float)]
    if len(numbers) != len(elements):
        return None
    return ConstantData([pack_elements(dtype, numbers)])
