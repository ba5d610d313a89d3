"""Fourier transforms, and what complex numbers are for: they are pairs along one more axis, the last."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.functions import atan2, half_spectra
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.complex_parts import ARGUMENTS, COMPLEX_READ
from texelflow.importers.pytorch.lowering import Step, lowers_complex


def _is_complex(step: Step, name: str) -> bool:
    found = step.node.attributes[ARGUMENTS].get(name)
    return isinstance(found, Ref) and found.index in step.node.attributes[COMPLEX_READ]


def _part(step: Step, value: Value, place: int) -> Value:
    made = step.add("Gather", "part", value, step.index("place", place), axis=-1)
    made.type = type(value.known_type)("float32", value.shape[:-1])
    return made


def _joined(step: Step, result: Value, real: Value, imaginary: Value) -> None:
    last = step.vector("last", [-1])
    parts = [step.add("Unsqueeze", "upright", part, last) for part in (real, imaginary)]
    step.add("Concat", result, *parts, axis=-1)


@lowers_complex(
    *(
        "view_as_real",
        "view_as_complex",
        "resolve_conj",
        "resolve_neg",
        "alias",
        "detach",
        "contiguous",
        "lift_fresh",
    ),
    *("view_as_real_copy", "view_as_complex_copy", "alias_copy", "detach_copy", "lift_fresh_copy"),
)
def same(step: Step) -> None:
    """The pairs as they are."""
    step.add("Identity", step.result, step.x)


@lowers_complex("_to_copy", "to.dtype")
def converted(step: Step) -> None:
    """Real numbers as complex ones, or the real part of these."""
    if not step.dtype.startswith("complex"):
        step.finish(_part(step, step.x, 0))
    elif _is_complex(step, next(iter(step.arguments))):
        step.add("Identity", step.result, step.x)
    else:
        real = step.as_dtype(step.x, "float32")
        zero = step.add(
            "Expand", "nothing", step.scalar("zero", "float32", 0.0), step.vector("shape", step.x.shape)
        )
        _joined(step, step.result, real, zero)


@lowers_complex("real", "imag")
def part(step: Step) -> None:
    """The real part, or the imaginary one."""
    step.add("Identity", step.result, _part(step, step.x, int(step.base == "imag")))


@lowers_complex("abs")
def magnitude(step: Step) -> None:
    """The length of the pair."""
    step.add("ReduceL2", step.result, step.x, step.vector("last", [-1]), keepdims=0)


@lowers_complex("angle")
def angle(step: Step) -> None:
    """The angle of the point that it is."""
    atan2(step, step.result, _part(step, step.x, 1), _part(step, step.x, 0))


@lowers_complex("_conj", "conj", "_conj_physical", "conj_physical", "_conj_copy")
def conjugate(step: Step) -> None:
    """The same real part, the opposite imaginary one."""
    step.add("Mul", step.result, step.x, step.constant("signs", "float32", [2], [1, -1]))


@lowers_complex("complex", "polar")
def complex_of(step: Step) -> None:
    """Numbers of two parts, or of lengths and angles."""
    if step.base == "complex":
        _joined(step, step.result, step.tensor("real"), step.tensor("imag"))
        return
    size, turn = step.tensor("abs"), step.tensor("angle")
    parts = [step.add("Mul", "part", size, step.add(how, how, turn)) for how in ("Cos", "Sin")]
    _joined(step, step.result, *parts)


@lowers_complex("mul.Tensor", "mul.Scalar", "div.Tensor", "div.Scalar")
def scaled(step: Step) -> None:
    """Products of complex numbers, with each other or real ones, and divided by real ones."""
    pair = ("self", "other")
    if not all(_is_complex(step, name) for name in pair):
        if step.base == "div" and _is_complex(step, "other"):
            raise step.fail("it divides by complex numbers, which is not supported")
        operands = []
        for name in pair:
            value = step.operand(name, "float32")
            is_tensor = isinstance(step.arguments.get(name), Ref) and not _is_complex(step, name)
            operands.append(
                step.add("Unsqueeze", "upright", value, step.vector("last", [-1])) if is_tensor else value
            )
        step.add("Mul" if step.base == "mul" else "Div", step.result, *operands)
        return
    if step.base == "div":
        raise step.fail("it divides by complex numbers, which is not supported")
    (a, b), (c, d) = ([_part(step, step.tensor(name), place) for place in (0, 1)] for name in pair)

    def product(one: Value, other: Value) -> Value:
        return step.add("Mul", "product", one, other)

    real = step.add("Sub", "real", product(a, c), product(b, d))
    _joined(step, step.result, real, step.add("Add", "imaginary", product(a, d), product(b, c)))


def _resized(step: Step, value: Value, count: Dimension, power: float) -> Value:
    """Return numbers times a power of a count."""
    if not power:
        return value
    number = step.cast("count", step.index("number", count), "float32")
    factor = step.add("Pow", "factor", number, step.scalar("power", "float32", power))
    return step.add("Mul", "scaled", value, factor)


_POWERS = {0: 0.0, 1: -0.5, 2: -1.0}
"""What a transform is multiplied by, as a power of its length, by its normalization."""


def _powers(step: Step, inverse: bool) -> float:
    """Return the power of a length; ONNX's inverse transforms are divided by it already."""
    if step.has("normalization"):
        number = step.integer("normalization")
    else:
        names = (
            {"backward": 2, "ortho": 1, "forward": 0}
            if inverse
            else {"backward": 0, "ortho": 1, "forward": 2}
        )
        number = names.get(step.text("norm", "backward"), -1)
    if number not in _POWERS:
        raise step.fail(f"its normalization is {number}; 0 to 2 are known")
    return _POWERS[number] + (1.0 if inverse else 0.0)


