"""Random whole models, of all element types, that run at several sizes of their free extents.

The recipes are those of mixed_graphs, and of the files beside, which make what those never do: extents that
meet others at run time, loops, branches, chains that passes fuse, names and edges that are odd. ONNX Runtime
computes each node at every size when it is added, so that what a model takes is what ONNX Runtime says.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from mixed_graphs import growing as mixed
from mixed_graphs.growing import Array, DeadEndError, code, session_options

CASES = 4
"""Sizes of a model: its own, some of 1, some of 0, some that are long primes."""

PRIMES = (11, 13, 17, 31, 37, 61, 97, 131)
MOST_ELEMENTS = 30_000
LARGEST = 2**31 - 1

UNDECIDED = ("ReduceL2", "ReduceLogSum", "ReduceLogSumExp")
SUMMING = ("Reduce", "CumSum", "MatMul", "Einsum", "Mean", "Sum", "Gemm")

RECIPES, recipe = mixed.registry()


@dataclass
class Whole(mixed.Growing):
    """A model whose values are known at each of its sizes; `values` has those of its own size."""

    cases: dict[str, list[Array | None]] = field(default_factory=dict)
    alive: list[bool] = field(default_factory=lambda: [True] * CASES)
    symbols: dict[str, list[int]] = field(default_factory=dict)
    dimensions: dict[str, list[Any]] = field(default_factory=dict)
    steering: bool = False

    # Sizes

    def symbol(self, own: int, fresh: bool) -> str:
        """Return the name of a symbol that is `own` at the model's own size."""
        name = f"d{self.count}" if fresh else f"s{own}"
        if fresh:
            self.count += 1
        if name not in self.symbols:
            sizes = [own, self.int(1, 9), self.int(1, 9), int(self.one_of(PRIMES))]
            if self.chance(0.6):
                sizes[1] = 1
            if self.chance(0.35):
                sizes[2] = 0
            self.symbols[name] = sizes
        return name

    def put(self, array: Array, kind: str | None = None) -> str:
        name = super().put(array, kind)
        array = self.values[name]
        self.cases[name] = [array] * CASES
        if name in self.inputs:
            dimensions: list[Any] = []
            for extent in array.shape:
                if self.steering or self.chance(0.25):
                    dimensions.append(extent)
                else:
                    dimensions.append(self.symbol(extent, self.chance(0.25)))
            self.dimensions[name] = dimensions
            self.cases[name] = [array, *(self.resized(array, dimensions, k) for k in range(1, CASES))]
        return name

    def resized(self, array: Array, dimensions: Sequence[Any], case: int) -> Array | None:
        """Return an array of a case's extents, of the numbers of `array`."""
        shape = [one if isinstance(one, int) else self.symbols[one][case] for one in dimensions]
        if np.prod(shape) > MOST_ELEMENTS:
            self.alive[case] = False
            return None
        if array.size == 0 or 0 in shape:
            return np.zeros(shape, array.dtype)
        return np.asarray(self.random.choice(array.ravel(), shape), array.dtype)

    def leaf(self, shape: Sequence[int] | None = None, dtype: str | None = None) -> str:
        """Add a leaf; what is asked for by its shape, such as weights, is finite."""
        specials, self.specials = self.specials, self.specials and shape is None
        try:
            return super().leaf(shape, dtype)
        finally:
            self.specials = specials

    def known(self, array: Any, dtype: str = "int64") -> str:
        self.steering = True
        try:
            return super().known(array, dtype)
        finally:
            self.steering = False

    # Nodes

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: int = 1,
        omit: Sequence[int] = (),
        domain: str = "",
        captured: Sequence[str] = (),
        **attributes: Any,
    ) -> list[str]:
        """Add a node, if ONNX Runtime runs it at two sizes; its graphs read `captured` from outside."""
        attributes = {k: v for k, v in attributes.items() if v is not None}
        if (
            operator.endswith("Pool")
            and attributes.get("auto_pad", "").startswith("SAME")
            and "dilations" in attributes
        ):
            raise DeadEndError  # ONNX Runtime forgets the dilations of what it pads
        if operator in UNDECIDED or self.may_overflow(operator, inputs):
            raise DeadEndError
        names = ["" if i in omit else self.name() for i in range(outputs)]
        node = helper.make_node(operator, list(inputs), names, domain=domain, **attributes)
        made = [n for n in names if n]
        needed = list(dict.fromkeys([n for n in (*inputs, *captured) if n]))
        graph = helper.make_graph(
            [node],
            "one",
            [
                helper.make_tensor_value_info(n, code(self.values[n].dtype), [None] * self.values[n].ndim)
                for n in needed
            ],
            [helper.make_empty_tensor_value_info(n) for n in made],
        )
        model = helper.make_model(graph, opset_imports=self.opsets(), ir_version=10 if self.opset > 8 else 8)
        try:
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise DeadEndError(f"{operator}: {error}") from error
        results: list[list[Array] | None] = []
        for case in range(CASES):
            result = None
            if self.alive[case]:
                feeds = {n: self.cases[n][case] for n in needed}
                try:
                    result = session.run(made, feeds)
                except Exception as error:
                    if case == 0:
                        raise DeadEndError(f"{operator}: {error}") from error
                else:
                    if not self.usable(result, case):
                        if case == 0 or self.chance(0.7):
                            raise DeadEndError
                        result = None
            results.append(result)
        living = [result is not None for result in results]
        if sum(living) < min(2, sum(self.alive)) or (sum(living) < sum(self.alive) and self.chance(0.6)):
            raise DeadEndError
        self.alive = living
        self.nodes.append(node)
        for k, name in enumerate(made):
            self.cases[name] = [None if result is None else np.asarray(result[k]) for result in results]
            own = self.cases[name][0]
            assert own is not None
            self.values[name] = own
        return made

    def may_overflow(self, operator: str, inputs: Sequence[str]) -> bool:
        """Whether a sum may be beyond its type: ONNX Runtime then gives what its kernel happens to."""
        if not operator.startswith(SUMMING):
            return False
        arrays = [array for n in inputs if n for array in self.cases[n] if array is not None]
        return any(
            array.dtype in (np.int32, np.uint32) and np.abs(array.astype(np.float64)).sum() > 2**20
            for array in arrays
        )

    def usable(self, results: Sequence[Array], case: int) -> bool:
        for array in results:
            if not isinstance(array, np.ndarray) or array.ndim > 7 or array.dtype == object:
                return False
            if array.size > (1600 if case == 0 else MOST_ELEMENTS):
                return False
            wide = array.dtype.kind in "iu" and array.dtype.itemsize > 4 and array.size
            if wide and (array.max() > LARGEST or array.min() < -LARGEST):
                return False
            plain = array.dtype.kind == "f" and not self.specials
            if plain and not (np.abs(array.astype(np.float64)) <= 1e6).all():
                return False
        return True

    def opsets(self) -> list[onnx.OperatorSetIdProto]:
        return [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]

    def snapshot(self) -> tuple[Any, ...]:
        return (
            super().snapshot(),
            dict(self.cases),
            list(self.alive),
            dict(self.symbols),
            dict(self.dimensions),
        )

    def restore(self, kept: tuple[Any, ...]) -> None:
        mine, self.cases, self.alive, self.symbols, self.dimensions = kept
        super().restore(mine)

    # The result

    def whole(self) -> onnx.ModelProto:
        """Return the model; its outputs are what nothing reads, and some other values."""
        made = [n for node in self.nodes for n in node.output if n]
        read = set(itertools.chain.from_iterable(_reads(node) for node in self.nodes))
        outputs = [n for n in made if n not in read][-10:]
        outputs += [n for n in made if n in read and self.chance(0.12)]
        if self.chance(0.15):
            outputs.append(self.one_of([*self.inputs, *self.constants] or outputs))
        outputs = list(dict.fromkeys(outputs))
        described = [n for n in made if n not in outputs and self.chance(0.1)]
        graph = helper.make_graph(
            self.nodes,
            "whole",
            [
                helper.make_tensor_value_info(n, code(a.dtype), self.dimensions.get(n, list(a.shape)))
                for n, a in {**self.inputs, **self.defaults}.items()
            ],
            [helper.make_tensor_value_info(n, code(self.values[n].dtype), None) for n in outputs],
            [numpy_helper.from_array(a, n) for n, a in {**self.constants, **self.defaults}.items()],
            value_info=[
                helper.make_tensor_value_info(n, code(self.values[n].dtype), [None] * self.values[n].ndim)
                for n in described
            ],
        )
        return helper.make_model(graph, opset_imports=self.opsets(), ir_version=10 if self.opset > 8 else 8)

    def feeds(self) -> list[dict[str, Array]]:
        """Return the inputs of each size that is alive."""
        return [{n: self.cases[n][case] for n in self.inputs} for case in range(CASES) if self.alive[case]]


