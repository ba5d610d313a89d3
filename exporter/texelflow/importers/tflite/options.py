"""The options of operators: the fields of each table of the public schema, in the order of their slots.

A field is `name:kind` with `=default` where that is not 0; a kind is a struct format, one with `[]` for a
vector, `text`, or an enumeration below. `_` is a slot that is deprecated.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from texelflow.importers.tflite.flatbuffer import DamagedError, Table

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "activation": ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"),
    "padding": ("SAME", "VALID"),
    "mirror": ("REFLECT", "SYMMETRIC"),
    "kernel": ("FULL", "BASIC"),
    "combiner": ("SUM", "MEAN", "SQRTN"),
    "format": ("DEFAULT", "SHUFFLED4x16INT8"),
    "direction": ("EQ", "NE", "GE", "GT", "LE", "LT"),
    "order": ("NOTYPE", "FLOAT", "FLOAT_TOTAL_ORDER", "SIGNED", "UNSIGNED"),
    "function": ("UNSUPPORTED", "ADD", "MUL", "MINIMUM", "MAXIMUM", "ALL", "ANY"),
    "dtype": (
        *("FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64", "INT8"),
        *("FLOAT64", "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT16", "INT4", "BFLOAT16"),
        *("INT2", "UINT4", "FLOAT8_E4M3FN", "FLOAT8_E5M2"),
    ),
}

_SCHEMA = """
Conv2DOptions padding:padding stride_w:i stride_h:i activation:activation dilation_w:i=1 dilation_h:i=1
Conv3DOptions padding:padding stride_d:i stride_w:i stride_h:i activation:activation dilation_d:i=1 \
 dilation_w:i=1 dilation_h:i=1
DepthwiseConv2DOptions padding:padding stride_w:i stride_h:i multiplier:i activation:activation \
 dilation_w:i=1 dilation_h:i=1
Pool2DOptions padding:padding stride_w:i stride_h:i filter_w:i filter_h:i activation:activation
TransposeConvOptions padding:padding stride_w:i stride_h:i activation:activation
FullyConnectedOptions activation:activation format:format keep_num_dims:?
SVDFOptions rank:i activation:activation
RNNOptions activation:activation
SequenceRNNOptions time_major:? activation:activation
BidirectionalSequenceRNNOptions time_major:? activation:activation merge_outputs:?
LSTMOptions activation:activation cell_clip:f proj_clip:f kernel:kernel
UnidirectionalSequenceLSTMOptions activation:activation cell_clip:f proj_clip:f time_major:? _:? diagonal:?
BidirectionalSequenceLSTMOptions activation:activation cell_clip:f proj_clip:f merge_outputs:? time_major:?=1
SoftmaxOptions beta:f
ConcatenationOptions axis:i activation:activation
AddOptions activation:activation
SubOptions activation:activation
MulOptions activation:activation
DivOptions activation:activation
L2NormOptions activation:activation
LocalResponseNormalizationOptions radius:i bias:f alpha:f beta:f
ResizeBilinearOptions _:i _:i align_corners:? half_pixel_centers:?
ResizeNearestNeighborOptions align_corners:? half_pixel_centers:?
ReshapeOptions new_shape:i[]
SpaceToDepthOptions block_size:i
DepthToSpaceOptions block_size:i
EmbeddingLookupSparseOptions combiner:combiner
GatherOptions axis:i batch_dims:i
ReducerOptions keep_dims:?
SqueezeOptions dims:i[]
SplitOptions count:i
SplitVOptions count:i
StridedSliceOptions begin_mask:i end_mask:i ellipsis_mask:i new_axis_mask:i shrink_axis_mask:i offset:?
CastOptions from_dtype:dtype to_dtype:dtype
ArgMaxOptions output_type:dtype
ArgMinOptions output_type:dtype
ShapeOptions out_type:dtype
FakeQuantOptions min:f max:f bits:i narrow_range:?
PackOptions count:i axis:i
UnpackOptions count:i axis:i
OneHotOptions axis:i
LeakyReluOptions alpha:f
MirrorPadOptions mode:mirror
UniqueOptions index_type:dtype
ReverseSequenceOptions seq_dim:i batch_dim:i
IfOptions then_subgraph:i else_subgraph:i
WhileOptions cond_subgraph:i body_subgraph:i
CallOptions subgraph:I
CallOnceOptions init_subgraph:i
BatchMatMulOptions adj_x:? adj_y:?
CumsumOptions exclusive:? reverse:?
VarHandleOptions container:text shared_name:text
RandomOptions seed:q seed2:q
BucketizeOptions boundaries:f[]
GeluOptions approximate:?
ReduceWindowOptions function:function
StableHLOCompositeOptions name:text subgraph:i
StablehloConcatenateOptions axis:q
StablehloBroadcastInDimOptions axes:q[]
StablehloSliceOptions starts:q[] limits:q[] strides:q[]
StablehloConvolutionOptions strides:q[] padding:q[] base_dilations:q[] dilations:q[] reversed:?[] \
 input_batch:q input_channels:q input_spatial:q[] kernel_inputs:q kernel_outputs:q kernel_spatial:q[] \
 output_batch:q output_channels:q output_spatial:q[] groups:q batch_groups:q
