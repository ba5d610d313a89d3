"""The Graph: nodes, values and types, between the importers and the lowering.

Operators mean what ONNX says at the pinned opset (`OPSET`); an importer of another format lowers to these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from texelflow.dimensions import Dimension, Expression, product
from texelflow.dimensions.constraints import ModelFacts
from texelflow.dimensions.floats import FloatExpression

OPSET = 28
"""The version of the ai.onnx operator set whose semantics the Graph has after import."""

PRECISE = "precise"
"""Attribute of Texelflow: what a product or a Gather makes is stored in 32 bits on every device."""

LEARNED = "learned"
"""Attribute of Texelflow: the names of the symbols that a run learns from the data of the node."""

BODIES = "bodies"
"""Attribute of Texelflow: the graphs in a node that the page repeats, each by itself through all passes."""

Shape: TypeAlias = tuple[Dimension, ...]
Element: TypeAlias = int | float | bool | Expression | FloatExpression

MOST_AXES = 64
"""Of a tensor, as NumPy has it: sizes of more axes have more digits than can be printed."""

DTYPES: dict[str, int] = {
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float64": 8,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
    "bool": 1,
}
"""Element types by ONNX's names in lower case, with their size in bytes."""

FLOATING = frozenset({"float32", "float16", "bfloat16", "float64"})


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type (an ONNX name in lower case) and shape of a value."""

    dtype: str
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Dimension:
        """Number of elements."""
        return product(self.shape)

    @property
    def is_floating(self) -> bool:
        return self.dtype in FLOATING

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(eq=False, slots=True)
class ConstantData:
    """The bytes of a constant as the source file stores them: little-endian, row-major.

    `parts` are read only buffers whose concatenation is the tensor, so that nothing is copied before it is
    written.
    """

    parts: list[bytes | memoryview]

    @property
    def bytes_count(self) -> int:
        return sum(len(part) for part in self.parts)

    def tobytes(self) -> bytes:
        return b"".join(self.parts)


@dataclass(eq=False, slots=True)
class Value:
    """A tensor of the graph.

    `constant` holds its bytes if it is a weight. `elements` are its elements in row-major order where they
    are known at export: numbers, or expressions over symbols (shape arithmetic, where a dimension in a tensor
    of floats stands for a float with that value); at most 1,024.
    """

    name: str
    type: TensorType | None = None
    constant: ConstantData | None = None
    elements: list[Element] | None = None
    producer: Node | None = None
    sequence: list[Value] | None = None
    """What it is a sequence of, once that is known: it has no type then, and is gone after inference."""
    is_missing: bool = False
    """Whether it is an optional value without an element."""

    @property
    def is_resolved(self) -> bool:
        """Whether it is known what it is: a tensor of some type, a sequence, or nothing."""
        return self.type is not None or self.sequence is not None or self.is_missing

    @property
    def dtype(self) -> str:
        return self.known_type.dtype

    @property
    def shape(self) -> Shape:
        return self.known_type.shape

    @property
    def known_type(self) -> TensorType:
        """The type; asserts that shape inference has run."""
        assert self.type is not None, f"value {self.name!r} has no type yet"
        return self.type

    @property
    def is_known(self) -> bool:
        """Whether its content is known at export: bytes, numbers, or expressions over symbols."""
        return self.constant is not None or self.elements is not None

    @property
    def scalar(self) -> Element | None:
        """The only element, if the value has exactly one and it is known at export."""
        return self.elements[0] if self.elements is not None and len(self.elements) == 1 else None

    @property
    def number(self) -> int | float | None:
        """The only element, if the value has exactly one and it is a number, the same at all sizes."""
        scalar = self.scalar
        return scalar if isinstance(scalar, int | float) else None

    def like(self, name: str, shape: Shape, dtype: str | None = None) -> Value:
        """Return a new value of another shape, named below this one; of its element type unless given."""
        return Value(f"{self.name}/{name}", TensorType(dtype or self.dtype, shape))

    def __repr__(self) -> str:
        return f"<{self.name}: {self.type}>"


@dataclass(eq=False, slots=True)
class Node:
    """One operator applied to values. Omitted optional inputs are None."""

    operator: str
    inputs: list[Value | None]
    outputs: list[Value]
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    domain: str = ""

    def __post_init__(self) -> None:
        for output in self.outputs:
            output.producer = self

    @property
    def title(self) -> str:
        """Operator and name, for messages."""
        return node_title(self)

    @property
    def bodies(self) -> list[Graph]:
        """The graphs in it that go through all passes by themselves."""
        bodies: list[Graph] = self.attributes.get(BODIES, [])
        return bodies

    @property
    def reads(self) -> list[Value]:
        """The inputs that are not omitted, each once."""
        return list(dict.fromkeys(value for value in self.inputs if value is not None))

    def input(self, index: int) -> Value | None:
        """Return the input at `index`, or None if it is omitted."""
        return self.inputs[index] if index < len(self.inputs) else None

    def required(self, index: int) -> Value:
        """Return the input at `index`; raise NodeError if it is omitted."""
        value = self.input(index)
        if value is None:
            raise NodeError(self, f"input {index} is missing")
        return value

    def known(self, index: int, meaning: str) -> list[Element]:
        """Return the elements of the input at `index`; raise NodeError if they depend on data at run time."""
        value = self.required(index)
        if value.elements is None:
            raise UnknownElementsError(self, value, meaning)
        return value.elements

    def known_number(self, index: int, meaning: str) -> Element:
        """Return the only element of the input at `index`; raise NodeError if it has others."""
        elements = self.known(index, meaning)
        if len(elements) != 1:
            raise NodeError(self, f"its {meaning} has {len(elements)} elements; one number is needed")
        return elements[0]


@dataclass(eq=False, slots=True)
class Body:
    """A graph inside of a node, a branch or the body of a loop.

    The node also reads what it reads of the graph around it. `problems` are the reasons for which it cannot
    be exported: they matter only if it is taken.
    """

    inputs: list[Value]
    """What each turn of a loop gives it; none for a branch."""
    nodes: list[Node]
    outputs: list[Value]
    problems: list[str] = field(default_factory=list)

    def captured(self) -> list[Value]:
        """Return what it reads of the graph around it, but for constants, each once.

        What has problems reads nothing: a node may be missing that makes what others read.
        """
        if self.problems:
            return []
        own = {*self.inputs, *(value for node in self.nodes for value in node.outputs)}
        reads = [*(value for node in self.nodes for value in node.reads), *self.outputs]
        return [value for value in dict.fromkeys(reads) if value not in own and value.constant is None]

    def copied(self, values: Mapping[Value, Value], prefix: str) -> Body:
        """Return a copy that reads what `values` has in place of its keys, its names behind a prefix."""
        new = dict(values)

        def renamed(value: Value) -> Value:
            # An output that is omitted has no name.
            return new.setdefault(value, Value(prefix + value.name if value.name else ""))

        inputs = [new[value] if value in values else renamed(value) for value in self.inputs]
        nodes = []
        for node in self.nodes:
            reads = [new.get(value, value) if value is not None else None for value in node.inputs]
            attributes = {
                name: content.copied(new, prefix) if isinstance(content, Body) else content
                for name, content in node.attributes.items()
            }
            outputs = [renamed(value) for value in node.outputs]
            nodes.append(Node(node.operator, reads, outputs, attributes, prefix + node.name, node.domain))
        return Body(inputs, nodes, [new.get(value, value) for value in self.outputs], self.problems)


@dataclass(eq=False, slots=True)
class Graph:
    """A whole model: nodes in topological order, its inputs (constants are not among them) and outputs."""

    name: str
    inputs: list[Value]
    outputs: list[Value]
    nodes: list[Node]
    source: str = ""
    opset: int = 0
    """The version of the ai.onnx operator set of the source file, if it has one; the nodes are at `OPSET`."""
    format: str = "ONNX"
    """What the source file is, for people."""
    producer: str = ""
    """What wrote the source file, in its own words (`importers.producer`); empty where it does not say it."""
    facts: ModelFacts = field(default_factory=ModelFacts)
    """What holds of its free dimensions at every run; the passes and the lowering rest on it."""
    steering: dict[Value, list[str]] = field(default_factory=dict)
    """By input, the symbols that its elements are: they are read where numbers known at export are needed."""
    labels: dict[Value, list[str]] = field(default_factory=dict)
    """By output, the texts that its whole numbers, or the places of its last axis, stand for."""
    roles: dict[Value, dict[str, Any]] = field(default_factory=dict)
    """By input or output, what it is in a task, as graph.json has it; see `texelflow.options.roles`."""
    probabilities: set[Value] = field(default_factory=set)
    """The outputs that are probabilities by what computes them."""
    image: Any = None
    """How pictures become an input (`options.ImageOptions`), where the source file says that."""
    states: dict[Value, Value] = field(default_factory=dict)
    """By output, the input that it is in the next run: what the model remembers by itself."""
    warnings: list[str] = field(default_factory=list)
    """What may come out otherwise than in the source model, for people."""
    is_inner: bool = False
    """Whether it is in a node, which gives it its inputs."""
    given: dict[Value, Value] = field(default_factory=dict)
    """Of a graph in a node, by input, the value of the graph around it that it is, when this was inferred."""
    counter: Value | None = None
    """Of what a loop repeats, the input that is the number of the turn."""
    carried: list[Value] = field(default_factory=list)
    """Of what a loop repeats, the inputs that are results of the turn before. Others are the same in all."""

    def values(self) -> Iterator[Value]:
        """Yield every value once: graph inputs, constants, results."""
        candidates = [
            *self.inputs,
            *(value for node in self.nodes for value in (*node.inputs, *node.outputs)),
            *self.outputs,
        ]
        yield from dict.fromkeys(value for value in candidates if value is not None)

    def constants(self) -> set[Value]:
        """Return what nodes compute of values that are known at export alone."""
        computed: set[Value] = set()
        for node in self.nodes:
            known = all(value.is_known or value in computed for value in node.reads)
            if node.inputs and known and not node.bodies:
                computed.update(node.outputs)
        return computed

    def consumers(self) -> dict[Value, list[Node]]:
        """Return, by value, the nodes that read it."""
        consumers: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for value in node.reads:
                consumers.setdefault(value, []).append(node)
        return consumers


def node_title(node: Node, result: Value | None = None) -> str:
    """Return what a node is called in messages: its operator and name, or `result`, its first output."""
    qualified = f"{node.domain}::{node.operator}" if node.domain else node.operator
    return (
        f"{qualified} {node.name!r}" if node.name else f"{qualified} (→ {(result or node.outputs[0]).name!r})"
    )


class NodeError(Exception):
    """A node that cannot be exported, and why; the pipeline adds the file and collects all of them."""

    def __init__(self, node: Node, reason: str) -> None:
        self.node = node
        self.reason = reason
        super().__init__(f"{node.title}: {reason}")


class UndecidedError(Exception):
    """A node that does one thing or another by what a run is given: by an expression that is 1 or 0."""

    def __init__(self, node: Node, condition: Expression) -> None:
        self.node = node
        self.condition = condition
        super().__init__(f"{node.title}: a run decides whether {condition}")


class UnknownElementsError(NodeError):
    """A node whose input must be known before it is planned, but is computed from data."""

    def __init__(self, node: Node, value: Value, meaning: str) -> None:
        self.value = value
        super().__init__(node, f"its {meaning} is computed from data; a number known at export is needed")
