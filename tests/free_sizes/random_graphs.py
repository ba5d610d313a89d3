"""Random models with free extents, each valid by its rules at several sizes of them.

A `Growing` model keeps the extent of every axis of every value at each of `CASES` assignments of its symbols.
A move (random_moves/) adds a few nodes to it; where the sizes of an assignment do not allow that, the
assignment is given up, and ONNX Runtime is expected to refuse it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import onnx
from onnx import helper, numpy_helper

from free_sizes.trials import Trial, ask_reference

Extent: TypeAlias = tuple[int, ...]
"""How long an axis is at each assignment; equal tuples stand for axes of equal extent."""

CASES = 4
"""Assignments of a model: unequal sizes, some of 1, some of 0, one with a mistake."""

OWN, ONES, NONE, MISTAKEN = range(CASES)

OPSET = 21
LONGEST = 40
"""No axis is longer than this, so that a run is quick."""
MOST_ELEMENTS = 6000


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the model; `elements` are known where it is shape arithmetic: a list of extents, or one."""

    name: str
    dtype: str
    shape: tuple[Extent, ...]
    elements: tuple[Extent, ...] | None = None

    @property
    def rank(self) -> int:
        return len(self.shape)


def known(extent: Extent) -> int | None:
    """Return an extent that is the same at all assignments, else None."""
    return extent[0] if len(set(extent)) == 1 else None


def constantly(number: int) -> Extent:
    """Return the extent that is `number` at all assignments."""
    return (number,) * CASES


def combine(function: Callable[..., int], *extents: Extent | int) -> Extent:
    """Return the extent that is `function` of extents at each assignment."""
    columns = [constantly(extent) if isinstance(extent, int) else extent for extent in extents]
    return tuple(int(function(*numbers)) for numbers in zip(*columns, strict=True))


class DeadEndError(Exception):
    """A move does not fit the model as it is."""


