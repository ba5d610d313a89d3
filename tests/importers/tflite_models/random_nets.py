"""Random networks of images whose channels are last, float or quantised."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.builder import ModelMaker, Scale

ACTIVATIONS = ("NONE", "RELU", "RELU6")
STEP = 0.03


class RandomNet:
    """Operations on images [1, height, width, channels]; all of one element type."""

    def __init__(self, seed: int, dtype: str) -> None:
        self.choose, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.dtype = dtype
        self.maker = ModelMaker()
        self.graph = self.maker.main
        self.shape = (
            1,
            self.choose.choice((6, 8, 9)),
            self.choose.choice((6, 7, 8)),
            self.choose.choice((3, 4, 8)),
        )
        self.values = [(self.graph.input("x", dtype, self.shape, scale=self.scale()), self.shape)]
        self.made = 0

    def scale(self) -> Scale | None:
        """The scale of all values, so that movements keep theirs."""
        if self.dtype == "float32":
            return None
        return Scale([STEP], [{"int8": 4, "uint8": 120}.get(self.dtype, 0)])

    def pick(self) -> tuple[int, tuple[int, ...]]:
        """One of the last values."""
        return self.choose.choice(self.values[-3:])

    def result(self, shape: tuple[int, ...]) -> int:
        self.made += 1
        position = self.graph.tensor(f"t{self.made}", self.dtype, shape, scale=self.scale())
        self.values.append((position, shape))
        return position

    def weights(self, *shape: int, axis: int = 0) -> int:
        if self.dtype == "float32":
            return self.graph.constant(self.numbers.uniform(-0.4, 0.4, shape).astype(np.float32))
        if self.dtype == "uint8":
            return self.graph.constant(
                self.numbers.integers(0, 256, shape).astype(np.uint8), Scale([0.004], [127])
            )
        scales = self.numbers.uniform(0.002, 0.005, shape[axis]).astype(np.float32).tolist()
        array = self.numbers.integers(-127, 128, shape).astype(np.int8)
        return self.graph.constant(array, Scale(scales, [0] * shape[axis], axis))

    def bias(self, weights: int, count: int) -> int:
        if self.dtype == "float32":
            return self.graph.constant(self.numbers.uniform(-1, 1, count).astype(np.float32))
        scales = [STEP * scale for scale in self.graph.graph.tensors[weights].quantization.scale]
        array = self.numbers.integers(-99, 99, count).astype(np.int64 if self.dtype == "int16" else np.int32)
        return self.graph.constant(array, Scale(scales, [0] * len(scales)))

    def fused(self) -> dict[str, int]:
        name = self.choose.choice(ACTIVATIONS)
        return {"fusedActivationFunction": getattr(schema.ActivationFunctionType, name)}

    def step(self) -> None:
        kinds: list[Callable[[int, tuple[int, ...]], None]] = [
            *(self.conv, self.conv, self.depthwise, self.pool, self.add, self.add, self.concat, self.resize),
            *(self.pad, self.scaled, self.attention, self.transposed, self.halves, self.relu, self.blocks),
        ]
        self.choose.choice(kinds)(*self.pick())

    def conv(self, x: int, shape: tuple[int, ...]) -> None:
        outputs, kernel, stride = (
            self.choose.choice((3, 4, 8)),
            self.choose.choice((1, 3)),
            self.choose.choice((1, 2)),
        )
        if min(shape[1:3]) < 4:
            stride = 1
        weights = self.weights(outputs, kernel, kernel, shape[3])
        y = self.result((1, -(-shape[1] // stride), -(-shape[2] // stride), outputs))
        self.graph.add(
            "CONV_2D",
            [x, weights, self.bias(weights, outputs)],
            [y],
            "Conv2DOptions",
            3,
            padding=0,
            strideH=stride,
            strideW=stride,
            **self.fused(),
        )

    def depthwise(self, x: int, shape: tuple[int, ...]) -> None:
        weights = self.weights(1, 3, 3, shape[3], axis=3)
        y = self.result(shape)
        self.graph.add(
            "DEPTHWISE_CONV_2D",
            [x, weights, self.bias(weights, shape[3])],
            [y],
            "DepthwiseConv2DOptions",
            3,
            padding=0,
            strideH=1,
            strideW=1,
            depthMultiplier=1,
            **self.fused(),
        )

    def pool(self, x: int, shape: tuple[int, ...]) -> None:
        y = self.result((1, -(-shape[1] // 2), -(-shape[2] // 2), shape[3]))
        self.graph.add(
            self.choose.choice(("MAX_POOL_2D", "AVERAGE_POOL_2D")),
            [x],
            [y],
            "Pool2DOptions",
            2,
            padding=0,
            strideH=2,
            strideW=2,
            filterHeight=2,
            filterWidth=2,
        )

    def add(self, x: int, shape: tuple[int, ...]) -> None:
        others = [position for position, other in self.values if other == shape]
        y = self.result(shape)
        self.graph.add(
            "ADD", [x, self.choose.choice(others)], [y], "AddOptions", 2, potScaleInt16=False, **self.fused()
        )

    def concat(self, x: int, shape: tuple[int, ...]) -> None:
        others = [(position, other) for position, other in self.values if other[:3] == shape[:3]]
        other, extents = self.choose.choice(others)
        y = self.result((*shape[:3], shape[3] + extents[3]))
        self.graph.add("CONCATENATION", [x, other], [y], "ConcatenationOptions", 2, axis=3)

    def resize(self, x: int, shape: tuple[int, ...]) -> None:
        size = (2 * shape[1], shape[2] + 1)
        if max(size) > 20:
            return
        operator = self.choose.choice(("Bilinear", "NearestNeighbor"))
        y = self.result((1, *size, shape[3]))
        name = f"RESIZE_{operator.upper()}".replace("NEARESTN", "NEAREST_N")
        self.graph.add(
            name,
            [x, self.graph.constant(np.array(size, np.int32))],
            [y],
            f"Resize{operator}Options",
            3,
            halfPixelCenters=True,
        )

    def pad(self, x: int, shape: tuple[int, ...]) -> None:
        borders = [[0, 0], [1, 0], [0, 2], [0, 1]]
        y = self.result(tuple(n + sum(border) for n, border in zip(shape, borders, strict=True)))
        self.graph.add("PAD", [x, self.graph.constant(np.array(borders, np.int32))], [y], "PadOptions", 2)

    def scaled(self, x: int, shape: tuple[int, ...]) -> None:
        if self.dtype != "float32":
            return
        factors = self.graph.constant(self.numbers.uniform(0.5, 1.5, shape[3]).astype(np.float32))
        self.graph.add("MUL", [x, factors], [self.result(shape)], "MulOptions")

    def attention(self, x: int, shape: tuple[int, ...]) -> None:
        """Each channel multiplied by a sigmoid of its mean."""
        if self.dtype != "float32":
            return
        mean = self.graph.tensor(f"mean{self.made}", "float32", (1, shape[3]))
        axes = self.graph.constant(np.array([1, 2], np.int32))
        self.graph.add("MEAN", [x, axes], [mean], "ReducerOptions", keepDims=False)
        weights = self.graph.constant(self.numbers.uniform(-1, 1, (shape[3], shape[3])).astype(np.float32))
        dense = self.graph.tensor(f"dense{self.made}", "float32", (1, shape[3]))
        self.graph.add("FULLY_CONNECTED", [mean, weights, -1], [dense], "FullyConnectedOptions")
        wide = self.graph.tensor(f"wide{self.made}", "float32", (1, 1, 1, shape[3]))
        new = self.graph.constant(np.array([1, 1, 1, shape[3]], np.int32))
        self.graph.add("RESHAPE", [dense, new], [wide])
        gate = self.graph.tensor(f"gate{self.made}", "float32", (1, 1, 1, shape[3]))
        self.graph.add("LOGISTIC", [wide], [gate])
        self.graph.add("MUL", [x, gate], [self.result(shape)], "MulOptions")

    def transposed(self, x: int, shape: tuple[int, ...]) -> None:
        if self.dtype == "int16" or max(shape) > 12:
            return
        outputs = self.choose.choice((3, 4))
        weights = self.weights(outputs, 2, 3, shape[3])
        made = (1, 2 * shape[1], 2 * shape[2], outputs)
        size, bias = self.graph.constant(np.array(made, np.int32)), self.bias(weights, outputs)
        self.graph.add(
            "TRANSPOSE_CONV",
            [size, weights, x, bias],
            [self.result(made)],
            "TransposeConvOptions",
            3,
            padding=0,
            strideH=2,
            strideW=2,
        )

    def halves(self, x: int, shape: tuple[int, ...]) -> None:
        if shape[3] % 2:
            return
        half = (*shape[:3], shape[3] // 2)
        axis = self.graph.constant(np.int32(3))
        self.graph.add(
            "SPLIT", [axis, x], [self.result(half), self.result(half)], "SplitOptions", 2, numSplits=2
        )

    def relu(self, x: int, shape: tuple[int, ...]) -> None:
        self.graph.add("RELU", [x], [self.result(shape)], version=2)

    def blocks(self, x: int, shape: tuple[int, ...]) -> None:
        if shape[1] % 2 or shape[2] % 2 or self.dtype == "int16":
            return
        self.graph.add(
            "SPACE_TO_DEPTH",
            [x],
            [self.result((1, shape[1] // 2, shape[2] // 2, 4 * shape[3]))],
            "SpaceToDepthOptions",
            2,
            blockSize=2,
        )

    def content(self, steps: int) -> bytes:
        """The bytes of a network of so many operations; its outputs are the last two values."""
        while self.made < steps:
            self.step()
        outputs = dict.fromkeys([position for position, _ in self.values[-2:]])
        self.graph.graph.outputs = list(outputs)
        return self.maker.content()

    def feeds(self) -> dict[str, np.ndarray]:
        if self.dtype == "float32":
            return {"x": self.numbers.uniform(-2, 2, self.shape).astype(np.float32)}
        limits = np.iinfo(self.dtype)
        low, high = max(limits.min, -99), min(limits.max, 199)
        return {"x": self.numbers.integers(low, high, self.shape).astype(self.dtype)}
