"""DFT and STFT: the discrete Fourier transform of whole signals, and of windows that move along them.

Both are products with a matrix of waves, which draws compute once, when the model is loaded. Its angles are
those of whole numbers modulo the period, so that they are as exact for late samples as for early ones.
"""

from __future__ import annotations

from math import pi

from texelflow.dimensions import Dimension, floor_divide, minimum, proved_equal
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import (
    at_least,
    dimensions,
    floating_dtype,
    integers,
    normalize_axis,
    require_rank,
    unify,
)
from texelflow.operators.upgrading import attribute_to_input

_FLAGS = {"inverse": "0 or 1", "onesided": "0 or 1"}


@operator("DFT", inputs=(1, 3), attributes=_FLAGS)
class DFT(Operator):
    """`y[k] = Σ x[n] exp(-2πi k n / N)` along an axis; with `inverse` the other sign, and 1/N.

    Input: [..., 1] for real numbers, or [..., 2] for real and imaginary parts; the length N and the axis may
    follow. Output: [..., 2]. With `onesided` the first N//2 + 1 of a real signal, or of these the signal
    [..., 1].
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Before opset 20, the axis was an attribute."""
        if opset < 20:
            node.attributes.setdefault("axis", 1)
            attribute_to_input(node, "axis", 2)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the spectrum, or of the signal."""
        source = node.required(0).known_type
        dtype = floating_dtype(node, [source])
        require_rank(node, source, 2)
        _parts(node, source)
        axis, length = self._axis(node), self._length(node)
        at_least(node, length, 1, "its length")
        shape = list(source.shape)
        inverse, onesided = (node.attributes.get(name, 0) for name in _FLAGS)
        shape[axis] = floor_divide(length, 2) + 1 if onesided and not inverse else length
        shape[-1] = 1 if onesided and inverse else 2
        return [TensorType(dtype, tuple(shape))]

    @staticmethod
    def _axis(node: Node) -> int:
        rank = node.required(0).known_type.rank
        axis = integers(node, [node.known_number(2, "axis")], "axis")[0] if node.input(2) is not None else -2
        position = normalize_axis(node, axis, rank)
        if position == rank - 1:
            raise NodeError(node, f"axis {axis} is the last one, which has real and imaginary parts")
        return position

    def _length(self, node: Node) -> Dimension:
        if node.input(1) is not None:
            return dimensions(node, [node.known_number(1, "dft_length")], "dft_length")[0]
        extent = node.required(0).shape[self._axis(node)]
        onesided = node.attributes.get("onesided") and node.attributes.get("inverse")
        return 2 * (extent - 1) if onesided else extent

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply by waves, along the axis made the last."""
        source, axis, length = node.required(0), self._axis(node), self._length(node)
        inverse, onesided = (bool(node.attributes.get(name, 0)) for name in _FLAGS)
        steps, rank = Decomposition(node), source.known_type.rank - 1
        halved = floor_divide(length, 2) + 1
        used = minimum(source.shape[axis], halved if inverse and onesided else length)
        order = [*(i for i in range(rank) if i != axis), axis]
        back = [order.index(i) for i in range(rank)]
        if not proved_equal(used, source.shape[axis]):
            bounds = (steps.vector(name, [at]) for name, at in (("start", 0), ("end", used), ("axis", axis)))
            source = steps.add("Slice", "used", source, *bounds)
        parts = [steps.add("Transpose", "turned", part, perm=order) for part in _split(steps, source)]
        columns = halved if onesided and not inverse else length
        weights = _share(steps, used, length, onesided) if inverse else None
        waves = _waves(steps, used, columns, length, weights)
        found = _transformed(steps, parts, waves, inverse, real_only=inverse and onesided)
        _join(steps, node.outputs[0], [steps.add("Transpose", "back", part, perm=back) for part in found])
        return steps.nodes


@operator("STFT", inputs=(2, 4), attributes={"onesided": "0 or 1"})
class STFT(Operator):
    """The DFT of frames that begin every `frame_step` samples, multiplied by a window.

    Inputs: the signal [batch, length, 1 or 2], frame_step, the window [frame_length], frame_length. Output:
    [batch, frames, bins, 2], with `onesided` (the default) frame_length//2 + 1 bins, else frame_length.
    """

    def expand(self, node: Node) -> list[Node] | None:
        """Give a signal [batch, length], which ONNX Runtime takes for one of real numbers, its last axis."""
        signal = node.required(0)
        if signal.known_type.rank != 2:
            return None
        steps = Decomposition(node)
        upright = steps.add("Unsqueeze", "signal", signal, steps.vector("last", [2]))
        steps.nodes.append(
            Node("STFT", [upright, *node.inputs[1:]], node.outputs, node.attributes, node.name)
        )
        return steps.nodes

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the spectra."""
        source = node.required(0).known_type
        dtype = floating_dtype(node, [source])
        require_rank(node, source, 3, 3)
        _parts(node, source)
        size, step = self._size(node), self._step(node)
        at_least(node, size, 1, "the length of its frames")
        at_least(node, source.shape[1] - size, 0, "the length of its signal, without a frame,")
        return [
            TensorType(dtype, (source.shape[0], self._frames(node, size, step), self._bins(node, size), 2))
        ]

    @staticmethod
    def _step(node: Node) -> int:
        step = integers(node, [node.known_number(1, "frame_step")], "frame_step")[0]
        if step < 1:
            raise NodeError(node, f"frame_step is {step}; at least 1 is needed")
        return step

    @staticmethod
    def _size(node: Node) -> Dimension:
        window, signal = node.input(2), node.required(0)
        if window is not None:
            require_rank(node, window.known_type, 1, 1)
        if node.input(3) is None:
            return signal.shape[1] if window is None else window.shape[0]
        size = dimensions(node, [node.known_number(3, "frame_length")], "frame_length")[0]
        return (
            size if window is None else unify(node, size, window.shape[0], "the lengths of frame and window")
        )

    @staticmethod
    def _frames(node: Node, size: Dimension, step: int) -> Dimension:
        return floor_divide(node.required(0).shape[1] - size, step) + 1

    @staticmethod
    def _bins(node: Node, size: Dimension) -> Dimension:
        return floor_divide(size, 2) + 1 if node.attributes.get("onesided", 1) else size

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather the frames, and multiply them by waves that have the window in them."""
        steps, size, step = Decomposition(node), self._size(node), self._step(node)
        frames = self._frames(node, size, step)
        first = steps.add("Mul", "first", steps.places("numbers", frames), steps.index("step", step))
        places = steps.add(
            "Add", "places", steps.reshape("upright", first, [frames, 1]), steps.places("numbers", size)
        )
        parts = [
            steps.add("Gather", "frames", part, places, axis=1) for part in _split(steps, node.required(0))
        ]
        window = node.input(2)
        if window is not None:
            window = steps.cast("window", window, "float32")
        waves = _waves(steps, size, self._bins(node, size), size, window)
        _join(steps, node.outputs[0], _transformed(steps, parts, waves, False, False))
        return steps.nodes


