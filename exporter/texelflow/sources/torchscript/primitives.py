"""What TorchScript computes with numbers, texts, lists and dictionaries, which are Python's here.

PyTorch has these operators, too, but of copies: what changes a list would change nothing, and sizes that are
free are no numbers for them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing

from texelflow.sources.torchscript.trees import COMPUTED

DTYPES = (
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.float32,
    torch.float64,
    torch.complex32,
    torch.complex64,
    torch.complex128,
    torch.bool,
    torch.qint8,
    torch.quint8,
    torch.qint32,
    torch.bfloat16,
)
"""Element types by the numbers that TorchScript has for them."""

_MEMORY_FORMATS = (
    torch.contiguous_format,
    torch.preserve_format,
    torch.channels_last,
    torch.channels_last_3d,
)


_NUMBER = "_texelflow_number"
"""Attribute of a tensor that was made of a number: that number."""

_MOST_KNOWN = 64
"""Elements of a tensor that are computed while a program is traced."""


class RefusedError(Exception):
    """Why a module of TorchScript cannot be read."""


def is_computed(value: object) -> bool:
    """Return whether a number follows from sizes, or from what a run computes."""
    return isinstance(value, COMPUTED)


def item(tensor: torch.Tensor) -> Any:
    """Return the only element of a tensor as a number, which a run may decide."""
    if hasattr(tensor, _NUMBER):
        return getattr(tensor, _NUMBER)
    if is_known(tensor):
        with untraced():
            return tensor.item()
    return tensor.item()


def is_known(tensor: torch.Tensor) -> bool:
    """Return whether the elements of a tensor are known while a program is traced, and few."""
    return type(tensor) is torch.Tensor and tensor.numel() <= _MOST_KNOWN


@contextmanager
def untraced() -> Iterator[None]:
    """Let operators compute numbers in the block, of tensors that are known."""
    with unset_fake_temporarily(), disable_proxy_modes_tracing():
        yield


def typed_arguments(declared: Sequence[Any], given: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of an operator in order and by name, with numbers made what they stand for."""
    arguments: list[Any] = []
    named: dict[str, Any] = {}
    for argument, value in zip(declared, given, strict=True):
        if argument.kwarg_only:
            if value is not None:
                named[argument.name] = _typed(argument, value)
        else:
            arguments.append(_typed(argument, value))
    return arguments, named


def _typed(argument: Any, value: Any) -> Any:
    if type(value) is not int:
        return value
    kind = str(argument.real_type if hasattr(argument, "real_type") else argument.type)
    if "ScalarType" in kind or argument.name == "dtype":
        return DTYPES[value]
    if "MemoryFormat" in kind or argument.name == "memory_format":
        return _MEMORY_FORMATS[value]
    if "Layout" in kind or argument.name == "layout":
        return torch.strided
    return value


def number_as_tensor(value: Any) -> Any:
    """Return a number as a tensor from which it is got again, as torch.jit.trace has sizes."""
    if not is_computed(value):
        with untraced():
            return as_tensor(value)
    made = as_tensor(value)
    setattr(made, _NUMBER, value)
    return made


def as_tensor(value: Any) -> Any:
    """Return a number as a tensor, in the element type that TorchScript gives it."""
    if isinstance(value, torch.SymBool):
        return torch.scalar_tensor(torch.sym_ite(value, 1, 0), dtype=torch.bool)
    if isinstance(value, bool):
        return torch.scalar_tensor(value, dtype=torch.bool)
    is_whole = isinstance(value, int | torch.SymInt)
    return torch.scalar_tensor(value, dtype=torch.int64 if is_whole else torch.get_default_dtype())


def _tensor_of(data: Any, dtype: int | None, device: Any, requires_grad: bool) -> Any:
    made = _stacked(data)
    return made if dtype is None else made.to(DTYPES[dtype])


