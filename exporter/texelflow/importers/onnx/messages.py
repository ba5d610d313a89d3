"""The ONNX messages that are read and written, declared for the `protobuf` library.

The numbers are those of `onnx.proto` (github.com/onnx/onnx, Apache-2.0). Only the fields used are declared:
importing the `onnx` package would pull in NumPy. `float_data` and `double_data` are declared as bytes, since
their packed encoding *is* the tensor; `TypedTensor` reads the rare files that encode each element by itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "texelflow.onnx"

_MESSAGES: dict[str, str] = {
    "Model": "ir_version:1:int64 producer_name:2:string graph:7:Graph opset_import:8:Opset*"
    " functions:25:Function*",
    "Opset": "domain:1:string version:2:int64",
    "Graph": "node:1:Node* name:2:string initializer:5:Tensor* sparse_initializer:15:SparseTensor*"
    " input:11:ValueInfo* output:12:ValueInfo*",
    "Function": "name:1:string input:4:string* output:5:string* attribute:6:string* node:7:Node*"
    " opset_import:9:Opset* domain:10:string attribute_proto:11:Attribute* overload:13:string",
    "Node": "input:1:string* output:2:string* name:3:string op_type:4:string attribute:5:Attribute*"
    " domain:7:string overload:8:string",
    "Attribute": "name:1:string f:2:float i:3:int64 s:4:bytes t:5:Tensor g:6:Graph floats:7:float*"
    " ints:8:int64* strings:9:bytes* tensors:10:Tensor* type:20:int32 ref_attr_name:21:string",
    "Tensor": "dims:1:int64* data_type:2:int32 float_data:4:bytes* int32_data:5:int32* int64_data:7:int64*"
    " name:8:string raw_data:9:bytes double_data:10:bytes* uint64_data:11:uint64* external_data:13:Entry*"
    " data_location:14:int32",
    "TypedTensor": "float_data:4:float* double_data:10:double*",
    "SparseTensor": "values:1:Tensor",
    "Entry": "key:1:string value:2:string",
    "ValueInfo": "name:1:string type:2:Type",
    "Type": "tensor_type:1:TensorType",
    "TensorType": "elem_type:1:int32 shape:2:Shape",
    "Shape": "dim:1:Dimension*",
    "Dimension": "dim_value:1:int64|value dim_param:2:string|value",
}
"""Fields as `name:number:type`; `*` marks a repeated field, `|` the name of its oneof."""


@cache
def message_class(name: str) -> Any:
    """Return the class of a message by its name in the table above, without `Proto`."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> Any:
    file = FileDescriptorProto(name="texelflow_onnx.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split():
            _declare_field(message, text)
    pool = DescriptorPool()  # our own, so that the onnx package may be loaded beside us
    pool.Add(file)
    return pool


def _declare_field(message: Any, text: str) -> None:
    name, number, kind = text.split(":")
    kind, _, oneof = kind.partition("|")
    repeated = kind.endswith("*")
    kind = kind.rstrip("*")
    field = message.field.add(name=name, number=int(number))
    field.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    if kind in _MESSAGES:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"
    else:
        field.type = getattr(FieldDescriptorProto, f"TYPE_{kind.upper()}")
    if oneof:
        if not message.oneof_decl:
            message.oneof_decl.add(name=oneof)
        field.oneof_index = 0