StablehloReduceOptions axes:q[] subgraph:i
StablehloScatterOptions sorted:? window_axes:q[] inserted_axes:q[] indexed_axes:q[] vector_axis:q unique:? \
 subgraph:i
StablehloCompareOptions direction:direction order:order
StablehloDynamicSliceOptions sizes:q[]
StablehloPadOptions low:q[] high:q[] interior:q[]
StablehloIotaOptions axis:q
StablehloDotGeneralOptions a_batch:q[] b_batch:q[] a_summed:q[] b_summed:q[]
StablehloReduceWindowOptions window:q[] strides:q[] base_dilations:q[] dilations:q[] padding:q[] subgraph:i
StablehloSortOptions axis:q stable:? subgraph:i
StablehloWhileOptions cond_subgraph:i body_subgraph:i
StablehloGatherOptions window_axes:q[] collapsed_axes:q[] indexed_axes:q[] vector_axis:q sizes:q[] sorted:?
StablehloTransposeOptions order:q[]
StablehloCaseOptions subgraphs:i[]
"""


_WIDE = ("direction", "order")
"""The enumerations whose numbers take four bytes."""


@cache
def _schema() -> dict[str, list[tuple[str, str, float]]]:
    tables = {}
    for line in _SCHEMA.strip().splitlines():
        table, *fields = line.split()
        parts = [field.partition("=")[::2] for field in fields]
        tables[table] = [(*_name_and_kind(field), float(default or 0)) for field, default in parts]
    return tables


def _name_and_kind(field: str) -> tuple[str, str]:
    name, _, kind = field.partition(":")
    return name, kind


def read_options(name: str, table: Table | None) -> dict[str, Any]:
    """Return the fields of the options called `name`; defaults where the file has no table.

    Raises:
        DamagedError: a number is none of its enumeration, or the table lies outside of the file.
    """
    found = {}
    for slot, (field, kind, default) in enumerate(_schema()[name]):
        if field != "_":
            found[field] = _read(table, slot, kind, default, f"{name}.{field}")
    return found


def enumerated(kind: str, number: int, what: str) -> str:
    """Return the name of a number of an enumeration; raise DamagedError if it has none."""
    names = ENUMERATIONS[kind]
    if not 0 <= number < len(names):
        raise DamagedError(f"{what} is {number}; 0 to {len(names) - 1} are known")
    return names[number]


def _read(table: Table | None, slot: int, kind: str, default: float, what: str) -> Any:
    if kind.endswith("[]"):
        return table.numbers(slot, kind[0]) if table is not None else None
    if kind == "text":
        return table.text(slot) if table is not None else ""
    code = "I" if kind in _WIDE else "b" if kind in ENUMERATIONS else kind
    number = default if table is None else table.number(slot, code, default)
    if kind in ENUMERATIONS:
        return enumerated(kind, int(number), what)
    return bool(number) if kind == "?" else float(number) if kind == "f" else int(number)
