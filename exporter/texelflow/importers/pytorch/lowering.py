"""How an operator of PyTorch becomes ONNX's: a function in `operators/`, found by the decorator here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import FLOATING, Element, Node, TensorType, UnknownElementsError, Value
from texelflow.importers.lowering.typed_lowering import Lowering, Ref, refuse, register
from texelflow.importers.pytorch.arguments import ElementType
from texelflow.importers.pytorch.complex_parts import (
    ARGUMENTS,
    COMPLEX_READ,
    DTYPES_MADE,
    by_parts,
    has_parts,
)
from texelflow.operators import MANY, registry
from texelflow.operators.shapes import dimensions, integers, normalize_axes, normalize_axis

WANTED = "wanted"
"""Attribute of a node: the numbers of its results that are read."""

ATEN = "aten"
_NAMESPACE = "torch.ops."


def domain_of(target: str) -> tuple[str, str]:
    """Return the domain and the name of what a node calls: `torch.ops.aten.relu.default` is aten's relu."""
    if target.startswith(_NAMESPACE):
        domain, _, name = target[len(_NAMESPACE) :].partition(".")
        return domain, name.removesuffix(".default")
    module, _, name = target.rpartition(".")
    return module, name


class Step(Lowering):
    """The ONNX nodes in place of a call of an operator."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What it is called with, by the names of its schema."""
        found: Mapping[str, Any] = self.node.attributes[ARGUMENTS]
        return found

    @property
    def dtype(self) -> str:
        """The element type of the first result, as the file has it."""
        return str(self.node.attributes[DTYPES_MADE][0])

    @property
    def base(self) -> str:
        """The name of the operator without its overload."""
        return self.node.operator.partition(".")[0]

    @property
    def x(self) -> Value:
        """The tensor that is the first argument."""
        return self.tensor(next(iter(self.arguments), "self"))

    @property
    def rank(self) -> int:
        """How many axes `x` has."""
        return len(self.x.shape)

    def wants(self, index: int) -> bool:
        """Return whether a result is read."""
        return index in self.node.attributes.get(WANTED, range(len(self.node.outputs)))

    def has(self, name: str) -> bool:
        """Return whether an argument is given, and is not None."""
        return self.arguments.get(name) is not None

    def tensor(self, name: str) -> Value:
        """Return an argument that is a tensor, or a number of a run; raise NodeError if it is none."""
        found = self.arguments.get(name)
        if not isinstance(found, Ref):
            raise self.fail(f"its {name} is {_shown(found)}; a tensor is needed")
        return self.input(found.index)

    def optional(self, name: str) -> Value | None:
        """Return an argument that is a tensor, None where it is not given."""
        return self.tensor(name) if self.has(name) else None

    def tensors(self, name: str) -> list[Value]:
        """Return an argument that is a list of tensors; raise NodeError if it is none."""
        found = self.arguments.get(name)
        if not isinstance(found, list) or not all(isinstance(entry, Ref) for entry in found):
            raise self.fail(f"its {name} is {_shown(found)}; a list of tensors is needed")
        return [self.input(entry.index) for entry in found]

    def optional_tensors(self, name: str) -> list[Value | None]:
        """Return an argument that is a list of tensors, some of which may be missing."""
        found = self.arguments.get(name)
        if not isinstance(found, list) or not all(entry is None or isinstance(entry, Ref) for entry in found):
            raise self.fail(f"its {name} is {_shown(found)}; a list of tensors is needed")
        return [None if entry is None else self.input(entry.index) for entry in found]

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an argument that is true or false."""
        found = self.arguments.get(name)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise self.fail(f"its {name} is {_shown(found)}; true or false is needed")
        return found

    def text(self, name: str, default: str = "") -> str:
        """Return an argument that is a text."""
        found = self.arguments.get(name)
        if found is None:
            return default
        if not isinstance(found, str):
            raise self.fail(f"its {name} is {_shown(found)}; a text is needed")
        return found

    def number(self, name: str, default: float | None = None) -> float:
        """Return an argument that is a number known at export; raise NodeError if it is none."""
        found = self._element(self.arguments.get(name), name)
        if found is None and default is not None:
            return default
        if not isinstance(found, int | float):
            raise self.fail(f"its {name} is {_shown(found)}; a number known at export is needed")
        return found

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an argument that is a whole number known at export; raise NodeError if it is none."""
        found = self._element(self.arguments.get(name), name)
        if found is None and default is not None:
            return default
        if found is None:
            raise self.fail(f"it has no {name}")
        return integers(self.node, [found], name)[0]

    def dimension(self, name: str, default: Dimension | None = None) -> Dimension:
        """Return an argument that is a whole number, which may depend on sizes."""
        found = self._element(self.arguments.get(name), name)
        if found is None and default is not None:
            return default
        if found is None:
            raise self.fail(f"it has no {name}")
        return dimensions(self.node, [found], name)[0]

    def dimensions(self, name: str, count: int | None = None) -> list[Dimension]:
        """Return an argument that lists whole numbers; one stands for all of `count` axes."""
        found = self.arguments.get(name)
        if not isinstance(found, list):
            found = [] if found is None else [found]
        elements = [self._element(entry, name) for entry in found]
        if None in elements:
            raise self.fail(f"its {name} is {_shown(found)}; whole numbers are needed")
        listed = dimensions(self.node, [element for element in elements if element is not None], name)
        if count is not None and len(listed) == 1:
            listed = listed * count
        if count is not None and len(listed) not in (0, count):
            raise self.fail(f"its {name} has {len(listed)} numbers for {count} axes")
        return listed

    def sizes(self, name: str, count: int, default: int) -> list[int]:
        """Return an argument of a whole number for each of `count` axes, or one for all."""
        return integers(self.node, self.dimensions(name, count), name) or [default] * count

    def numbers(self, name: str) -> list[float]:
        """Return an argument that is a list of numbers known at export, none where it is not given."""
        found = self.arguments.get(name)
        entries = [self._element(entry, name) for entry in (found if isinstance(found, list) else [])]
        if not all(isinstance(entry, int | float) for entry in entries):
            raise self.fail(f"its {name} is {_shown(found)}; numbers known at export are needed")
        return [float(entry) for entry in entries if isinstance(entry, int | float)]

    def axis(self, name: str = "dim", default: int | None = None, rank: int | None = None) -> int:
        """Return an argument that is an axis, counted from the front; of a scalar 0."""
        count = self.rank if rank is None else rank
        return normalize_axis(self.node, self.integer(name, default), max(count, 1))

    def axes(self, name: str = "dim") -> list[int]:
        """Return an argument that lists axes, counted from the front; all where it is not given, or empty."""
        found = integers(self.node, self.dimensions(name), name)
        if not found:
            return list(range(self.rank))
        return [axis for axis in normalize_axes(self.node, found, max(self.rank, 1)) if self.rank]

    def element_type(self, name: str = "dtype") -> str | None:
        """Return an argument that is an element type, None where it is not given."""
        found = self.arguments.get(name)
        if found is None or isinstance(found, ElementType):
            return None if found is None else found.name
        raise self.fail(f"its {name} is {_shown(found)}; an element type is needed")

    def cast(self, step: str | Value, value: Value, dtype: str) -> Value:
        """Append a Cast; a new value has its type at once."""
        return self._typed(super().cast(step, value, dtype), step, dtype, value.type and value.type.shape)

    def reshape(self, step: str | Value, value: Value, shape: Sequence[Dimension]) -> Value:
        """Append a Reshape to a shape known at export; a new value has its type at once if it has no -1."""
        made = super().reshape(step, value, shape)
        is_whole = value.type is not None and not any(proved_equal(extent, -1) for extent in shape)
        return self._typed(
            made, step, value.type.dtype if value.type else "", tuple(shape) if is_whole else None
        )

    def expand(self, step: str | Value, value: Value, shape: Sequence[Dimension]) -> Value:
        """Append an Expand to a shape that the value broadcasts to; a new value has its type at once."""
        made = self.add("Expand", step, value, self.vector("shape", shape))
        return self._typed(made, step, value.type.dtype if value.type else "", value.type and tuple(shape))

    @staticmethod
    def _typed(made: Value, step: str | Value, dtype: str, shape: Any) -> Value:
        if isinstance(step, str) and shape is not None:
            made.type = TensorType(dtype, tuple(shape))
        return made

    def as_dtype(self, value: Value, dtype: str, step: str = "typed") -> Value:
        """Return a value of an element type."""
        return value if value.dtype == dtype else self.cast(step, value, dtype)

    def operand(self, name: str, dtype: str) -> Value:
        """Return an argument that is a tensor or a number, of an element type."""
        found = self.arguments.get(name)
        if isinstance(found, Ref):
            return self.as_dtype(self.input(found.index), dtype, f"{name}_typed")
        if not isinstance(found, int | float):
            raise self.fail(f"its {name} is {_shown(found)}; a tensor or a number is needed")
        return self.scalar(name, dtype, found if dtype in FLOATING else int(found))

    def finish(self, value: Value, index: int = 0) -> Value:
        """Give a result its value, of the element type that the file says."""
        result, dtype = self.node.outputs[index], self.node.attributes[DTYPES_MADE][index]
        return self.cast(result, value, dtype)

    def _element(self, entry: Any, name: str) -> Element | None:
        """Return a number, or the only element of a tensor, which must be known."""
        if isinstance(entry, Ref):
            value = self.input(entry.index)
            if value.elements is None:
                raise UnknownElementsError(self.node, value, name)
            if len(value.elements) != 1:
                raise self.fail(f"its {name} has {len(value.elements)} elements; one number is needed")
            return value.elements[0]
        if entry is None or isinstance(entry, int | float):
            return entry
        raise self.fail(f"its {name} is {_shown(entry)}; a number is needed")


