"""shaders/lib/math in a real browser against NumPy's float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import erf

import ml_dtypes
import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from shader_evaluation import LIBRARY, compile_error, evaluate

from browser_support import require_webgl2
from texelflow.backends.webgl2.kernels.shader_library import parse_library, select_functions

TOLERANCE = 2e-6
"""Largest error relative to the reference; where that is below `smallest`, relative to `smallest`."""

Array = np.ndarray
Function = Callable[..., Array]

random = np.random.default_rng(11)
EDGES = np.float32(
    "0 -0 1 -1 0.5 -0.5 2 -2 3 -3 0.25 7 inf -inf nan 88 89 -88 -104 100 1e-30 -1e-30 1e30 -1e30 3.4e38 "
    "-3.4e38 1.2e-38".split()
)


def between(lowest: float, highest: float) -> Array:
    return random.uniform(lowest, highest, 8000).astype(np.float32)


def magnitudes(lowest: float, highest: float, signs: tuple[int, ...] = (-1, 1)) -> Array:
    exponents = random.uniform(np.log10(lowest), np.log10(highest), 8000)
    return (10**exponents * random.choice(signs, 8000)).astype(np.float32)


def around(center: float, nearest: float, farthest: float) -> Array:
    return np.float32(center) + magnitudes(nearest, farthest)


def error_function(x: Array) -> Array:
    return np.array([erf(number) for number in x])


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def sigmoid(x: Array) -> Array:
    return np.exp(-softplus(-x))


LARGE_ANGLES = np.concatenate(
    [
        magnitudes(4e6, 3.4e38),
        between(1e4, 1e7),
        (np.arange(1, 4000) * (np.pi / 2)).astype(np.float32),
        np.float32([16367173 * 2.0**72, -16367173 * 2.0**72, 3.4028235e38, 4e6, 4000001]),
    ]
)
"""Angles of any size, among them the float that is nearest to a multiple of a quarter turn."""

FUNCTIONS: dict[str, tuple[Function, list[Array]]] = {
    "accurate_acos": (np.arccos, [between(-1, 1), magnitudes(1e-7, 1), around(1, 1e-6, 1), EDGES]),
    "accurate_acosh": (np.arccosh, [between(1, 10), magnitudes(1, 1e38, (1,)), around(1, 1e-6, 1), EDGES]),
    "accurate_asin": (np.arcsin, [between(-1, 1), magnitudes(1e-7, 1), EDGES]),
    "accurate_asinh": (np.arcsinh, [between(-10, 10), magnitudes(1e-7, 1e38), EDGES]),
    "accurate_atan": (np.arctan, [between(-10, 10), magnitudes(1e-7, 1e30), EDGES]),
    "accurate_atanh": (np.arctanh, [between(-1, 1), magnitudes(1e-7, 1), EDGES]),
    "accurate_cos": (np.cos, [between(-7, 7), magnitudes(1e-7, 4e6), LARGE_ANGLES, EDGES]),
    "accurate_cosh": (np.cosh, [between(-89, 89), magnitudes(1e-7, 80), EDGES]),
    "accurate_exp": (np.exp, [between(-87, 88.7), magnitudes(1e-7, 1), EDGES]),
    "accurate_expm1": (np.expm1, [between(-87, 88.7), magnitudes(1e-7, 1), EDGES]),
    "accurate_log": (np.log, [magnitudes(1e-37, 1e38, (1,)), between(0.5, 2), EDGES]),
    "accurate_log1p": (np.log1p, [magnitudes(1e-7, 1e38, (1,)), between(-0.99, 2), EDGES]),
    "accurate_sin": (np.sin, [between(-7, 7), magnitudes(1e-7, 4e6), LARGE_ANGLES, EDGES]),
    "accurate_sinh": (np.sinh, [between(-89, 89), magnitudes(1e-7, 80), EDGES]),
    "accurate_sqrt": (np.sqrt, [magnitudes(1e-37, 1e38, (1,)), EDGES]),
    "accurate_tan": (np.tan, [between(-7, 7), magnitudes(1e-7, 4e6), LARGE_ANGLES, EDGES]),
    "accurate_tanh": (np.tanh, [between(-10, 10), magnitudes(1e-7, 80), EDGES]),
    "abs": (np.abs, [between(-9, 9), EDGES]),
    "ceil": (np.ceil, [between(-9, 9), EDGES]),
    "cube": (lambda x: x**3, [between(-9, 9)]),
    "error_function": (error_function, [between(-5, 5), magnitudes(1e-7, 5), EDGES]),
    "floor": (np.floor, [between(-9, 9), EDGES]),
    "logistic": (sigmoid, [between(-87, 88), between(-5, 5), magnitudes(1e-7, 5), EDGES]),
    "mish": (lambda x: x * np.tanh(softplus(x)), [between(-80, 80), between(-5, 5), magnitudes(1e-7, 5)]),
    "reciprocal": (lambda x: 1 / x, [magnitudes(1e-37, 1e37), EDGES[:22]]),
    "relu": (lambda x: np.where(x < 0, 0, x), [between(-1, 1), EDGES]),
    "roundEven": (np.round, [between(-9, 9), np.arange(-9, 9, 0.5, np.float32), EDGES]),
    "sign_of": (np.sign, [between(-1, 1), EDGES]),
    "softplus": (softplus, [between(-80, 80), between(-5, 5), magnitudes(1e-7, 5), EDGES]),
    "softsign": (lambda x: x / (1 + np.abs(x)), [between(-9, 9), EDGES[:12]]),
    "square": (np.square, [between(-9, 9), EDGES[:20]]),
}

PARAMETERIZED: dict[str, Function] = {
    "celu(a, 1.5)": lambda x: np.where(x > 0, x, 1.5 * np.expm1(x / 1.5)),
    "clip(a, vec4(-0.5), vec4(0.25))": lambda x: np.clip(x, -0.5, 0.25),
    "clip_above(a, vec4(0.25))": lambda x: np.minimum(x, 0.25),
    "clip_below(a, vec4(0.25))": lambda x: np.maximum(x, 0.25),
    "elu(a, 1.5)": lambda x: np.where(x > 0, x, 1.5 * np.expm1(x)),
    "leaky_relu(a, 0.125)": lambda x: np.where(x < 0, 0.125 * x, x),
    "leaky_relu(a, vec4(0.125))": lambda x: np.where(x < 0, 0.125 * x, x),
    "selu(a, 1.5, 2.0)": lambda x: 2 * np.where(x > 0, x, 1.5 * np.expm1(x)),
    "shrink(a, 0.5, 0.25)": lambda x: np.where(x < -0.5, x + 0.25, np.where(x > 0.5, x - 0.25, x * 0)),
    "thresholded_relu(a, 1.5)": lambda x: np.where(x > 1.5, x, x * 0),
}


@pytest.fixture(scope="module")
def canvas(browser: Browser) -> Iterator[Page]:
    """A page that needs nothing from the runtime."""
    page = browser.new_page()
    require_webgl2(page)
    yield page
    page.close()


def assert_close(actual: Array, reference: Array, operands: list[Array], smallest: float = 1e-30) -> None:
    """Compare with float64 references; results below the normal float32 range may be zero."""
    with np.errstate(over="ignore"):
        expected = reference.astype(np.float32)
    is_finite = np.isfinite(expected)
    same = np.isnan(expected) == np.isnan(actual)
    same &= ~np.isinf(expected) | (expected == actual)
    with np.errstate(invalid="ignore"):
        error = np.abs(actual - reference) / np.maximum(np.abs(reference), smallest)
    vanishes = is_finite & (np.abs(reference) < 1.2e-38)
    error[vanishes] = np.abs(actual[vanishes]) > 1.2e-38
    same &= ~is_finite | (error <= TOLERANCE)
    wrong = [
        f"{tuple(operand[i] for operand in operands)}: {actual[i]}, not {expected[i]}"
        for i in np.flatnonzero(~same)[:8]
    ]
    assert not wrong, (
        f"{(~same).sum()} of {len(actual)}, largest error {np.nanmax(error[is_finite])}: {wrong}"
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str, canvas: Page) -> None:
    function, samples = FUNCTIONS[name]
    x = np.concatenate(samples)
    assert_close(evaluate(canvas, f"{name}(a)", [x], integer=False), function(x.astype(np.float64)), [x])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("expression", PARAMETERIZED)
def test_function_with_parameters(expression: str, canvas: Page) -> None:
    x = np.concatenate([between(-3, 3), np.float32([0, 1, -1, 0.5, -0.5, 0.25, 1.5, np.nan, 80, -80])])
    expected = PARAMETERIZED[expression](x.astype(np.float64))
    assert_close(evaluate(canvas, expression, [x], integer=False), expected, [x])


CANCELLING: dict[str, Function] = {
    "gelu(a)": lambda x: 0.5 * x * (1 + error_function(x / np.sqrt(2))),
    "gelu_by_tanh(a)": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "hard_sigmoid(a, 0.2, 0.5)": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_swish(a)": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
}


@pytest.mark.parametrize("expression", CANCELLING)
def test_function_that_cancels(expression: str, canvas: Page) -> None:
    """ONNX's formula adds numbers that nearly cancel for some negative x: the error is relative to 1."""
    x = np.concatenate([between(-6, 6), magnitudes(1e-7, 5), np.float32([np.nan])])
    actual = evaluate(canvas, expression, [x], integer=False)
    assert_close(actual, CANCELLING[expression](x.astype(np.float64)), [x], smallest=1.0)