def _stacked(data: Any) -> Any:
    if not isinstance(data, list):
        return data if isinstance(data, torch.Tensor) else as_tensor(data)
    leaves, _ = torch.utils._pytree.tree_flatten(data)
    if any(is_computed(leaf) or isinstance(leaf, torch.Tensor) for leaf in leaves):
        return torch.stack([_stacked(entry) for entry in data])
    return torch.tensor(data)


def _getitem(container: Any, key: Any) -> Any:
    return container[key]


def _setitem(container: Any, key: Any, value: Any) -> Any:
    container[key] = value
    return container


def _change(method: str) -> Callable[..., Any]:
    """Return what calls a method of a list or dictionary; where that gives nothing, it gives the whole."""

    def change(container: Any, *arguments: Any) -> Any:
        made = getattr(container, method)(*arguments)
        return container if made is None else made

    return change


def _slice(values: Any, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    return values[start:end:step]


def _range_length(start: Any, end: Any, step: Any) -> Any:
    if step == 0:
        raise RefusedError("a range has a step of zero")
    if not any(map(is_computed, (start, end, step))):
        return len(range(start, end, step))
    return torch.sym_max((end - start + step - 1) // step, 0)


def _number(value: Any) -> Any:
    return item(value) if isinstance(value, torch.Tensor) else value


def _int(value: Any, *_: Any) -> Any:
    value = _number(value)
    return torch.sym_int(value) if is_computed(value) else int(value)


def _float(value: Any, *_: Any) -> Any:
    value = _number(value)
    return torch.sym_float(value) if is_computed(value) else float(value)


def _bool(value: Any) -> Any:
    value = _number(value)
    return value if isinstance(value, torch.SymBool) else value != 0


def _not(value: Any) -> Any:
    return torch.sym_not(value) if is_computed(value) else not value


def _least(*values: Any) -> Any:
    values = tuple(values[0]) if len(values) == 1 else values
    return _folded(torch.sym_min, min, values)


def _most(*values: Any) -> Any:
    values = tuple(values[0]) if len(values) == 1 else values
    return _folded(torch.sym_max, max, values)


def _folded(symbolic: Callable[[Any, Any], Any], plain: Callable[..., Any], values: Sequence[Any]) -> Any:
    if not any(map(is_computed, values)):
        return plain(values)
    result = values[0]
    for value in values[1:]:
        result = symbolic(result, value)
    return result


def _contains(container: Any, key: Any) -> Any:
    if not is_computed(key):
        return key in container
    found: Any = False
    for entry in container:
        found = (key == entry) | found
    return found


def _nothing(*_: Any) -> None:
    return None


def _self(value: Any, *_: Any) -> Any:
    return value


def _format(text: str, *values: Any) -> str:
    return text.format(*values)


def _rounded(symbolic: Callable[[Any], Any], plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: symbolic(value) if is_computed(value) else plain(value)


ON_VALUES: Mapping[str, Callable[..., Any]] = {
    "aten::add": operator.add,
    "aten::sub": operator.sub,
    "aten::mul": operator.mul,
    "aten::div": operator.truediv,
    "aten::floordiv": operator.floordiv,
    "aten::remainder": operator.mod,
    "aten::pow": operator.pow,
    "aten::neg": operator.neg,
    "aten::eq": operator.eq,
    "aten::ne": operator.ne,
    "aten::lt": operator.lt,
    "aten::le": operator.le,
    "aten::gt": operator.gt,
    "aten::ge": operator.ge,
    "aten::__and__": operator.and_,
    "aten::__or__": operator.or_,
    "aten::__xor__": operator.xor,
    "aten::__not__": _not,
    "aten::__is__": lambda left, right: left is right,
    "aten::__isnot__": lambda left, right: left is not right,
    "aten::floor": _rounded(math.floor, math.floor),
    "aten::ceil": _rounded(math.ceil, math.ceil),
    "aten::sqrt": _rounded(torch.sym_sqrt, math.sqrt),
    "aten::__getitem__": _getitem,
    "aten::_set_item": _setitem,
    "aten::append": _change("append"),
    "aten::extend": _change("extend"),
    "aten::insert": _change("insert"),
    "aten::pop": lambda container, *key: container.pop(*key),
    "aten::clear": _change("clear"),
    "aten::reverse": _change("reverse"),
    "aten::remove": _change("remove"),
    "aten::sort": lambda container, reverse=False: container.sort(reverse=reverse),
    "aten::Delete": lambda container, key: container.__delitem__(key),
    "aten::copy": lambda container: container.copy(),
    "aten::list": list,
    "aten::slice": _slice,
    "aten::add_": lambda left, right: left.extend(right) or left,
    "aten::__contains__": _contains,
    "aten::keys": lambda container: list(container.keys()),
    "aten::values": lambda container: list(container.values()),
    "aten::items": lambda container: list(container.items()),
    "aten::get": lambda container, *key: container.get(*key),
    "aten::update": _change("update"),
    "aten::setdefault": lambda container, *key: container.setdefault(*key),
    "aten::dict": dict,
    "aten::__range_length": _range_length,
    "aten::__derive_index": lambda index, start, step: start + index * step,
    "aten::format": _format,
    "aten::warn": _nothing,
    "aten::set_grad_enabled": _nothing,
    "aten::is_grad_enabled": lambda: True,
    "aten::is_scripting": lambda: True,
    "prim::min": _least,
    "prim::max": _most,
    "prim::abs": abs,
    "prim::TupleIndex": _getitem,
    "prim::StringIndex": _getitem,
    "prim::unchecked_cast": _self,
    "prim::unchecked_unwrap_optional": _self,
    "prim::Uninitialized": _nothing,
    "prim::Print": _nothing,
}
"""Operators of which no argument is a tensor, though tensors may be in lists."""


def _unwrapped(value: Any) -> Any:
    if value is None:
        raise RefusedError("it unwraps an optional value that is None")
    return value


ON_TENSORS: Mapping[str, Callable[..., Any]] = {
    "aten::size": lambda x, *axis: x.shape[axis[0]] if axis else list(x.shape),
    "aten::dim": lambda x: x.dim(),
    "aten::numel": lambda x: x.numel(),
    "aten::len": len,
    "aten::item": item,
    "aten::Int": _int,
    "aten::Float": _float,
    "aten::Bool": _bool,
    "aten::is_floating_point": lambda x: x.is_floating_point(),
    "aten::is_complex": lambda x: x.is_complex(),
    "aten::is_contiguous": lambda *_: True,
    "aten::IntImplicit": _int,
    "aten::FloatImplicit": _float,
    "aten::ScalarImplicit": item,
    "aten::tensor": _tensor_of,
    "aten::as_tensor": lambda data, dtype, device: _tensor_of(data, dtype, device, False),
    "aten::cpu": _self,
    "aten::cuda": _self,
    "aten::_unwrap_optional": _unwrapped,
    "prim::NumToTensor": number_as_tensor,
    "prim::dtype": lambda x: DTYPES.index(x.dtype),
    "prim::device": lambda x: torch.device("cpu"),
    "prim::layout": lambda x: 0,
    "prim::shape": lambda x: list(x.shape),
    "prim::data": _self,
    "prim::requires_grad": lambda x: True,
    "prim::is_cuda": lambda x: False,
    "prim::is_quantized": lambda x: x.is_quantized,
    "prim::is_sparse": lambda x: False,
    "prim::is_mkldnn": lambda x: False,
    "prim::is_meta": lambda x: False,
    "prim::type": lambda device: device.type,
    "prim::index": lambda device: device.index,
    "prim::is_nested": lambda x: False,
}
"""Operators of tensors that say something of them, or that are none of torch.ops.

Gradients are said to be wanted: PyTorch's modules have a way of their own where they are not, of operators
that do a whole layer at once.
"""