Lower: TypeAlias = Callable[[Step], object]

_OF_COMPLEX: dict[tuple[str, str], Lower] = {}
"""What lowers calls with complex numbers, by domain and name."""

_IS_COMPLEX = "its numbers are complex, which is not supported: write it by sines and cosines of real numbers"


def lowers_complex(*names: str, domain: str = ATEN) -> Callable[[Lower], Lower]:
    """Register a function for calls of these operators with complex numbers, or which make such."""

    def decorate(function: Lower) -> Lower:
        for name in names:
            _OF_COMPLEX[domain, name] = function
        new = tuple(name for name in names if (domain, name) not in registry())
        lowers(*new, domain=domain)(_needs_complex)
        return function

    return decorate


def _needs_complex(step: Step) -> None:
    raise step.fail("it is called with real numbers, which is not supported")


def lowers(*names: str, domain: str = ATEN) -> Callable[[Lower], Lower]:
    """Register a function that replaces calls of these operators, named with their overload if they have one.

    It adds nodes to the Step that end in the outputs of the node; it raises NodeError for what it cannot do.
    """

    def decorate(function: Lower) -> Lower:
        def replace(node: Node) -> list[Node]:
            step = Step(node)
            made = [str(dtype) for dtype in node.attributes[DTYPES_MADE]]
            if any(dtype.startswith("float8") or dtype in ("complex32", "complex128") for dtype in made):
                raise step.fail(f"it makes numbers of {step.dtype}, which are not supported")
            own: Lower | None = function
            if node.attributes.get(COMPLEX_READ) or "complex64" in made:
                if (domain, node.operator) not in _OF_COMPLEX and has_parts(node):
                    return by_parts(node)
                own = _OF_COMPLEX.get((domain, node.operator))
            if own is None:
                raise step.fail(_IS_COMPLEX)
            own(step)
            return step.nodes

        register(domain, names, (0, MANY), replace)
        return function

    return decorate


def refuses(*names: str, reason: str, domain: str = ATEN) -> None:
    """Register operators that cannot be supported, with what to do instead."""
    refuse(domain, names, reason)


def _shown(content: Any) -> str:
    return "missing" if content is None else "a tensor" if isinstance(content, Ref) else repr(content)[:80]