def _reads(node: onnx.NodeProto) -> set[str]:
    """What a node, or a graph in it, reads."""
    result = set(node.input)
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            result |= {o.name for o in attribute.g.output}
            for inner in attribute.g.node:
                result |= _reads(inner)
    return result


def grow(seed: int) -> Whole:
    """Return a random model."""
    import mixed_graphs.choosing
    import mixed_graphs.images
    import mixed_graphs.moving
    import mixed_graphs.pointwise
    import mixed_graphs.summing  # noqa: F401  (these register their recipes)
    import whole_models.chains
    import whole_models.extents
    import whole_models.integers
    import whole_models.quantised
    import whole_models.turns  # noqa: F401  (they register their recipes)

    random = np.random.default_rng(seed)
    opset = int(random.choice((11, 13, 14, 16, 17, 18, 19, 20, 21, 21, 22, 23)))
    growing = Whole(random, opset, specials=seed % 12 == 0)
    length = int(random.integers(2, 14 if seed % 3 else 26))
    others = list(mixed.RECIPES)
    recipes = [*RECIPES, *others]
    mine = sum(weight for _, weight in RECIPES)
    theirs = sum(weight for _, weight in others)
    weights = np.array(
        [w / mine for _, w in RECIPES] + [w / theirs * (0.9, 0.3)[seed % 2] for _, w in others]
    )
    for _ in range(150):
        if len(growing.nodes) >= length:
            break
        kept = growing.snapshot()
        try:
            if not growing.values or growing.chance(0.03):
                growing.leaf()
            recipes[int(random.choice(len(recipes), p=weights / weights.sum()))][0](growing)
        except (DeadEndError, ValueError, OverflowError, IndexError, TypeError):
            growing.restore(kept)
    return growing
