"""A call of a function: its operands, and how it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from texelflow.graph import DTYPES, FLOATING, Node, TensorType, Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.lowering import DOMAIN, OPERATION, Layer, ResultRule, register_rules
from texelflow.importers.lowering.typed_lowering import register
from texelflow.operators import MANY
from texelflow.operators.shapes import normalize_axes

_WIDER = ("bool", "int8", "int16", "int32", "int64")


def is_dtype(found: object) -> TypeGuard[str]:
    """Whether an argument names an element type: a configuration may have anything in its place."""
    return isinstance(found, str) and found in DTYPES


class Function(Layer):
    """The ONNX nodes in place of a call of a function; `x` is the first of its tensors."""

    @property
    def function(self) -> str:
        """The class of the function."""
        return self.node.operator.removeprefix(OPERATION)

    def given(self, index: int, name: str, default: Any = None) -> Any:
        """Return an argument by its position or name, or else the configuration's entry of that name."""
        positional = self.argument("positional", [])
        if index < len(positional):
            return positional[index]
        found = self.argument("named", {}).get(name)
        return self.setting(name, default) if found is None else found

    def operands(self, *names: str) -> list[Value]:
        """Return arguments as tensors of one element type, the wider one; numbers become such tensors.

        Raises:
            NodeError: one is missing, or is neither, or their types do not go together.
        """
        given = [self.given(index, name) for index, name in enumerate(names)]
        return self.together(given)

    def together(self, given: Sequence[Any]) -> list[Value]:
        """Return tensors and numbers as tensors of one element type."""
        dtype = self.common(given)
        return [self._as(item, dtype) for item in given]

    def together_as_floats(self, given: Sequence[Any]) -> list[Value]:
        """Return tensors and numbers as tensors of one element type of floats."""
        dtype = self.common(given)
        return [self._as(item, dtype if dtype in FLOATING else "float32") for item in given]

    def common(self, given: Sequence[Any]) -> str:
        """Return the element type that tensors and numbers have together; raise NodeError if none."""
        dtypes = {item.dtype for item in given if isinstance(item, Value)}
        dtypes |= {self._array(item)[0] for item in given if isinstance(item, Mapping | list)}
        floating = [dtype for dtype in ("float64", "float32", "float16") if dtype in dtypes]
        if len(dtypes) == 1 and not (dtypes & FLOATING):
            [dtype] = dtypes
            if any(isinstance(item, float) for item in given):
                return "float32"
            is_whole = any(isinstance(item, int) and not isinstance(item, bool) for item in given)
            return "int32" if dtype == "bool" and is_whole else dtype
        if floating:
            return floating[0]
        if not dtypes or not dtypes <= {*_WIDER}:
            raise self.fail(
                f"its tensors are of {', '.join(sorted(dtypes)) or 'no type'}: convert them first"
            )
        return "float32" if any(isinstance(item, float) for item in given) else max(dtypes, key=_WIDER.index)

    def _as(self, item: Any, dtype: str) -> Value:
        if isinstance(item, Value):
            return item if item.dtype == dtype else self._converted("as", item, dtype)
        if isinstance(item, Mapping | list):
            _, shape, numbers = self._array(item)
            return self.constant("array", dtype, shape, numbers)
        if not isinstance(item, bool) and not is_finite(item):
            raise self.fail(f"an argument is {str(item)[:80]}; a tensor or a number is needed")
        return self.scalar("number", dtype, bool(item) if dtype == "bool" else item)

    def _array(self, item: Mapping[str, Any] | list[Any]) -> tuple[str, list[int], list[Any]]:
        """Return element type, shape and elements of an array that is written in the configuration."""
        level: Any = item
        dtype = None
        if isinstance(item, Mapping):
            config = item.get("config")
            if item.get("class_name") not in ("__tensor__", "__numpy__") or not isinstance(config, Mapping):
                raise self.fail(f"an argument is {str(item)[:80]}; a tensor or a number is needed")
            level, dtype = config.get("value"), config.get("dtype")
        shape: list[int] = []
        numbers: list[Any] = [level]
        while isinstance(level, list):
            shape.append(len(level))
            if not all(isinstance(part, list) and len(part) == len(level) for part in numbers):
                raise self.fail("an array in it is not regular")
            numbers = [element for part in numbers for element in part]
            level = numbers[0] if numbers else None
        if not all(isinstance(number, bool) or is_finite(number) for number in numbers):
            raise self.fail(f"an argument is {str(item)[:80]}; a tensor or numbers are needed")
        if dtype is None:
            dtype = "float32" if any(isinstance(number, float) for number in numbers) else "int32"
        if not is_dtype(dtype):
            raise self.fail(f"an array in it is of type {str(dtype)[:80]!r}, which is not supported")
        return dtype, shape, numbers

    def floats(self, x: Value) -> Value:
        """Return a tensor as floats."""
        return x if x.dtype in FLOATING else self._converted("floats", x, "float32")

    def _converted(self, step: str, x: Value, dtype: str) -> Value:
        made = self.cast(step, x, dtype)
        made.type = TensorType(dtype, x.shape)
        return made

    def flag(self, item: Any) -> Value:
        """Return a tensor or a number as truth: whether it is not 0."""
        if not isinstance(item, Value):
            return self.scalar("truth", "bool", bool(item))
        return item if item.dtype == "bool" else self.cast("flags", item, "bool")

    def axes_given(self, index: int, name: str = "axis", rank: int | None = None) -> list[int]:
        """Return an argument that is an axis, or lists some: all where it is None."""
        found = self.given(index, name)
        rank = self.rank if rank is None else rank
        if found is None:
            return list(range(rank))
        listed = found if isinstance(found, list) else [found]
        if not all(type(axis) is int for axis in listed):
            raise self.fail(f"its {name} is {str(found)[:80]}; whole numbers are needed")
        return normalize_axes(self.node, listed, rank)

    def wholes_given(self, index: int, name: str) -> list[int]:
        """Return an argument that is a whole number, or lists some; raise NodeError for another thing."""
        found = self.given(index, name)
        listed = found if isinstance(found, list) else [found]
        if not all(type(number) is int and abs(number) < 2**31 for number in listed):
            raise self.fail(f"its {name} is {str(found)[:80]}; whole numbers are needed")
        return listed


def computes(
    *names: str, results: ResultRule = lambda _config, _arguments: 1
) -> Callable[[Callable[[Function], object]], Any]:
    """Register what replaces calls of these functions of keras.ops, by the names of their classes."""

    def decorate(function: Callable[[Function], object]) -> Callable[[Function], object]:
        def replace(node: Node) -> list[Node]:
            steps = Function(node)
            function(steps)
            return steps.nodes

        kinds = tuple(f"{OPERATION}{name}" for name in names)
        register(DOMAIN, kinds, (1, MANY), replace)
        register_rules(kinds, results=results)
        return function

    return decorate
