"""Converts the Graph, as an importer made it, to a ModelProto of the pinned opset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from texelflow.conversion.raw_data import RawData
from texelflow.conversion.sizes import element_nodes
from texelflow.graph import LEARNED, PRECISE, Body, Element, Graph, Node, NodeError, TensorType, Value
from texelflow.graph.constants import pack_elements
from texelflow.graph.nodes import ConstantData
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.graph.problems import Problems
from texelflow.importers.onnx.messages import message_class
from texelflow.operators import operator_of

IR_VERSION = 10
"""The oldest that has every element type of the pinned opset."""

OPSET = 23
"""What files are written at unless they need more, so that other tools read them. Meanings are the same."""

OLDEST = 20
"""What files of other formats are written at where that is enough: ONNX Runtime (1.32) has more kernels.

And it loads what is quantised to int8. Since opset 21 QuantizeLinear may name its result's type: where it
computes int8 as uint8, it then changes the zero point alone of nodes that it makes, and refuses them.
"""

INTEGERS = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 32, 64)}
TYPES_OF_OLDEST = {"float16", "float32", "float64", "bool", *INTEGERS}
NEWER = {"Attention", "GroupNormalization", "RMSNormalization", "RotaryEmbedding"}
NEWER_ATTRIBUTES = {"block_size", "output_dtype", "precision"}
"""The types that such a file may have, and what it may not: operators and attributes since that opset."""

DOMAINS = {"": OPSET, "com.microsoft": 1, "ai.onnx.ml": 3}

OF_NEWER_OPSETS: Mapping[tuple[str, str, str | int], int] = {
    ("", "Attention", 6): 24,
    ("", "Attention", "left_window_size"): 25,
    ("", "Attention", "right_window_size"): 25,
    ("", "BitCast", ""): 26,
    ("", "CausalConvWithState", ""): 27,
    ("", "CumProd", ""): 26,
    ("", "LinearAttention", ""): 27,
    ("", "SwiGLU", ""): 28,
    ("", "Swish", ""): 24,
    ("", "TensorScatter", ""): 24,
    ("ai.onnx.ml", "TreeEnsemble", ""): 5,
}
"""Of operators, or those with an attribute or an input: the opset that they are of, if it is a newer one.

