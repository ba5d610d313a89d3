"""Random models of mixed element types, ranks and opsets.

ONNX Runtime computes each node when it is added, so that all are valid. Leaves are inputs, constants of each
sort, or initializers that are inputs, too. What is added is in the files beside, a function a recipe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

Array = np.ndarray
FLOATS = ("float32", "float16", "float64")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")
NUMBERS = FLOATS + INTEGERS
MOST_ELEMENTS = 400


class DeadEndError(Exception):
    """A recipe does not fit the model as it is."""


def session_options() -> onnxruntime.SessionOptions:
    result = onnxruntime.SessionOptions()
    result.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    result.log_severity_level = 4
    result.intra_op_num_threads = result.inter_op_num_threads = 1
    return result


def code(dtype: Any) -> int:
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


@dataclass
class Growing:
    random: np.random.Generator
    opset: int
    specials: bool = False
    values: dict[str, Array] = field(default_factory=dict)
    inputs: dict[str, Array] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    defaults: dict[str, Array] = field(default_factory=dict)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    count: int = 0
    fixed: set[str] = field(default_factory=set)

    def chance(self, p: float) -> bool:
        return bool(self.random.random() < p)

    def one_of(self, choices: Sequence[Any]) -> Any:
        if not len(choices):
            raise DeadEndError
        return choices[int(self.random.integers(len(choices)))]

    def int(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self.random.integers(low, high + 1))

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def numbers(self, shape: Sequence[int], dtype: str) -> Array:
        shape = tuple(shape)
        if dtype == "bool":
            return np.asarray(self.random.random(shape) < 0.5)
        kind = np.dtype(dtype).kind
        if kind in "iu":
            low = 0 if kind == "u" else -9
            return np.asarray(self.random.integers(low, 10, shape), dtype)
        result = np.asarray(self.random.standard_normal(shape) * self.one_of((1, 1, 3)), dtype)
        if self.chance(0.3):
            result = np.asarray(np.round(result), dtype)
        if self.specials and self.chance(0.6) and result.size:
            for _ in range(max(1, result.size // 6)):
                index = int(self.random.integers(result.size))
                result.flat[index] = self.one_of((np.nan, np.inf, -np.inf, -0.0, 0.0, 1e4))
        return result

    def leaf(self, shape: Sequence[int] | None = None, dtype: str | None = None) -> str:
        if shape is None:
            rank = self.one_of((0, 1, 2, 2, 3, 3, 4, 4, 5, 6))
            shape = [
                self.one_of((1, 1, 2, 3, 4, 5, 7, 8) if rank < 4 else (1, 1, 2, 3, 4)) for _ in range(rank)
            ]
            if self.chance(0.04) and rank:
                shape[self.int(0, rank - 1)] = 0
            if np.prod(shape) > MOST_ELEMENTS:
                raise DeadEndError
        if dtype is None:
            dtype = self.one_of(("float32",) * 8 + FLOATS + INTEGERS + ("bool", "int64", "int32"))
        return self.put(self.numbers(shape, dtype))

    def put(self, array: Array, kind: str | None = None) -> str:
        name = self.name()
        array = np.asarray(array)
        kind = kind or self.one_of(("input", "input", "constant", "node", "default"))
        if kind == "input":
            self.inputs[name] = array
        elif kind == "constant":
            self.constants[name] = array
        elif kind == "default":
            self.defaults[name] = array
        else:
            self.nodes.append(
                helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array, ""))
            )
        self.values[name] = array
        return name

    def known(self, array: Any, dtype: str = "int64") -> str:
        """A parameter: most often constant."""
        name = self.put(
            np.asarray(array, dtype),
            self.one_of(
                ("constant", "constant", "node", "constant", "input" if self.chance(0.3) else "constant")
            ),
        )
        self.fixed.add(name)
        return name

    def pick(self, fits: Callable[[Array], bool]) -> str:
        names = [name for name, array in self.values.items() if fits(array)]
        if not names or self.chance(0.1):
            raise DeadEndError
        return names[max(self.int(0, len(names) - 1) for _ in range(2))]

    def any(self, *dtypes: str, rank: tuple[int, int] = (0, 7)) -> str:
        return self.pick(lambda a: (not dtypes or str(a.dtype) in dtypes) and rank[0] <= a.ndim <= rank[1])

    def partner(self, array: Array) -> str:
        """Something that broadcasts with an array, of its type."""

        def fits(other: Array) -> bool:
            if other.dtype != array.dtype:
                return False
            try:
                shape = np.broadcast_shapes(other.shape, array.shape)
            except ValueError:
                return False
            return np.prod(shape) <= MOST_ELEMENTS and len(shape) < 8

        if self.chance(0.5):
            try:
                return self.pick(fits)
            except DeadEndError:
                pass
        shape = [self.one_of((n, n, 1)) for n in array.shape][self.int(0, array.ndim) :]
        if self.chance(0.1) and len(shape) < 6:
            shape = [self.one_of((1, 2))] * (array.ndim - len(shape)) + shape
            shape = (
                [self.one_of((1, 2)), *shape]
                if len(shape) == array.ndim
                else [self.one_of((1, n)) for n in array.shape]
            )
        return self.leaf(shape, str(array.dtype))

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: int = 1,
        omit: Sequence[int] = (),
        domain: str = "",
        **attributes: Any,
    ) -> list[str]:
        """Add a node, if ONNX Runtime runs it."""
        attributes = {k: v for k, v in attributes.items() if v is not None}
        names = ["" if i in omit else self.name() for i in range(outputs)]
        node = helper.make_node(operator, list(inputs), names, domain=domain, **attributes)
        feeds = {name: self.values[name] for name in dict.fromkeys(inputs) if name}
        graph = helper.make_graph(
            [node],
            "one",
            [helper.make_tensor_value_info(n, code(a.dtype), a.shape) for n, a in feeds.items()],
            [helper.make_empty_tensor_value_info(n) for n in names if n],
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", self.opset)]
            + ([helper.make_opsetid(domain, 1)] if domain else []),
            ir_version=10 if self.opset > 8 else 8,
        )
        try:
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
            )
            results = session.run([n for n in names if n], feeds)
        except Exception as error:
            raise DeadEndError(f"{operator}: {error}") from error
        for array in results:
            if array.size > 4 * MOST_ELEMENTS or array.ndim > 8 or array.dtype == object:
                raise DeadEndError
            if array.dtype.kind in "iu" and (np.abs(array.astype(np.float64)) > 2**31 - 1).any():
                raise DeadEndError
            if array.dtype.kind == "f" and not self.specials and not np.isfinite(array).all():
                raise DeadEndError
            if array.dtype.kind == "f" and (np.abs(array[np.isfinite(array)].astype(np.float64)) > 1e6).any():
                raise DeadEndError
        self.nodes.append(node)
        made = [n for n in names if n]
        self.values.update(zip(made, results, strict=True))
        return made

    def snapshot(self) -> tuple[Any, ...]:
        return (
            dict(self.values),
            dict(self.inputs),
            dict(self.constants),
            dict(self.defaults),
            list(self.nodes),
        )

    def restore(self, kept: tuple[Any, ...]) -> None:
        self.values, self.inputs, self.constants, self.defaults, self.nodes = kept

    def model(self, free: bool) -> onnx.ModelProto:
        produced = [n for node in self.nodes for n in node.output if n]
        read = {n for node in self.nodes for n in node.input}
        leaves = [n for n in produced if n not in read]
        others = [n for n in self.values if n in read and n in produced]
        outputs = leaves[-12:] + [n for n in others if self.chance(0.15)]
        if self.chance(0.1):
            outputs.append(self.one_of([*self.inputs, *self.constants] or outputs))
        outputs = list(dict.fromkeys(outputs))
        symbols: dict[int, str] = {}

        def extent(n: int) -> Any:
            if not free or self.chance(0.3):
                return n
            kind = self.random.random()
            if kind < 0.4:
                return symbols.setdefault(n, f"s{n}")
            self.count += 1
            return None if kind < 0.5 else f"d{self.count}"

        inputs = {**self.inputs, **self.defaults}
        graph = helper.make_graph(
            self.nodes,
            "mixed",
            [
                helper.make_tensor_value_info(
                    n, code(a.dtype), list(a.shape) if n in self.fixed else [extent(e) for e in a.shape]
                )
                for n, a in inputs.items()
            ],
            [helper.make_tensor_value_info(n, code(self.values[n].dtype), None) for n in outputs],
            [numpy_helper.from_array(a, n) for n, a in {**self.constants, **self.defaults}.items()],
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)],
            ir_version=10 if self.opset > 8 else 8,
        )


def registry() -> tuple[list[tuple[Callable, float]], Callable[..., Callable[[Callable], Callable]]]:
    """Return a list of recipes with their weights, and the decorator that adds a function to it."""
    recipes = []

    def recipe(weight: float = 1.0) -> Callable[[Callable], Callable]:
        """Register a function, which is chosen as often as its weight says."""

        def register(function: Callable) -> Callable:
            recipes.append((function, weight))
            return function

        return register

    return recipes, recipe


RECIPES, recipe = registry()


def some_axes(g: Growing, rank: int, least: int = 0) -> list[int]:
    axes = [i for i in range(rank) if g.chance(0.5)]
    while len(axes) < min(least, rank):
        axes = sorted({*axes, g.int(0, rank - 1)})
    axes = [i - rank if g.chance(0.4) else i for i in axes]
    g.random.shuffle(axes)
    return [int(i) for i in axes]


def with_axes(g: Growing, op: str, x: str, axes: list[int] | None, **more):
    if g.opset >= 13:
        return g.add(op, [x] if axes is None else [x, g.known(axes)], **more)
    return g.add(op, [x], axes=axes, **more)


OPSETS = (7, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 18, 18, 19, 20, 21, 21, 22, 23, 24)


def grow(seed: int, length: int, specials: bool = False) -> Growing:
    """Return a model of about so many nodes; with `specials`, floats are NaN and infinities, too."""
    import mixed_graphs.choosing
    import mixed_graphs.images
    import mixed_graphs.moving
    import mixed_graphs.pointwise
    import mixed_graphs.summing  # noqa: F401  (they register their recipes)

    random = np.random.default_rng(seed)
    growing = Growing(random, int(random.choice(OPSETS)), specials)
    weights = np.array([weight for _, weight in RECIPES])
    for _ in range(300):
        if len(growing.nodes) >= length:
            break
        kept = growing.snapshot()
        try:
            if not growing.values or growing.chance(0.02):
                growing.leaf()
            RECIPES[int(random.choice(len(RECIPES), p=weights / weights.sum()))][0](growing)
        except (DeadEndError, ValueError, OverflowError):
            growing.restore(kept)
    return growing