@cache
def pairs_of_edges() -> tuple[Array, Array]:
    a, b = np.meshgrid(EDGES, EDGES)
    return a.ravel(), b.ravel()


BINARY: dict[str, tuple[Function, Callable[[], tuple[Array, Array]]]] = {
    "power wide": (np.power, lambda: (magnitudes(1e-30, 1e30, (1,)), between(-20, 20))),
    "power near one": (np.power, lambda: (around(1, 1e-6, 0.5), magnitudes(1e-3, 1e7))),
    "power whole": (np.power, lambda: (between(-10, 10), np.round(between(-9, 9)))),
    "power edges": (np.power, pairs_of_edges),
    "remainder_of_dividend wide": (np.fmod, lambda: (magnitudes(1e-30, 3e38), magnitudes(1e-30, 3e38))),
    "remainder_of_dividend near": (np.fmod, lambda: (between(-1e4, 1e4), between(-10, 10))),
    "remainder_of_dividend edges": (np.fmod, pairs_of_edges),
    "remainder_of_divisor near": (np.mod, lambda: (between(-100, 100), np.round(between(-9, 9) * 2) / 2)),
    "divide edges": (np.divide, pairs_of_edges),
    "divide wide": (np.divide, lambda: (magnitudes(1e-18, 1e18), magnitudes(1e-18, 1e18))),
    "maximum edges": (np.maximum, pairs_of_edges),
    "minimum edges": (np.minimum, pairs_of_edges),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", BINARY)
def test_function_of_two(name: str, canvas: Page) -> None:
    function, samples = BINARY[name]
    a, b = samples()
    actual = evaluate(canvas, f"{name.split()[0]}(a, b)", [a, b], integer=False)
    assert_close(actual, function(a.astype(np.float64), b.astype(np.float64)), [a, b])


def whole_pairs() -> tuple[Array, Array]:
    numbers = [0, 1, -1, 2, -2, 3, -7, 255, 256, 65535, -65536, 2**31 - 1, -(2**31 - 1), 1234567, -7654321]
    near = random.integers(-100, 100, (2, 2000))
    wide = random.integers(-(2**31), 2**31, (2, 2000))
    a, b = np.meshgrid(numbers, numbers)
    pairs = np.concatenate([[a.ravel(), b.ravel()], near, wide], axis=1).astype(np.int32)
    return pairs[0], pairs[1]


def nonzero(b: Array) -> Array:
    return np.where(b == 0, 1, b)


def truncated_quotient(a: Array, b: Array) -> Array:
    return np.where(b == 0, 0, np.sign(a) * np.sign(b) * (np.abs(a) // nonzero(np.abs(b))))


def unsigned(x: Array) -> Array:
    return x & 0xFFFFFFFF


WHOLE: dict[str, Function] = {
    "divide(a, b)": truncated_quotient,
    "remainder_of_dividend(a, b)": lambda a, b: a - truncated_quotient(a, b) * b,
    "remainder_of_divisor(a, b)": lambda a, b: np.where(b == 0, a, a % nonzero(b)),
    "divide_unsigned(a, b)": lambda a, b: np.where(b == 0, 0, unsigned(a) // nonzero(unsigned(b))),
    "remainder_unsigned(a, b)": lambda a, b: np.where(b == 0, a, unsigned(a) % nonzero(unsigned(b))),
    "maximum(a, b)": np.maximum,
    "minimum(a, b)": np.minimum,
    "maximum_unsigned(a, b)": lambda a, b: np.maximum(unsigned(a), unsigned(b)),
    "minimum_unsigned(a, b)": lambda a, b: np.minimum(unsigned(a), unsigned(b)),
    "clip(a, min(b, 9), ivec4(9))": lambda a, b: np.clip(a, np.minimum(b, 9), 9),
    "clip_below_unsigned(a, b)": lambda a, b: np.maximum(unsigned(a), unsigned(b)),
    "clip_above_unsigned(a, b)": lambda a, b: np.minimum(unsigned(a), unsigned(b)),
    "is_equal(a, b)": np.equal,
    "is_less(a, b)": np.less,
    "is_less_or_equal(a, b)": np.less_equal,
    "is_greater(a, b)": np.greater,
    "is_greater_or_equal(a, b)": np.greater_equal,
    "is_less_unsigned(a, b)": lambda a, b: unsigned(a) < unsigned(b),
    "is_less_or_equal_unsigned(a, b)": lambda a, b: unsigned(a) <= unsigned(b),
    "is_greater_unsigned(a, b)": lambda a, b: unsigned(a) > unsigned(b),
    "is_greater_or_equal_unsigned(a, b)": lambda a, b: unsigned(a) >= unsigned(b),
    "is_nonzero(a)": lambda a, b: a != 0,
    "sign_of(a)": lambda a, b: np.sign(a),
    "sign_of_unsigned(a)": lambda a, b: a != 0,
    "relu(a)": lambda a, b: np.maximum(a, 0),
    "leaky_relu(a, b)": lambda a, b: np.where(a < 0, a * b, a),
    "wrap_int8(a)": lambda a, b: a.astype(np.int8),
    "wrap_uint8(a)": lambda a, b: a.astype(np.uint8),
    "wrap_int16(a)": lambda a, b: a.astype(np.int16),
    "wrap_uint16(a)": lambda a, b: a.astype(np.uint16),
    "choose(is_less(a, b), a, b)": np.minimum,
    "shift_left(a, b & 63)": lambda a, b: np.where((b & 63) < 32, a << (b & 31), 0),
    "shift_right(a, b & 63)": lambda a, b: np.where((b & 63) < 32, unsigned(a) >> (b & 31), 0),
    "power(a, b & 7)": lambda a, b: (a.astype(object) ** (b & 7) & 0xFFFFFFFF).astype(np.int64),
    "shift_right_signed(a, b & 63)": lambda a, b: a >> (b & 63),
}


@pytest.mark.parametrize("expression", WHOLE)
def test_integer_function(expression: str, canvas: Page) -> None:
    """Results agree in their 32 bits, whatever sign the reference gives them."""
    a, b = whole_pairs()
    actual = evaluate(canvas, expression, [a, b], integer=True)
    expected = np.asarray(WHOLE[expression](a.astype(np.int64), b.astype(np.int64))).astype(np.int64)
    wrong = np.flatnonzero((actual.astype(np.int64) ^ expected) & 0xFFFFFFFF)
    assert not len(wrong), [(a[i], b[i], actual[i], expected[i]) for i in wrong[:8]]


FLOATS_TO_WHOLE: dict[str, Function] = {
    "truncate_to_integer(a)": lambda a: np.where(
        np.isnan(a), 0, np.trunc(np.clip(np.nan_to_num(a, posinf=2**31), -(2.0**31), 2.0**31 - 1))
    ),
    "truncate_to_unsigned(a)": lambda a: np.where(
        np.isnan(a), 0, np.trunc(np.clip(np.nan_to_num(a, posinf=2**32), -(2.0**31), 4294967040.0))
    ),
    "is_nonzero(a)": lambda a: a != 0,
    "ivec4(is_nan(a))": np.isnan,
    "is_infinite(a, 1, 1)": np.isinf,
    "is_infinite(a, 1, 0)": np.isposinf,
    "is_infinite(a, 0, 1)": np.isneginf,
    "is_equal(a, a)": lambda a: a == a,
    "is_less(a, vec4(0.5))": lambda a: a < 0.5,
    "is_less_or_equal(a, vec4(0.5))": lambda a: a <= 0.5,
    "is_greater(a, vec4(0.5))": lambda a: a > 0.5,
    "is_greater_or_equal(a, vec4(0.5))": lambda a: a >= 0.5,
}


@pytest.mark.parametrize("expression", FLOATS_TO_WHOLE)
def test_integer_function_of_floats(expression: str, canvas: Page) -> None:
    limits = np.float32([2147483520, -(2**31), 2**31])
    a = np.concatenate([EDGES, between(-3, 3), magnitudes(1, 1e10), limits])
    actual = evaluate(canvas, expression, [a], integer=True)
    expected = np.asarray(FLOATS_TO_WHOLE[expression](a.astype(np.float64))).astype(np.int64)
    wrong = np.flatnonzero((actual.astype(np.int64) ^ expected) & 0xFFFFFFFF)
    assert not len(wrong), [(a[i], actual[i], expected[i]) for i in wrong[:8]]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_rounding_to_16_bits(dtype: str, canvas: Page) -> None:
    """Every number of the type, every middle between two of them, and what float32 has beside the middle."""
    held = np.arange(2**16, dtype=np.uint16).view(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    numbers = np.unique(held.astype(np.float32)[np.isfinite(held)])
    middles = (numbers[1:].astype(np.float64) + numbers[:-1]) / 2
    middles = np.append(middles, [65520, 65519.996, 3.3961776e38, 3.3961775e38]).astype(np.float32)
    beside = [np.nextafter(middles, np.float32(end), dtype=np.float32) for end in (-np.inf, np.inf)]
    x = np.concatenate([held.astype(np.float32), middles, -middles, *beside, EDGES])
    x = x[(np.abs(x) >= 2**-126) | (x == 0) | np.isnan(x)]  # GPUs may take smaller ones for 0
    actual = evaluate(canvas, f"round_to_{dtype}(a)", [x], integer=False)
    expected = x.astype(held.dtype).astype(np.float32)
    wrong = np.flatnonzero(
        (actual.view(np.uint32) != expected.view(np.uint32)) & ~(np.isnan(actual) & np.isnan(x))
    )
    assert not len(wrong), [(x[i], actual[i], expected[i]) for i in wrong[:8]]


def test_integer_base_and_real_exponent(canvas: Page) -> None:
    a = random.integers(-9, 10, 2000).astype(np.int32)
    b = np.round(random.uniform(0, 4, 2000)).astype(np.float32)
    actual = evaluate(canvas, "power(a, b)", [a, b], integer=True)
    assert (actual == a.astype(np.int64) ** b.astype(np.int64)).all()
    roots = evaluate(canvas, "power(a, b)", [np.abs(a), np.full(2000, 0.5, np.float32)], integer=True)
    assert np.abs(roots - np.sqrt(np.abs(a))).max() <= 1


@pytest.mark.parametrize("name", LIBRARY)
def test_section_needs_only_what_it_names(name: str, canvas: Page) -> None:
    """Each function compiles with its dependencies alone."""
    assert compile_error(canvas, select_functions(f"{name}(x)", LIBRARY)) is None


def test_missing_dependency_is_found(canvas: Page) -> None:
    """The test above can fail."""
    error = compile_error(canvas, "vec4 lonely(vec4 x) { return elsewhere(x); }")
    assert error is not None
    assert "elsewhere" in error


@pytest.mark.parametrize(
    ("texts", "fragment"),
    [
        (("//@ a:\nx", "//@ a:\ny"), "defines a twice"),
        (("//@ a: b\nx",), "a needs b, which is not there"),
        (("//@ a: b\nx\n//@ b: a\ny",), "cycle"),
    ],
)
def test_wrong_libraries_are_refused(texts: tuple[str, ...], fragment: str) -> None:
    with pytest.raises(ValueError, match=fragment):
        parse_library(*texts)


def test_functions_follow_those_that_they_call_whatever_the_file() -> None:
    library = parse_library("//@ a: c\nA\n//@ b:\nB", "//@ c:\nC")
    assert select_functions("a(x)", library).split() == ["C", "A"]


def test_only_what_is_called_is_taken() -> None:
    library = parse_library("//@ a:\nA\n//@ b:\nB")
    assert select_functions("float a = b (a);", library).split() == ["B"]