@dataclass(slots=True)
class Growing:
    """A model that moves are adding to."""

    random: np.random.Generator
    alive: list[bool] = field(default_factory=lambda: [True] * CASES)
    unasked: set[int] = field(default_factory=set)
    symbols: dict[str, Extent] = field(default_factory=dict)
    inputs: dict[str, tuple[str, tuple[str | int, ...]]] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    known_constants: dict[tuple[str, bytes, tuple[int, ...]], str] = field(default_factory=dict)

    # Choices

    def chance(self, probability: float) -> bool:
        """Return True that often."""
        return bool(self.random.random() < probability)

    def one_of(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        if not choices:
            raise DeadEndError
        return choices[int(self.random.integers(len(choices)))]

    def pick(self, fits: Callable[[Value], bool]) -> Value:
        """Return a value of floats that fits, rather a late one; give up if there is none."""
        fitting = [value for value in self.values if value.dtype == "float32" and fits(value)]
        if not fitting:
            raise DeadEndError
        late = int(max(self.random.integers(len(fitting), size=2)))
        return fitting[late]

    # Symbols

    def new_symbol(self, image: bool = False) -> str:
        """Add a symbol; return its name."""
        name = "nmtkhwabcdefgijlopqrsuvxyz"[len(self.symbols)]
        low, high = (4, 13) if image else (2, 8)
        sizes = [int(size) for size in self.random.integers(low, high, CASES)]
        if self.chance(0.5):
            sizes[ONES] = 1
        if self.chance(0.3):
            sizes[NONE] = 0
        self.symbols[name] = tuple(sizes)
        return name

    def partner(self, extent: Extent, *, may_be_one: bool) -> str:
        """Add a symbol that goes with an extent but for one assignment; return its name.

        It is as long, or may be 1 as well.
        """
        name = self.new_symbol()
        sizes = [max(size, 0) for size in extent]
        if may_be_one:
            sizes = [1 if index == ONES or self.chance(0.25) else size for index, size in enumerate(sizes)]
        sizes[MISTAKEN] = max(extent[MISTAKEN], 0) + int(self.random.integers(1, 3))
        self.symbols[name] = tuple(sizes)
        return name

    def free_extent(self) -> str:
        """Return a symbol, rather a new one."""
        if self.symbols and self.chance(0.3):
            name: str = self.one_of(list(self.symbols))
            return name
        return self.new_symbol()

    # Values

    def extent_of(self, dimension: str | int) -> Extent:
        """Return the extents of a symbol or number."""
        return constantly(dimension) if isinstance(dimension, int) else self.symbols[dimension]

    def input(self, dimensions: Sequence[str | int], dtype: str = "float32") -> Value:
        """Add an input with these symbols or numbers as extents."""
        name = f"x{len(self.inputs)}"
        self.inputs[name] = (dtype, tuple(dimensions))
        value = Value(name, dtype, tuple(map(self.extent_of, dimensions)))
        self.values.append(value)
        return value

    def constant(self, array: Any, dtype: str | None = None) -> Value:
        """Add a constant, or find it."""
        array = np.asarray(array, dtype)
        key = (str(array.dtype), array.tobytes(), array.shape)
        if key not in self.known_constants:
            self.known_constants[key] = f"c{len(self.known_constants)}"
            self.constants.append(numpy_helper.from_array(array, self.known_constants[key]))
        elements = (
            tuple(constantly(int(number)) for number in array.ravel()) if array.dtype == "int64" else None
        )
        shape = tuple(map(constantly, array.shape))
        return Value(self.known_constants[key], str(array.dtype), shape, elements)

    def integers(self, *numbers: int) -> Value:
        """Add a constant list of int64."""
        return self.constant(list(numbers), "int64")

    def weights(self, *shape: int) -> Value:
        """Add a constant of random numbers that keep the size of sums."""
        fan = max(int(np.prod(shape[1:])), 1)
        return self.constant(self.random.standard_normal(shape) / np.sqrt(fan), "float32")

    def node(
        self,
        operator: str,
        inputs: Sequence[Value | None],
        shape: Sequence[Extent],
        dtype: str = "float32",
        elements: Sequence[Extent] | None = None,
        **attributes: Any,
    ) -> Value:
        """Add a node of one output, which has this shape."""
        return self.several(operator, inputs, [shape], dtype, elements, **attributes)[0]

    def several(
        self,
        operator: str,
        inputs: Sequence[Value | None],
        shapes: Sequence[Sequence[Extent]],
        dtype: str = "float32",
        elements: Sequence[Extent] | None = None,
        **attributes: Any,
    ) -> list[Value]:
        """Add a node; give up if an output would be too large, or too few assignments are left."""
        outputs = []
        for index, shape in enumerate(shapes):
            for case, extents in enumerate(zip(*shape, strict=True)):
                if min(extents) < 0:
                    self.alive[case] = False
                if self.alive[case] and (max(extents) > LONGEST or np.prod(extents) > MOST_ELEMENTS):
                    raise DeadEndError
            name = f"v{len(self.nodes)}{'abcdef'[index] if len(shapes) > 1 else ''}"
            known_elements = None if elements is None else tuple(elements)
            outputs.append(Value(name, dtype, tuple(shape), known_elements))
        self.require_life()
        names = [value.name for value in outputs]
        given = ["" if value is None else value.name for value in inputs]
        self.nodes.append(helper.make_node(operator, given, names, **attributes))
        self.values.extend(outputs)
        return outputs

    def demand(self, holds: Sequence[bool]) -> None:
        """Give up the assignments for which a condition does not hold."""
        self.alive = [alive and bool(one) for alive, one in zip(self.alive, holds, strict=True)]
        self.require_life()

    def demand_elements(self, value: Value) -> None:
        """Give up the assignments at which a value is empty, and do not ask ONNX Runtime for them.

        Some of its kernels crash there.
        """
        empty = {case for case, extents in enumerate(zip(*value.shape, strict=True)) if min(extents) <= 0}
        self.unasked |= empty
        self.demand([case not in empty for case in range(CASES)])

    def require_life(self) -> None:
        """Give up unless the first assignment and one more are left."""
        if not self.alive[OWN] or sum(self.alive) < 2:
            raise DeadEndError

    # The result

    def model(self) -> onnx.ModelProto:
        """Return the model; what no node reads is an output."""
        read = {name for node in self.nodes for name in node.input}
        made = {name for node in self.nodes for name in node.output}
        outputs = [value for value in self.values if value.name in made and value.name not in read]
        types = {
            name: helper.np_dtype_to_tensor_dtype(np.dtype(name)) for name in ("float32", "int64", "bool")
        }
        graph = helper.make_graph(
            self.nodes,
            "random",
            [
                helper.make_tensor_value_info(name, types[dtype], list(dimensions))
                for name, (dtype, dimensions) in self.inputs.items()
            ],
            [helper.make_tensor_value_info(value.name, types[value.dtype], None) for value in outputs],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)

    def feeds(self, case: int) -> dict[str, np.ndarray]:
        """Return random inputs at an assignment."""
        result: dict[str, np.ndarray] = {}
        for value in self.values:
            if value.name not in self.inputs:
                continue
            shape = [extent[case] for extent in value.shape]
            if value.dtype == "float32":
                result[value.name] = self.random.standard_normal(shape).astype(np.float32)
            elif value.dtype == "bool":
                result[value.name] = np.asarray(self.random.random(shape) < 0.5)
            else:
                result[value.name] = self.random.integers(0, 3, shape)
        return result

    def copy(self) -> Growing:
        """Return a copy that a move may spoil."""
        return Growing(
            self.random,
            list(self.alive),
            set(self.unasked),
            dict(self.symbols),
            dict(self.inputs),
            list(self.values),
            list(self.nodes),
            list(self.constants),
            dict(self.known_constants),
        )


@dataclass(frozen=True, slots=True)
class Move:
    """Adds at most `cost` nodes, `operators` among them, to a model."""

    operators: tuple[str, ...]
    cost: int
    apply: Callable[..., Any]
    argument: str | None = None

    def __call__(self, growing: Growing) -> None:
        """Apply the move; raises DeadEndError where it does not fit."""
        if self.argument is None:
            self.apply(growing)
        else:
            self.apply(growing, self.argument)


MOVES: list[Move] = []


def move(*operators: str, cost: int) -> Callable[[Callable[[Growing], Any]], Callable[[Growing], Any]]:
    """Register a function as a move."""

    def register(function: Callable[[Growing], Any]) -> Callable[[Growing], Any]:
        MOVES.append(Move(operators, cost, function))
        return function

    return register


def moves_for(*operators: str, cost: int = 1) -> Callable[..., Any]:
    """Register a function of an operator as a move for each of `operators`."""

    def register(function: Callable[[Growing, str], Any]) -> Callable[[Growing, str], Any]:
        MOVES.extend(Move((operator,), cost, function, operator) for operator in operators)
        return function

    return register


LEAST_NODES, MOST_NODES = 3, 12


def grow(seed: int, counts: Counter[str]) -> Growing:
    """Return a random model; operators that are rare so far, by `counts`, are preferred."""
    random = np.random.default_rng(seed)
    growing = Growing(random)
    _first_input(growing)
    target = int(max(random.integers(LEAST_NODES, MOST_NODES + 1, 3)))
    for _ in range(200):
        if len(growing.nodes) >= target:
            break
        fitting = [one for one in MOVES if len(growing.nodes) + one.cost <= MOST_NODES]
        rarity = np.array(
            [one.cost**0.5 / (1 + min(counts[name] for name in one.operators)) ** 8 for one in fitting]
        )
        chosen = fitting[int(random.choice(len(fitting), p=rarity / rarity.sum()))]
        trial = growing.copy()
        try:
            chosen(trial)
        except DeadEndError:
            continue
        if len(trial.nodes) > MOST_NODES:
            continue
        for node in trial.nodes[len(growing.nodes) :]:
            counts[node.op_type] += 1
        growing = trial
    return growing


def _first_input(growing: Growing) -> None:
    kind = growing.random.random()
    if kind < 0.6:
        channels = int(growing.one_of((1, 2, 3, 4, 5, 8)))
        batch = growing.free_extent() if growing.chance(0.7) else 1
        growing.input([batch, channels, growing.new_symbol(True), growing.new_symbol(True)])
    elif kind < 0.73:
        growing.input([growing.free_extent(), growing.free_extent(), int(growing.one_of((1, 3, 4, 6)))])
    elif kind < 0.86:
        growing.input([growing.free_extent(), int(growing.one_of((1, 3, 4, 6)))])
    elif kind < 0.94:
        growing.input([growing.free_extent(), growing.free_extent()])
    else:
        growing.input([growing.free_extent()])


def random_trials(first_seed: int, count: int, counts: Counter[str]) -> list[Trial]:
    """Return so many random models that ONNX Runtime runs at two sizes; `counts` counts operators."""
    import free_sizes.random_moves  # noqa: F401  (registers the moves)

    trials: list[Trial] = []
    seed = first_seed
    while len(trials) < count:
        before = Counter(counts)
        growing = grow(seed, counts)
        cases = [case for case in range(CASES) if case not in growing.unasked]
        trial = Trial(f"random_{seed}", growing.model(), [growing.feeds(case) for case in cases])
        seed += 1
        if (
            len(growing.nodes) >= LEAST_NODES
            and sum(one is not None for one in ask_reference(trial).expected) >= 2
        ):
            trials.append(trial)
        else:
            counts.clear()
            counts.update(before)
    return trials
