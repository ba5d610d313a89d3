"""Recognises a GraphDef by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from texelflow.importers.tensorflow.wire import WireError, varint

_HEAD = 4096
_NAME = re.compile(rb"[A-Za-z0-9.>_][A-Za-z0-9_.\\/>-]*")
_OPERATOR = re.compile(rb"[A-Za-z_>][A-Za-z0-9_>]*")


def is_graph(path: Path) -> bool:
    """Return whether a file begins with a NodeDef: its name, then the name of an operator."""
    with path.open("rb") as file:
        head = memoryview(file.read(_HEAD))
    try:
        tag, position = varint(head, 0)
        length, position = varint(head, position)
        if tag != 10 or length > path.stat().st_size - position:
            return False
        for expected, pattern in ((10, _NAME), (18, _OPERATOR)):
            tag, position = varint(head, position)
            length, position = varint(head, position)
            text = bytes(head[position : position + length])
            if tag != expected or len(text) != length or not pattern.fullmatch(text):
                return False
            position += length
    except WireError:
        return False
    return True
