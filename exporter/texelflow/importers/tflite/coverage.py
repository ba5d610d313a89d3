"""Which operators of TensorFlow Lite can be read, for docs/formats.md."""

from __future__ import annotations

from texelflow.importers.tflite.builtins import BUILTINS
from texelflow.importers.tflite.operators import CUSTOM_DOMAIN, DOMAIN, load_operators
from texelflow.operators import registry

TITLE = "TensorFlow Lite"

_VARIABLES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
"""Read where subgraphs are (`variables.py`)."""

_NO_OPERATORS = ("CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES")


def supported() -> list[str]:
    """Return the operators that can be read, custom ones last."""
    load_operators()
    names = {name for domain, name in registry() if domain == DOMAIN}.union(_VARIABLES)
    custom = sorted(name for domain, name in registry() if domain == CUSTOM_DOMAIN)
    return [*(name for name in BUILTINS if name in names), *custom]


def missing() -> list[str]:
    """Return the operators of the schema that cannot be read."""
    known = {*supported(), *_NO_OPERATORS}
    return [name for name in BUILTINS if name not in known]
