"""Which operators of TensorFlow Lite can be read, for docs/formats.md."""

from __future__ import annotations

from texelflow.importers.lowering import typed_lowering
from texelflow.importers.tflite.builtins import BUILTINS
from texelflow.importers.tflite.operators import CUSTOM_DOMAIN, DOMAIN, load_operators

TITLE = "TensorFlow Lite"

_VARIABLES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
"""Read where subgraphs are (`variables.py`)."""

_NO_OPERATORS = ("CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES")


def supported() -> list[str]:
    """Return the operators that can be read, custom ones last."""
    load_operators()
    names = typed_lowering.supported(DOMAIN).union(_VARIABLES)
    custom = sorted(typed_lowering.supported(CUSTOM_DOMAIN))
    return [*(name for name in BUILTINS if name in names), *custom]


def missing() -> list[str]:
    """Return the operators of the schema that cannot be read."""
    known = {*supported(), *refused(), *_NO_OPERATORS}
    return [name for name in BUILTINS if name not in known]


def refused() -> dict[str, str]:
    """Return why operators are refused."""
    read = supported()
    return {name: why for name, why in typed_lowering.refusals(DOMAIN).items() if name not in read}