def _parts(node: Node, source: TensorType) -> int:
    """Return how many parts numbers have: 1 or 2."""
    parts = source.shape[-1]
    if parts not in (1, 2):
        raise NodeError(node, f"the last extent of its input {source} is not 1 (real) or 2 (complex)")
    return int(str(parts))


def _split(steps: Decomposition, source: Value) -> list[Value]:
    """Return real and imaginary parts, without the last axis."""
    count = _parts(steps.node, steps.node.required(0).known_type)
    return [
        steps.add("Gather", name, source, steps.index(f"{name}_index", index), axis=-1)
        for index, name in enumerate(("real", "imaginary")[:count])
    ]


def _join(steps: Decomposition, result: Value, parts: list[Value]) -> None:
    """Write parts behind one another along a new last axis."""
    last = steps.vector("last", [-1])
    upright = [steps.add("Unsqueeze", "part", part, last) for part in parts]
    steps.add("Concat", result, *upright, axis=-1)


def _waves(
    steps: Decomposition, rows: Dimension, columns: Dimension, period: Dimension, weights: Value | None
) -> tuple[Value, Value]:
    """Return cosines and sines [rows, columns] of 2π·row·column/period, each row times its weight."""
    dtype = steps.node.required(0).dtype
    row = steps.reshape("row", steps.places("numbers", rows), [rows, 1])
    turns = steps.add("Mul", "turns", row, steps.places("numbers", columns))
    rest = steps.add("Mod", "rest", turns, steps.index("period", period))
    length = steps.cast("length", steps.index("length_index", period), "float32")
    share = steps.add("Div", "share", steps.cast("rest_number", rest, "float32"), length)
    angle = steps.add("Mul", "angle", share, steps.scalar("turn", "float32", 2 * pi))
    cosines, sines = steps.add("Cos", "cosines", angle), steps.add("Sin", "sines", angle)
    if weights is not None:
        upright = steps.reshape("weights", weights, [rows, 1])
        cosines, sines = (steps.add("Mul", "weighted", wave, upright) for wave in (cosines, sines))
    return steps.cast("cosine_matrix", cosines, dtype), steps.cast("sine_matrix", sines, dtype)


def _share(steps: Decomposition, rows: Dimension, length: Dimension, onesided: bool) -> Value:
    """Return what each number of a spectrum counts in the inverse transform [rows]: 1/N, or twice as much.

    Of half a spectrum, all but the first and, of an even length, the last stand for two.
    """
    number = steps.cast("number", steps.index("number_index", length), "float32")
    one = steps.add("Reciprocal", "one", number)
    if not onesided:
        return steps.add("Expand", "shares", one, steps.vector("shares_shape", [rows]))
    place = steps.places("numbers", rows)
    doubled = steps.add("Mul", "doubled", place, steps.index("two", 2))
    is_first = steps.add("Equal", "is_first", place, steps.index("zero", 0))
    alone = steps.add(
        "Or", "alone", is_first, steps.add("Equal", "is_middle", doubled, steps.index("all", length))
    )
    return steps.add("Where", "shares", alone, one, steps.add("Add", "twice", one, one))


def _transformed(
    steps: Decomposition, parts: list[Value], waves: tuple[Value, Value], inverse: bool, real_only: bool
) -> list[Value]:
    """Return real and imaginary parts of parts [..., rows] times waves [rows, columns]."""
    (cosines, sines), real = waves, parts[0]
    straight = steps.add("MatMul", "straight", real, cosines)
    across = None if real_only else steps.add("MatMul", "across", real, sines)
    if len(parts) == 1:
        if across is None:
            return [straight]
        return [straight, across if inverse else steps.add("Neg", "negative", across)]
    imaginary = parts[1]
    by_sines = steps.add("MatMul", "by_sines", imaginary, sines)
    found = [steps.add("Sub" if inverse else "Add", "real_part", straight, by_sines)]
    if across is not None:
        by_cosines = steps.add("MatMul", "by_cosines", imaginary, cosines)
        found.append(steps.add("Add" if inverse else "Sub", "imaginary_part", by_cosines, across))
    return found
