"""Tensors in a file of torch.save: what its pickle says, read without running anything.

A pickle is a program. Here only the instructions are known by which PyTorch writes dictionaries of tensors,
and of what they call only what makes tensors; all else is refused. Nothing is imported or called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from texelflow.graph import Value
from texelflow.importers.pytorch.archive import LARGEST_RECORD, Archive
from texelflow.importers.pytorch.records import ProgramError
from texelflow.importers.pytorch.tensors import stored_tensor

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_MOST_OPERATIONS = 10_000_000


@dataclass(frozen=True, slots=True)
class _Name:
    """A class or function by its module and name, which is never imported."""

    text: str


@dataclass(frozen=True, slots=True)
class _Storage:
    dtype: str
    key: str


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(archive: Archive, shown: str) -> dict[str, Value]:
    """Return the tensors of a dictionary that torch.save wrote, by name.

    Raises:
        ProgramError: it is damaged, or has what is no tensor.
    """
    if "byteorder" in archive and bytes(archive.read("byteorder")) != b"little":
        raise ProgramError(f"{shown} was written on a machine with another order of bytes")
    content = archive.read("data.pkl")
    if len(content) > LARGEST_RECORD:
        raise ProgramError(f"{shown}: its pickle is too large to be read")
    found = _Machine(shown).run(bytes(content))
    if isinstance(found, _Tensor):
        found = {"": found}
    if not isinstance(found, dict):
        raise ProgramError(f"{shown} has no dictionary of tensors")
    values = {}
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, _Tensor):
            raise ProgramError(f"{shown}: {name!r} is no tensor")
        storage = archive.read(f"data/{tensor.storage.key}")
        values[name] = stored_tensor(
            name, storage, tensor.storage.dtype, tensor.sizes, tensor.strides, tensor.offset
        )
    return values


class _Machine:
    """A stack machine for the instructions of pickles that are allowed."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def run(self, content: bytes) -> Any:
        """Return what the pickle makes; raise ProgramError for what is not allowed."""
        try:
            for count, (operation, argument, _) in enumerate(pickletools.genops(content)):
                if operation.name == "STOP":
                    return self._stack.pop()
                if count > _MOST_OPERATIONS:
                    raise ProgramError(f"{self._shown}: its pickle is too long")
                if operation.name in _CONSTANTS:
                    self._stack.append(_CONSTANTS[operation.name]())
                elif operation.name in _NUMBERS:
                    self._stack.append(argument)
                elif operation.name in _OPERATIONS:
                    _OPERATIONS[operation.name](self, argument)
                else:
                    raise ProgramError(
                        f"{self._shown}: its pickle does {operation.name}, which is not allowed"
                    )
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError) as error:
            raise ProgramError(f"{self._shown}: its pickle is damaged: {error}") from None
        raise ProgramError(f"{self._shown}: its pickle has no end")

    def _popped(self) -> list[Any]:
        place = self._marks.pop()
        items = self._stack[place:]
        del self._stack[place:]
        return items

    def mark(self, _argument: Any) -> None:
        self._marks.append(len(self._stack))

    def put(self, argument: int) -> None:
        self._memo[argument] = self._stack[-1]

    def memoize(self, _argument: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def get(self, argument: int) -> None:
        self._stack.append(self._memo[argument])

    def nothing(self, _argument: Any) -> None:
        pass

    def name(self, argument: str) -> None:
        self._stack.append(_Name(argument))

    def stack_name(self, _argument: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(_Name(f"{module} {name}"))

    def tuple_of_marked(self, _argument: Any) -> None:
        self._stack.append(tuple(self._popped()))

    def tuple_of(self, count: int) -> None:
        items = [self._stack.pop() for _ in range(count)]
        self._stack.append(tuple(reversed(items)))

    def set_item(self, _argument: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._dictionary()[key] = value

    def set_items(self, _argument: Any) -> None:
        items = self._popped()
        target = self._dictionary()
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def _dictionary(self) -> dict[Any, Any]:
        if not isinstance(self._stack[-1], dict):
            raise ValueError("entries are set of what is no dictionary")
        return self._stack[-1]

    def build(self, _argument: Any) -> None:
        self._stack.pop()  # what a dictionary knows beside its entries, such as versions
        self._dictionary()

    def persistent(self, _argument: Any) -> None:
        kind, name, key, *_ = self._stack.pop()
        if kind != "storage" or not isinstance(name, _Name) or not isinstance(key, str):
            raise ValueError("something is stored beside it that is no storage")
        module, _, class_ = name.text.partition(" ")
        if module != "torch" or class_ not in STORAGES:
            raise ProgramError(
                f"{self._shown} has elements of {name.text.replace(' ', '.')}, which is not supported"
            )
        self._stack.append(_Storage(STORAGES[class_], key))

    def reduce(self, _argument: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        text = function.text if isinstance(function, _Name) else repr(function)
        if text not in _FUNCTIONS:
            raise ProgramError(
                f"{self._shown}: its pickle calls {text.replace(' ', '.')}, which is not allowed: only"
                " tensors are read"
            )
        self._stack.append(_FUNCTIONS[text](*arguments))


def _tensor(storage: Any, offset: Any, sizes: Any, strides: Any, *_: Any) -> _Tensor:
    numbers = (offset, *sizes, *strides)
    if not isinstance(storage, _Storage) or not all(type(number) is int for number in numbers):
        raise ValueError("a tensor is made of what is no storage and no numbers")
    if len(sizes) != len(strides):
        raise ValueError("a tensor has not as many strides as sizes")
    return _Tensor(storage, offset, tuple(sizes), tuple(strides))


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "collections OrderedDict": lambda *_: {},
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_parameter": _parameter,
    "torch Size": lambda sizes: tuple(sizes),
}
"""What may be called, and what stands in for it."""

_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_NUMBERS = frozenset("BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8".split())
_OPERATIONS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _Machine.nothing,
    "FRAME": _Machine.nothing,
    "MARK": _Machine.mark,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.memoize,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.stack_name,
    "TUPLE": _Machine.tuple_of_marked,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
    "REDUCE": _Machine.reduce,
}
