"""TensorFlow's element types by number and name (tensorflow/core/framework/types.proto)."""

from __future__ import annotations

_NAMES = {
    1: ("DT_FLOAT", "float32"),
    2: ("DT_DOUBLE", "float64"),
    3: ("DT_INT32", "int32"),
    4: ("DT_UINT8", "uint8"),
    5: ("DT_INT16", "int16"),
    6: ("DT_INT8", "int8"),
    7: ("DT_STRING", "string"),
    8: ("DT_COMPLEX64", "complex64"),
    9: ("DT_INT64", "int64"),
    10: ("DT_BOOL", "bool"),
    11: ("DT_QINT8", "qint8"),
    12: ("DT_QUINT8", "quint8"),
    13: ("DT_QINT32", "qint32"),
    14: ("DT_BFLOAT16", "bfloat16"),
    15: ("DT_QINT16", "qint16"),
    16: ("DT_QUINT16", "quint16"),
    17: ("DT_UINT16", "uint16"),
    18: ("DT_COMPLEX128", "complex128"),
    19: ("DT_HALF", "float16"),
    20: ("DT_RESOURCE", "resource"),
    21: ("DT_VARIANT", "variant"),
    22: ("DT_UINT32", "uint32"),
    23: ("DT_UINT64", "uint64"),
}
_BY_NAME = dict(_NAMES.values())
_REFERENCE = 100
"""What is added to a type's number for references to a variable (DT_FLOAT_REF)."""


def dtype_of(number: int | str) -> str:
    """Return an element type, as the Graph calls it, by its number or its name in TensorFlow's files."""
    if isinstance(number, str):
        return _BY_NAME.get(number.removesuffix("_REF"), number)
    plain = number - _REFERENCE if number > _REFERENCE else number
    return _NAMES[plain][1] if plain in _NAMES else f"type {number}"
