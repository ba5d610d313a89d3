"""The ONNX messages that are read and written, declared for the `protobuf` library.

The numbers are those of `onnx.proto` (github.com/onnx/onnx, Apache-2.0). Only the fields used are declared:
importing the `onnx` package would pull in NumPy. `float_data` and `double_data` are declared as bytes, since
their packed encoding *is* the tensor; `TypedTensor` reads the rare files that encode each element by itself.
"""

from __future__ import annotations

from texelflow.importers.files.declared_messages import DeclaredMessages

message_class = DeclaredMessages(
    "texelflow.onnx",
    {
        "Model": "ir_version:1:int64 producer_name:2:string producer_version:3:bytes graph:7:Graph"
        " opset_import:8:Opset* functions:25:Function*",
        "Opset": "domain:1:string version:2:int64",
        "Graph": "node:1:Node* name:2:string initializer:5:Tensor* sparse_initializer:15:SparseTensor*"
        " input:11:ValueInfo* output:12:ValueInfo*",
        "Function": "name:1:string input:4:string* output:5:string* attribute:6:string* node:7:Node*"
        " opset_import:9:Opset* domain:10:string attribute_proto:11:Attribute* overload:13:string",
        "Node": "input:1:string* output:2:string* name:3:string op_type:4:string attribute:5:Attribute*"
        " domain:7:string overload:8:string",
        "Attribute": "name:1:string f:2:float i:3:int64 s:4:bytes t:5:Tensor g:6:Graph floats:7:float*"
        " ints:8:int64* strings:9:bytes* tensors:10:Tensor* type:20:int32 ref_attr_name:21:string",
        "Tensor": "dims:1:int64* data_type:2:int32 float_data:4:bytes* int32_data:5:int32* "
        "int64_data:7:int64* name:8:string raw_data:9:bytes double_data:10:bytes* uint64_data:11:uint64* "
        "external_data:13:Entry* data_location:14:int32",
        "TypedTensor": "float_data:4:float* double_data:10:double*",
        "SparseTensor": "values:1:Tensor",
        "Entry": "key:1:string value:2:string",
        "ValueInfo": "name:1:string type:2:Type",
        "Type": "tensor_type:1:TensorType optional_type:9:OptionalType",
        "OptionalType": "elem_type:1:Type",
        "TensorType": "elem_type:1:int32 shape:2:Shape",
        "Shape": "dim:1:Dimension*",
        "Dimension": "dim_value:1:int64|value dim_param:2:string|value",
    },
)
"""The class of a message by its name, without `Proto`."""
