"""The messages of TensorFlow that the importers read, declared for the `protobuf` library.

The numbers are those of tensorflow/core/framework and tensorflow/core/protobuf (Apache-2.0). Only the fields
used are declared. Tensors are not: `tensors.py` leaves their bytes in the file. Map fields are lists of their
entries, which is what the wire has.
"""

from __future__ import annotations

from texelflow.importers.files.declared_messages import DeclaredMessages

message_class = DeclaredMessages(
    "texelflow.tensorflow",
    {
        "Node": "name:1:string op:2:string input:3:string* attr:5:AttributeEntry*",
        "AttributeEntry": "key:1:string value:2:Attribute",
        "Attribute": "list:1:List|value s:2:bytes|value i:3:int64|value f:4:float|value b:5:bool|value"
        " type:6:int32|value shape:7:Shape|value placeholder:9:string|value func:10:Call|value",
        "List": "s:2:bytes* i:3:int64* f:4:float* b:5:bool* type:6:int32* shape:7:Shape* func:9:Call*",
        "Call": "name:1:string attr:2:AttributeEntry*",
        "Shape": "dim:2:Dimension* unknown_rank:3:bool",
        "Dimension": "size:1:int64",
        "FunctionHead": "signature:1:Signature ret:4:TextEntry* control_ret:6:TextEntry*",
        "Signature": "name:1:string input_arg:2:Argument* output_arg:3:Argument*",
        "Argument": "name:1:string type:3:int32",
        "TextEntry": "key:1:string value:2:string",
        "MetaInfo": "tags:4:string* tensorflow_version:5:bytes",
        "Saver": "filename_tensor_name:1:string restore_op_name:3:string",
        "SignatureEntry": "key:1:string value:2:ModelSignature",
        "ModelSignature": "inputs:1:TensorEntry* outputs:2:TensorEntry* method_name:3:string",
        "TensorEntry": "key:1:string value:2:TensorInfo",
        "TensorInfo": "name:1:string dtype:2:int32 tensor_shape:3:Shape coo_sparse:4:bytes composite:5:bytes",
        "BundleHeader": "num_shards:1:int32 endianness:2:int32",
        "BundleEntry": "dtype:1:int32 shape:2:Shape shard_id:3:int32 offset:4:int64 size:5:int64"
        " crc32c:6:fixed32 slices:7:bytes*",
    },
)
"""The class of a message by its name in the table."""
