"""Small TensorFlow Lite models, made by the object API of LiteRT's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "uint32": schema.TensorType.UINT32,
    "bool": schema.TensorType.BOOL,
    "complex64": schema.TensorType.COMPLEX64,
}


@dataclass(frozen=True, slots=True)
class Scale:
    """A quantisation: scales with their zero points, several along an axis."""

    scales: Sequence[float]
    zero_points: Sequence[int]
    axis: int = 0


@dataclass(slots=True)
class GraphMaker:
    """A subgraph in the making; tensors are positions."""

    model: ModelMaker
    graph: Any = field(default_factory=schema.SubGraphT)

    def __post_init__(self) -> None:
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.graph.name = b"main"

    def tensor(
        self,
        name: str,
        dtype: str,
        shape: Sequence[int],
        content: np.ndarray | bytes | None = None,
        scale: Scale | None = None,
        variable: bool = False,
        signature: Sequence[int] | None = None,
        kind: int | None = None,
    ) -> int:
        """Add a tensor; one with content is a constant. `kind` is its type in the schema, if not dtype's."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name.encode(), list(shape)
        tensor.type = TYPES[dtype] if kind is None else kind
        tensor.isVariable, tensor.hasRank = variable, True
        tensor.buffer = 0 if content is None else self.model.buffer(content)
        if signature is not None:
            tensor.shapeSignature = list(signature)
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = list(scale.scales)
            tensor.quantization.zeroPoint = list(scale.zero_points)
            tensor.quantization.quantizedDimension = scale.axis
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, array: np.ndarray, scale: Scale | None = None) -> int:
        """Add a constant of an array."""
        return self.tensor(f"constant_{len(self.graph.tensors)}", str(array.dtype), array.shape, array, scale)

    def input(self, name: str, dtype: str, shape: Sequence[int], **more: Any) -> int:
        """Add a tensor that is an input."""
        position = self.tensor(name, dtype, shape, **more)
        self.graph.inputs.append(position)
        return position

    def output(self, name: str, dtype: str, shape: Sequence[int], **more: Any) -> int:
        """Add a tensor that is an output."""
        position = self.tensor(name, dtype, shape, **more)
        self.graph.outputs.append(position)
        return position

    def add(
        self,
        operator: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: str | None = None,
        version: int = 1,
        custom: bytes | None = None,
        **fields: Any,
    ) -> None:
        """Add an operation; `options` is the table that `fields` are of."""
        made = schema.OperatorT()
        made.opcodeIndex = self.model.operator_code(operator, version, custom is not None)
        made.inputs, made.outputs = list(inputs), list(outputs)
        if custom is not None:
            made.customOptions = list(custom)
        if options is not None:
            table = getattr(schema, f"{options}T")()
            if hasattr(schema.BuiltinOptions, options):
                made.builtinOptionsType, made.builtinOptions = getattr(schema.BuiltinOptions, options), table
            else:
                made.builtinOptions2Type = getattr(schema.BuiltinOptions2, options)
                made.builtinOptions2 = table
            for name, value in fields.items():
                assert hasattr(table, name), name
                setattr(table, name, value)
        self.graph.operators.append(made)


class ModelMaker:
    """A model in the making; `main` is its first subgraph."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes, self.model.subgraphs = [], []
        self.model.buffers = [schema.BufferT()]
        self.main = self.subgraph()

    def subgraph(self) -> GraphMaker:
        """Add a subgraph."""
        maker = GraphMaker(self)
        self.model.subgraphs.append(maker.graph)
        return maker

    def buffer(self, content: np.ndarray | bytes) -> int:
        """Add a buffer."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(content if isinstance(content, bytes) else content.tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def operator_code(self, operator: str, version: int, custom: bool) -> int:
        """Return the position of an operator's code."""
        code = schema.OperatorCodeT()
        number = schema.BuiltinOperator.CUSTOM if custom else getattr(schema.BuiltinOperator, operator)
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
        code.version = version
        if custom:
            code.customCode = operator.encode()
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def signature(self, name: str, index: int, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> None:
        """Add a signature."""
        made = schema.SignatureDefT()
        made.signatureKey, made.subgraphIndex = name.encode(), index
        made.inputs, made.outputs = ([_map(*item) for item in each.items()] for each in (inputs, outputs))
        self.model.signatureDefs = [*(self.model.signatureDefs or []), made]

    def content(self) -> bytes:
        """The bytes of a .tflite file."""
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _map(name: str, position: int) -> Any:
    made = schema.TensorMapT()
    made.name, made.tensorIndex = name.encode(), position
    return made


def run_litert(
    content: bytes, runs: Sequence[Mapping[str, np.ndarray]], reference: bool = False
) -> list[dict[str, np.ndarray]]:
    """Run a model on inputs by name, one run after another; `reference` chooses the plain kernels."""
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    for detail in interpreter.get_input_details():
        interpreter.resize_tensor_input(detail["index"], runs[0][detail["name"]].shape)
    interpreter.allocate_tensors()
    results = []
    for feeds in runs:
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], feeds[detail["name"]])
        interpreter.invoke()
        results.append(
            {
                detail["name"]: interpreter.get_tensor(detail["index"]).copy()
                for detail in interpreter.get_output_details()
            }
        )
    return results
