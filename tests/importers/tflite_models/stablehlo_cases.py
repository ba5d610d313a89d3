"""Models with StableHLO's operators: LiteRT runs some of them, NumPy says the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.builder import GraphMaker, ModelMaker, run_litert

LT, GT, NE, EQ = 5, 3, 1, 0
TOTAL = schema.StablehloComparisonType.STABLEHLO_COMPARISON_TYPE_FLOAT_TOTAL_ORDER


@dataclass(slots=True)
class Written:
    """A model, inputs for it, and its outputs, None where LiteRT says them."""

    name: str
    content: bytes
    inputs: list[np.ndarray]
    outputs: list[np.ndarray] | None = None

    def feeds(self) -> dict[str, np.ndarray]:
        """The inputs by name."""
        return {f"x{index}": array for index, array in enumerate(self.inputs)}

    def expected(self) -> list[np.ndarray]:
        """The outputs in order."""
        if self.outputs is not None:
            return self.outputs
        [made] = run_litert(self.content, [self.feeds()])
        return [made[name] for name in sorted(made)]


Body = Callable[[GraphMaker, list[int]], list[int]]


def subgraph(maker: ModelMaker, kinds: Sequence[tuple[str, Sequence[int]]], body: Body) -> int:
    """Add a subgraph and return its position."""
    graph = maker.subgraph()
    graph.graph.outputs = body(graph, [graph.input(f"a{at}", *kind) for at, kind in enumerate(kinds)])
    return len(maker.model.subgraphs) - 1


def made(
    graph: GraphMaker,
    operator: str,
    inputs: Sequence[int],
    shape: Sequence[int] = (),
    dtype: str = "float32",
    options: str | None = None,
    **fields: object,
) -> int:
    """Add an operation of one output."""
    result = graph.tensor(f"t{len(graph.graph.tensors)}", dtype, shape)
    graph.add(operator, inputs, [result], options, **fields)
    return result


def compared(graph: GraphMaker, a: int, b: int, direction: int, kind: int = 0) -> int:
    return made(
        graph,
        "STABLEHLO_COMPARE",
        [a, b],
        dtype="bool",
        options="StablehloCompareOptions",
        comparisonDirection=direction,
        compareType=kind,
    )


def of_one(
    operator: str,
    inputs: Sequence[np.ndarray],
    shape: Sequence[int],
    dtype: str = "float32",
    options: str | None = None,
    constants: Sequence[np.ndarray] = (),
    **fields: object,
) -> bytes:
    """A model of one operation; a field that is a function makes its subgraph."""
    maker = ModelMaker()
    places = [maker.main.input(f"x{at}", str(each.dtype), each.shape) for at, each in enumerate(inputs)]
    places += [maker.main.constant(each) for each in constants]
    for name, value in fields.items():
        if callable(value):
            fields[name] = value(maker)
    output = maker.main.output("y0", dtype, shape)
    maker.main.add(operator, places, [output], options, **fields)
    return maker.content()


def joined_by(operator: str, dtype: str = "float32") -> Callable[[ModelMaker], int]:
    """A subgraph that joins two numbers."""
    return lambda maker: subgraph(
        maker, [(dtype, ())] * 2, lambda graph, pair: [made(graph, operator, pair, dtype=dtype)]
    )


def canonical(graph: GraphMaker, x: int) -> int:
    """A key as JAX sorts floats: one zero, and one that is no number."""
    zero, none = (graph.constant(np.float32(number)) for number in (0, np.nan))
    is_zero = compared(graph, x, zero, EQ)
    same = made(graph, "STABLEHLO_SELECT", [is_zero, zero, x])
    return made(graph, "STABLEHLO_SELECT", [compared(graph, x, x, NE), none, same])


def sorts() -> list[Written]:
    random = np.random.default_rng(2)
    x, y = random.uniform(-2, 2, (3, 8)).round(0).astype(np.float32), random.normal(size=(3, 8))
    y = y.astype(np.float32)

    def model(body: Body, axis: int) -> bytes:
        maker = ModelMaker()
        places = [maker.main.input(f"x{at}", "float32", x.shape) for at in range(2)]
        outputs = [maker.main.output(f"y{at}", "float32", x.shape) for at in range(2)]
        comparator = subgraph(maker, [("float32", ())] * 4, body)
        fields = {"dimension": axis, "isStable": True, "comparatorSubgraphIndex": comparator}
        maker.main.add("STABLEHLO_SORT", places, outputs, "StablehloSortOptions", **fields)
        return maker.content()

    found = []
    for direction, sign in ((LT, 1), (GT, -1)):
        order = np.argsort(sign * x, 1, kind="stable")
        keys = model(
            lambda graph, given, d=direction: [
                compared(graph, canonical(graph, given[0]), canonical(graph, given[1]), d, TOTAL)
            ],
            1,
        )
        outputs = [np.take_along_axis(each, order, 1) for each in (x, y)]
        found.append(Written(f"sort by a key {sign}", keys, [x, y], outputs))

    # Two functions of one number: sizes, then signs; what compares unlike functions is no order of one key.
    def by_size(graph: GraphMaker, given: list[int]) -> list[int]:
        sizes = [made(graph, "STABLEHLO_ABS", [each]) for each in given[:2]]
        same = compared(graph, *sizes, EQ)
        either = [compared(graph, *pair, LT) for pair in (given[:2], sizes)]
        return [made(graph, "STABLEHLO_SELECT", [same, *either], dtype="bool")]

    order = np.lexsort((x, np.abs(x)), 0)
    outputs = [np.take_along_axis(each, order, 0) for each in (x, y)]
    return [*found, Written("sort by two keys", model(by_size, 0), [x, y], outputs)]


def loops() -> list[Written]:
    """Each turn reads a row where the number of the turn says, and writes one."""
    maker, x = ModelMaker(), np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32)
    kinds = [("int32", ()), ("float32", (5, 3)), ("float32", (1, 3)), ("float32", (5, 3))]

    def turn(graph: GraphMaker, given: list[int]) -> list[int]:
        number, rows, total, results = given
        zero, one = (graph.constant(np.int32(each)) for each in (0, 1))
        row = made(
            graph,
            "STABLEHLO_DYNAMIC_SLICE",
            [rows, number, zero],
            (1, 3),
            options="StablehloDynamicSliceOptions",
            sliceSizes=[1, 3],
        )
        total = made(graph, "STABLEHLO_ADD", [total, row], (1, 3))
        results = made(graph, "STABLEHLO_DYNAMIC_UPDATE_SLICE", [results, total, number, zero], (5, 3))
        return [made(graph, "STABLEHLO_ADD", [number, one], dtype="int32"), rows, total, results]

    def goes_on(graph: GraphMaker, given: list[int]) -> list[int]:
        return [compared(graph, given[0], graph.constant(np.int32(4)), LT)]

    rows = maker.main.input("x0", "float32", (5, 3))
    starts = [maker.main.constant(each) for each in (np.int32(1), np.zeros((1, 3), np.float32))]
    outputs = [maker.main.output(f"y{at}", *kind) for at, kind in enumerate(kinds)]
    fields = {
        "condSubgraphIndex": subgraph(maker, kinds, goes_on),
        "bodySubgraphIndex": subgraph(maker, kinds, turn),
    }
    inputs = [starts[0], rows, starts[1], rows]
    maker.main.add("STABLEHLO_WHILE", inputs, outputs, "StablehloWhileOptions", **fields)
    totals = np.cumsum(x[1:4], 0)
    expected = [np.int32(4), x, totals[-1:], np.concatenate([x[:1], totals, x[4:]])]
    return [Written("a loop over rows", maker.content(), [x], expected)]


def moving() -> list[Written]:
    """Parts whose place a run decides, by operators of TensorFlow Lite."""
    x, part = np.arange(20, dtype=np.float32).reshape(4, 5), -np.ones((2, 3), np.float32)
    found = []
    for start in ((0, 0), (2, 1), (1, 2)):
        at = np.array(start, np.int32)
        sizes = np.array([2, 3], np.int32)
        found += [
            Written(
                f"update at {start}", of_one("DYNAMIC_UPDATE_SLICE", [x, part, at], (4, 5)), [x, part, at]
            ),
            Written(f"slice at {start}", of_one("SLICE", [x, at], (2, 3), constants=[sizes]), [x, at]),
        ]
    beyond = np.array([9, -3], np.int32)
    model = of_one("DYNAMIC_UPDATE_SLICE", [x, part, beyond], (4, 5))
    return [*found, Written("update beyond", model, [x, part, beyond])]


def of_litert() -> list[Written]:
    """What LiteRT runs."""
    random = np.random.default_rng(4)
    x = random.normal(size=(3, 4, 5)).astype(np.float32)
    bits = random.integers(-9, 9, (3, 4)).astype(np.int32)
    zero, one = np.float32(0), np.float32(1)
    found = [
        Written(
            "or", of_one("STABLEHLO_OR", [x > 0, x < 1], x.shape, "bool"), [x > 0, x < 1], [(x > 0) | (x < 1)]
        ),
        Written("and", of_one("STABLEHLO_AND", [x > 0, x > 1], x.shape, "bool"), [x > 0, x > 1]),
        Written("cbrt", of_one("STABLEHLO_CBRT", [x], x.shape), [x], [np.cbrt(x)]),
        Written(
            "shift",
            of_one(
                "STABLEHLO_SHIFT_LEFT", [bits, abs(bits)], bits.shape, "int32", "StablehloShiftLeftOptions"
            ),
            [bits, abs(bits)],
        ),
        Written(
            "dilate",
            of_one(
                "DILATE",
                [x],
                (5, 4, 13),
                options="DilateOptions",
                constants=[np.array([2, 1, 3], np.int32), one],
            ),
            [x],
        ),
    ]
    borders = {"edgePaddingLow": [1, -1, 0], "edgePaddingHigh": [0, 2, -2], "interiorPadding": [1, 0, 2]}
    found.append(
        Written(
            "pad",
            of_one(
                "STABLEHLO_PAD", [x], (6, 5, 11), options="StablehloPadOptions", constants=[one], **borders
            ),
            [x],
        )
    )
    numbers = [np.array(each, np.int64) for each in ((2, 1, 3), (1, 2, 1), (2, 1, 1))]
    for function in range(1, 5):
        start = one if function == 2 else zero
        model = of_one(
            "REDUCE_WINDOW",
            [x],
            (1, 2, 3),
            options="ReduceWindowOptions",
            constants=[start, *numbers],
            reduceFunction=function,
        )
        found.append(Written(f"windows {function}", model, [x]))
    for name, operator, start in (("add", "STABLEHLO_ADD", 1.5), ("max", "STABLEHLO_MAXIMUM", -9.0)):
        fields = {
            "windowDimensions": [2, 1, 3],
            "windowStrides": [1, 2, 1],
            "baseDilations": [1, 1, 2],
            "windowDilations": [2, 1, 1],
            "padding": [1, 0, 0, 1, 2, 0],
            "bodySubgraphIndex": joined_by(operator),
        }
        model = of_one(
            "STABLEHLO_REDUCE_WINDOW",
            [x],
            (2, 3, 9),
            options="StablehloReduceWindowOptions",
            constants=[np.float32(start)],
            **fields,
        )
        found.append(Written(f"windows {name}", model, [x]))
    at = np.array([[0, 1], [1, 3], [2, 2], [1, 0]], np.int32)
    gathered = {
        "offsetDims": [1, 2],
        "collapsedSliceDims": [0],
        "startIndexMap": [0, 1],
        "indexVectorDim": 1,
        "sliceSizes": [1, 2, 5],
    }
    found.append(
        Written(
            "gather",
            of_one("STABLEHLO_GATHER", [x, at], (4, 2, 5), options="StablehloGatherOptions", **gathered),
            [x, at],
        )
    )
    scattered = {
        "updateWindowDims": [1, 2],
        "insertedWindowDims": [0],
        "scatterDimsToOperandDims": [0, 1],
        "indexVectorDim": 1,
        "updateComputationSubgraphIndex": joined_by("STABLEHLO_ADD"),
    }
    outside = np.array([[0, 1], [3, 1], [2, 2], [1, 4]], np.int32)
    updates = random.normal(size=(4, 2, 5)).astype(np.float32)
    for name, places in (("scatter", at[:3]), ("scatter outside", outside)):
        given = [x, places, updates[: len(places)]]
        model = of_one("STABLEHLO_SCATTER", given, x.shape, options="StablehloScatterOptions", **scattered)
        found.append(Written(name, model, given))
    return found


CASES = [*sorts(), *loops(), *moving(), *of_litert()]