def _along(step: Step, rank: int) -> list[int]:
    """Return the axes of a transform of tensors with so many, counted from the front."""
    if not step.has("dim"):
        return [rank - 1]
    return [step.axis("dim", rank=rank)] if isinstance(step.arguments["dim"], int) else _listed(step, rank)


def _listed(step: Step, rank: int) -> list[int]:
    axes = [int(axis) % rank for axis in step.dimensions("dim") if isinstance(axis, int)]
    if not axes:
        raise step.fail("it has no axes")
    return axes


def _turned(
    step: Step, value: Value, axis: int, length: Dimension, *, inverse: bool = False, onesided: bool = False
) -> Value:
    number, place = step.index("length", length), step.index("axis", axis)
    return step.add("DFT", "turned", value, number, place, inverse=int(inverse), onesided=int(onesided))


@lowers_complex("_fft_r2c", "fft_rfft")
def transform_real(step: Step) -> None:
    """Real signals, along the last of the axes the first half; the others are whole transforms of these."""
    x = step.as_dtype(step.x, "float32")
    axes, power = _along(step, len(x.shape)), _powers(step, inverse=False)
    value = step.add("Unsqueeze", "pairs", x, step.vector("last", [-1]))
    onesided = step.flag("onesided", True)
    for place, axis in enumerate(reversed(axes)):
        length = step.dimension("n", x.shape[axis])
        value = _turned(step, value, axis, length, onesided=onesided and not place)
        value = _resized(step, value, length, power)
    step.add("Identity", step.result, value)


@lowers_complex("_fft_c2c", "fft_fft", "fft_ifft")
def transform(step: Step) -> None:
    """Complex signals; `fft_fft` of real ones, too."""
    value, real = step.x, not _is_complex(step, next(iter(step.arguments)))
    if real:
        value = step.add("Unsqueeze", "pairs", step.as_dtype(value, "float32"), step.vector("last", [-1]))
    shape = step.x.shape if real else step.x.shape[:-1]
    inverse = step.base == "fft_ifft" or not step.flag("forward", True)
    power = _powers(step, inverse)
    for axis in _along(step, len(shape)):
        length = step.dimension("n", shape[axis])
        value = _resized(step, _turned(step, value, axis, length, inverse=inverse), length, power)
    step.add("Identity", step.result, value)


@lowers_complex("_fft_c2r", "fft_irfft")
def signal_of_half(step: Step) -> None:
    """The real signals whose transforms begin so, along the last of the axes."""
    shape = step.x.shape[:-1]
    *others, last = _along(step, len(shape))
    value, power = step.x, _powers(step, inverse=True)
    name = "n" if step.base == "fft_irfft" else "last_dim_size"
    length = step.dimension(name, 2 * (shape[last] - 1))
    for axis in others:
        value = _resized(step, _turned(step, value, axis, shape[axis], inverse=True), shape[axis], power)
    order = [*(axis for axis in range(len(shape)) if axis != last), last]
    turned = step.add("Transpose", "last_axis", value, perm=[*order, len(shape)])
    halves = half_spectra(step, turned, (*(shape[axis] for axis in order), 2), length // 2 + 1)
    made = _turned(step, halves, len(shape) - 1, length, inverse=True, onesided=True)
    signal = step.add("Squeeze", "signal", made, step.vector("last", [-1]))
    back = [order.index(axis) for axis in range(len(shape))]
    step.add("Transpose", step.result, _resized(step, signal, length, power), perm=back)


@lowers_complex("stft")
def spectrogram(step: Step) -> None:
    """Transforms of windows of a signal [batch, time] or [time]: [batch, frequencies, windows]."""
    x = step.as_dtype(step.x, "float32")
    size = step.integer("n_fft")
    hop, width = step.integer("hop_length", size // 4), step.integer("win_length", size)
    window = step.optional("window")
    if window is None:
        window = step.constant("ones", "float32", [width], [1.0] * width)
    if width < size:
        before = (size - width) // 2
        window = step.add("Pad", "longer", window, step.vector("borders", [before, size - width - before]))
    batched = len(x.shape) == 2
    signal = step.add("Unsqueeze", "signal", x, step.vector("axes", [2] if batched else [0, 2]))
    number, length = step.index("hop", hop), step.index("size", size)
    made = step.add("STFT", "made", signal, number, window, length, onesided=int(step.flag("onesided", True)))
    turned = step.add("Transpose", "turned", made, perm=[0, 2, 1, 3])
    turned = _resized(step, turned, size, -0.5 if step.flag("normalized") else 0.0)
    if not batched:
        turned = step.add("Squeeze", "alone", turned, step.vector("first", [0]))
    step.add("Identity", step.result, turned)