A file says no newer opset than it needs, which not every runtime has.
"""

TURN = (TensorType("int64", ()), TensorType("bool", ()))
"""What the body of a Loop gets beside its states: ONNX Runtime wants that declared."""

_FLOAT, _INT, _STRING, _TENSOR, _GRAPH, _FLOATS, _INTS, _STRINGS, _TENSORS = 1, 2, 3, 4, 5, 6, 7, 8, 9
"""AttributeProto.AttributeType."""


def onnx_model(graph: Graph, output_types: Sequence[TensorType], data: RawData) -> Any:
    """Return the ModelProto of a graph before shape inference; `data` is to attach the tensors' bytes.

    Names of inputs and outputs are the graph's. Other values that would share one are numbered.

    Raises:
        ExportError: the graph has what ONNX cannot say; every reason is given.
    """
    problems = Problems()
    model = _Writer(graph, data, problems).model(output_types)
    problems.raise_for(graph.source)
    return model


class _Writer:
    def __init__(self, graph: Graph, data: RawData, problems: Problems) -> None:
        self.graph = graph
        self.data = data
        self.problems = problems
        self.whole = message_class("Model")(ir_version=IR_VERSION, producer_name="texelflow")
        self.proto = self.whole.graph
        self.proto.name = graph.name or "graph"
        # Newer opsets have more operators and element types; no meaning of an older operator changed.
        self.domains = {"": max(OPSET, graph.opset)}
        self.written: list[Node] = []
        self.names: dict[Value, str] = {}
        self.node_names = Names()
        self.value_names = Names(value.name for value in (*graph.inputs, *graph.outputs))
        for value in (*graph.inputs, *graph.outputs):
            self.names[value] = value.name

    def model(self, output_types: Sequence[TensorType]) -> Any:
        """Return the ModelProto."""
        for value in self.graph.inputs:
            _describe(self.proto.input.add(name=value.name), value.known_type)
        self.add_nodes(self.graph.nodes, self.proto.node)
        for value, type_ in zip(self.graph.outputs, output_types, strict=True):
            if value.producer is None and value not in self.graph.inputs:
                self.constant(value, value.name)
            _describe(self.proto.output.add(name=value.name), type_)
        if self.is_of_oldest():
            self.domains[""] = OLDEST
        for domain, version in self.domains.items():
            self.whole.opset_import.add(domain=domain, version=version)
        return self.whole

    def is_of_oldest(self) -> bool:
        """Whether the model is of another format, and has nothing newer than that opset."""
        nodes = [node for node in self.written if not node.domain]
        types = [value.type for node in nodes for value in (*node.reads, *node.outputs)]
        return (
            self.graph.format != "ONNX"
            and self.domains[""] == OPSET
            and all(type_ is None or type_.dtype in TYPES_OF_OLDEST for type_ in types)
            and not any(node.operator in NEWER or node.attributes.keys() & NEWER_ATTRIBUTES for node in nodes)
        )

    def add_nodes(self, nodes: Iterable[Node], protos: Any) -> None:
        """Append nodes as NodeProtos; what ONNX does not have is a problem."""
        for node in nodes:
            with self.problems.of(node):
                for said in operator_of(node).in_onnx(node):
                    self.add_node(said, protos)

    def add_node(self, node: Node, protos: Any) -> None:
        """Append a node; raise NodeError if ONNX does not have its operator."""
        if node.domain not in DOMAINS:
            raise NodeError(node, "ONNX does not have this operator")
        if node.operator == "Identity" and self._is_itself(node):
            return
        self.written.append(node)
        details = ["", *node.attributes, *range(len(node.inputs))]
        needed = [OF_NEWER_OPSETS.get((node.domain, node.operator, detail), 0) for detail in details]
        known = self.domains.get(node.domain, DOMAINS[node.domain])
        self.domains[node.domain] = max(known, *needed)
        inputs = [self.name(value, protos) if value is not None else "" for value in _own_inputs(node)]
        while inputs and not inputs[-1]:  # ONNX Runtime crashes on some that are omitted at the end
            inputs.pop()
        name = self.node_names.fresh(node.name) if node.name else ""
        proto = message_class("Node")(op_type=node.operator, name=name, domain=node.domain)
        proto.input.extend(inputs)
        proto.output.extend(self.name(value, protos) if value.name else "" for value in node.outputs)
        for name, content in node.attributes.items():
            if name not in (PRECISE, LEARNED):  # Texelflow's own
                self.add_attribute(proto, name, content)
        protos.append(proto)  # now that what its bodies need is there

    def _is_itself(self, node: Node) -> bool:
        """Whether a node makes an output of an input of the graph, which has its name."""
        source, result = node.required(0), node.outputs[0]
        return source in self.graph.inputs and self.names.get(result) == source.name

    def name(self, value: Value, protos: Any) -> str:
        """Return the name of a value; constants become initializers, sizes nodes that compute them."""
        known = self.names.get(value)
        if known is None:
            known = self.names[value] = self.value_names.fresh(value.name)
            if value.producer is None and value.is_known:
                self.constant(value, known)
        return known

    def constant(self, value: Value, name: str) -> None:
        """Add an initializer, or the nodes that compute elements from sizes of the inputs."""
        if value.constant is None:
            numbers = _numbers(value.elements or [])
            if numbers is None:
                nodes = element_nodes(self.graph, value, self.problems)
                for result in nodes[-1].outputs if nodes else []:
                    self.names[result] = name
                for node in nodes:
                    self.add_node(node, self.proto.node)
                return
            value.constant = ConstantData([pack_elements(value.dtype, numbers)])
        tensor = self.proto.initializer.add(name=name)
        _fill(tensor, value)
        self.data.add(tensor, value.constant)

    def add_attribute(self, proto: Any, name: str, content: Any) -> None:
        """Add an attribute to a NodeProto."""
        attribute = proto.attribute.add(name=name)
        match content:
            case bool() | int():
                attribute.type, attribute.i = _INT, int(content)
            case float():
                attribute.type, attribute.f = _FLOAT, content
            case str():
                attribute.type, attribute.s = _STRING, content.encode()
            case Value():
                attribute.type = _TENSOR
                self.fill_whole(attribute.t, content)
            case Body():
                attribute.type = _GRAPH
                self.add_body(attribute.g, name, content, TURN if proto.op_type == "Loop" else ())
            case list() if content and all(isinstance(each, Value) for each in content):
                attribute.type = _TENSORS
                for each in content:
                    self.fill_whole(attribute.tensors.add(), each)
            case list() | tuple() if all(isinstance(each, str) for each in content) and content:
                attribute.type = _STRINGS
                attribute.strings.extend(each.encode() for each in content)
            case list() | tuple() if any(isinstance(each, float) for each in content):
                attribute.type = _FLOATS
                attribute.floats.extend(content)
            case list() | tuple():
                attribute.type = _INTS
                attribute.ints.extend(content)
            case _:
                self.problems.add(f"{proto.op_type} {proto.name!r}: ONNX has no attribute like its {name!r}")

    def fill_whole(self, tensor: Any, value: Value) -> None:
        """Give an attribute's tensor its bytes, which are few."""
        _fill(tensor, value)
        if value.constant is not None:
            tensor.raw_data = value.constant.tobytes()

    def add_body(self, proto: Any, name: str, body: Body, types: Sequence[TensorType]) -> None:
        """Fill the GraphProto of a branch or the body of a loop, of whose inputs the first have the types."""
        proto.name = name
        for value, type_ in zip_longest(body.inputs, types[: len(body.inputs)]):
            self.names[value] = self.value_names.fresh(value.name)
            info = proto.input.add(name=self.names[value])
            if type_ is not None:
                _describe(info, type_)
        self.add_nodes(body.nodes, proto.node)
        made = {value for node in body.nodes for value in node.outputs}
        for value in body.outputs:
            if value in made:
                proto.output.add(name=self.names[value])
                continue
            # What comes from around the body, or is a constant, is no output of it by itself.
            copy = self.value_names.fresh(value.name)
            proto.node.add(op_type="Identity", name=copy, input=[self.name(value, proto.node)], output=[copy])
            proto.output.add(name=copy)
        for problem in body.problems:
            self.problems.add(problem)


class Names:
    """Names, of which none is given twice."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = dict.fromkeys(taken, 2)

    def fresh(self, name: str) -> str:
        """Return a name like the one wanted, which nothing else has."""
        wanted = found = name or "value"
        while found in self._taken:
            found = f"{wanted}_{self._taken[wanted]}"
            self._taken[wanted] += 1
        self._taken[found] = 2
        return found


def _own_inputs(node: Node) -> list[Value | None]:
    """Return the inputs of a node without those that its bodies read of the graph around them."""
    bodies = [content for content in node.attributes.values() if isinstance(content, Body)]
    if not bodies:
        return node.inputs
    least = operator_of(node).inputs[0]
    own = list(node.inputs[: max(least, *(len(body.inputs) for body in bodies))])
    while own and own[-1] is None:
        own.pop()
    return own


def _numbers(elements: Sequence[Element]) -> list[int | float] | None:
    numbers = [element for element in elements if isinstance(element, int | float)]
    return numbers if len(numbers) == len(elements) else None


def _fill(tensor: Any, value: Value) -> None:
    tensor.data_type = onnx_number(value.dtype)
    tensor.dims.extend(value.shape)


def _describe(info: Any, type_: TensorType) -> None:
    tensor = info.type.tensor_type
    tensor.elem_type = onnx_number(type_.dtype)
    tensor.shape.SetInParent()
    for extent in type_.shape:
        if isinstance(extent, int):
            tensor.shape.dim.add(dim_value=extent)
        else:
            tensor.shape.dim.add(dim_param=str(extent))
