"""Writes stablehlo.tar.xz: functions of JAX as TensorFlow's converter writes them with StableHLO's operators.

It needs jax and tensorflow, which the tests do not: `pip install jax tensorflow`, then run this file. Beside
each program are its inputs and what JAX computes of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tensorflow as tf
from jax import lax
from jax.experimental import jax2tf

sys.path.insert(0, str(Path(__file__).parents[1]))
from pytorch_files.packed_files import save

TARGET = Path(__file__).with_name("stablehlo.tar.xz")
Function = Callable[..., Any]
RANDOM = np.random.default_rng(5)


def floats(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def ints(*shape: int, low: int = -9, high: int = 9) -> np.ndarray:
    return RANDOM.integers(low, high, shape).astype(np.int32)


def elementwise() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    x = floats(3, 5)
    for name, function in {
        "cbrt": jnp.cbrt,
        "clamp": lambda x: lax.clamp(-1.0, x, 0.5),
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "round_trip": lambda x: x.astype(jnp.int32).astype(jnp.float32) + (x > 0),
        "remainder": lambda x: lax.rem(x, jnp.float32(0.7)),
        "logic": lambda x: ((x > 0) | (x < -1)) & (x != 0.5),
        "compare": lambda x: (x >= 0.3) | (x <= -1.7) | (x == 1),
    }.items():
        yield name, function, [x]
    yield "whole_remainder", lambda x, y: lax.rem(x, y), [ints(7), ints(7, low=1)]
    yield "shift", lambda x: (x << 3) & 12 | 1, [ints(7)]
    yield "select", lambda a, b, c: lax.select(a > 0, b, c), [floats(4), floats(4), floats(4)]


def movement() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    x = floats(4, 5)
    yield "pad", lambda x: lax.pad(x, 0.5, ((1, 2, 0), (-1, 1, 2))), [x]
    yield "pad_cut", lambda x: lax.pad(x, 0.5, ((-1, -2, 3), (0, -3, 1))), [x]
    yield "slice", lambda x: lax.slice(x, (1, 0), (4, 5), (2, 3)), [x]
    yield "reverse_pad", lambda x: jnp.pad(x, 1, mode="edge"), [x]
    yield "dynamic_slice", lambda x, i, j: lax.dynamic_slice(x, (i, j), (2, 5)), [x, np.int32(3), np.int32(0)]
    yield (
        "dynamic_update",
        lambda x, u, i, j: lax.dynamic_update_slice(x, u, (i, j)),
        [x, floats(2, 3), np.int32(1), np.int32(4)],
    )
    yield "iota", lambda x: x + lax.broadcasted_iota(jnp.float32, (4, 5), 1), [x]
    yield "broadcast", lambda x: lax.broadcast_in_dim(x, (5, 2, 4), (2, 0)), [x]
    yield "join", lambda x: jnp.concatenate([x, x.T.reshape(4, 5), x[:, :2]], 1), [x]


def reductions() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    x = floats(3, 7, 5)
    for name, function in {
        "sum": lambda x: x.sum((0, 2)),
        "normalized": lambda x: (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5),
        "max_of_all": lambda x: x.max(),
        "prod": lambda x: x.prod(1),
        "argmax": lambda x: jnp.argmax(x, 1),
        "argmin_of_all": jnp.argmin,
        "any_all": lambda x: ((x > 1).any(0), (x > -1).all(2)),
        "softmax": lambda x: jax.nn.softmax(x, 1),
        "from": lambda x: lax.reduce(x, 2.0, lax.add, (1,)),
        "oddly": lambda x: lax.reduce(x, 0.0, lambda a, b: lax.max(lax.abs(a), lax.abs(b)), (0, 1)),
        "cumsum": lambda x: jnp.cumsum(x, 1),
        "cumsum_back": lambda x: lax.cumsum(x, 2, reverse=True),
        "cummax": lambda x: lax.cummax(x, 1),
        "cumprod": lambda x: lax.cumprod(x, 0),
    }.items():
        yield name, function, [x]
    yield "xor_of_bits", lambda x: lax.reduce(x, np.int32(0), lax.bitwise_or, (0,)), [ints(6, 3, low=0)]
    image = floats(2, 8, 9, 3)
    sizes, steps = (1, 3, 2, 1), (1, 2, 2, 1)
    for name, start, function in (("max", -np.inf, lax.max), ("add", 0.0, lax.add), ("min", np.inf, lax.min)):
        for padding in ("VALID", "SAME"):
            yield (
                f"window_{name}_{padding.lower()}",
                lambda x, s=start, f=function, p=padding: lax.reduce_window(x, s, f, sizes, steps, p),
                [image],
            )
    yield (
        "window_dilated",
        lambda x: lax.reduce_window(
            x,
            0.0,
            lax.add,
            (1, 5, 2, 2),
            (1, 2, 1, 1),
            ((0, 0), (3, 1), (0, -1), (1, 0)),
            (1, 2, 1, 3),
            (1, 1, 2, 1),
        ),
        [image],
    )
    yield (
        "window_from",
        lambda x: lax.reduce_window(x, 1.5, lax.mul, (1, 7, 1, 1), (1, 1, 1, 1), "VALID"),
        [image],
    )


def products() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    yield "matmul", jnp.matmul, [floats(3, 4), floats(4, 5)]
    yield (
        "attention",
        lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k),
        [floats(2, 3, 4, 5), floats(2, 6, 4, 5)],
    )
    yield (
        "contract",
        lambda a, b: lax.dot_general(a, b, (((3, 0), (1, 2)), ((2,), (0,)))),
        [
            floats(2, 3, 4, 5),
            floats(4, 5, 2, 6),
        ],
    )
    yield "outer", jnp.outer, [floats(3), floats(4)]
    yield "whole_numbers", jnp.matmul, [ints(3, 4), ints(4, 2)]
    image, weights = floats(2, 7, 8, 4), floats(3, 2, 4, 6)
    axes = ("NHWC", "HWIO", "NHWC")
    for name, more in {
        "same": {"padding": "SAME"},
        "strided": {"padding": "VALID", "window_strides": (2, 3)},
        "borders": {"padding": ((2, -1), (0, 3)), "rhs_dilation": (2, 1)},
        "spread": {"padding": ((1, 2), (1, 1)), "lhs_dilation": (2, 3)},
        "spread_dilated": {"padding": ((3, 2), (1, 0)), "lhs_dilation": (2, 1), "rhs_dilation": (2, 2)},
        "spread_wide": {"padding": ((5, 2), (1, 0)), "lhs_dilation": (2, 1), "window_strides": (1, 2)},
    }.items():
        given = {"window_strides": (1, 1), "dimension_numbers": axes, **more}
        yield f"conv_{name}", lambda x, w, g=given: lax.conv_general_dilated(x, w, **g), [image, weights]
    yield (
        "conv_grouped",
        lambda x, w: lax.conv_general_dilated(
            x, w, (1, 1), "SAME", dimension_numbers=axes, feature_group_count=2
        ),
        [image, floats(3, 2, 2, 6)],
    )
    yield (
        "conv_grouped_spread",
        lambda x, w: lax.conv_general_dilated(
            x, w, (1, 1), ((1, 1), (1, 1)), (2, 2), dimension_numbers=axes, feature_group_count=2
        ),
        [image, floats(3, 2, 2, 6)],
    )
    yield (
        "conv_transpose",
        lambda x, w: lax.conv_transpose(x, w, (2, 2), "SAME", dimension_numbers=axes),
        [image, weights],
    )
    yield (
        "conv_other_axes",
        lambda x, w: lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("CNW", "WOI", "WNC")),
        [floats(4, 2, 9), floats(3, 5, 4)],
    )


def indexing() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    x, at = floats(6, 5, 4), np.array([4, 0, -1, 9, 2], np.int32)
    grid = ints(2, 3, low=0, high=5)
    for name, function in {
        "take_rows": lambda x, i: x[i],
        "take_clipped": lambda x, i: x.at[i].get(mode="clip"),
        "take_columns": lambda x, i: jnp.take(x, i, 1, mode="clip"),
        "take_pairs": lambda x, i: x[i, :, i % 4],
        "add": lambda x, i: x.at[i].add(1.5),
        "put": lambda x, i: x.at[i, 1].set(-3.0),
        "greatest": lambda x, i: x.at[:, i].max(0.3),
        "times": lambda x, i: x.at[i, i].multiply(2.0),
    }.items():
        yield name, function, [x, at]
    yield "take_grid", lambda x, i: x[i], [x, grid]
    yield (
        "windows",
        lambda x, i: jax.vmap(lambda s: lax.dynamic_slice(x, (s, 0, s), (3, 5, 2)))(i),
        [x, at],
    )
    yield "put_windows", lambda x, u: x.at[1:3, :, 2].set(u), [x, floats(2, 5)]
    numbers = lax.ScatterDimensionNumbers((1, 2), (1,), (0, 1))
    yield (
        "scatter_windows",
        lambda x, i, u: lax.scatter_add(x, i, u, numbers),
        [x, np.array([[0, 1], [3, 2], [3, 1], [-4, 0], [2, 4]], np.int32), floats(5, 3, 4)],
    )
    yield "one_hot", lambda i: jax.nn.one_hot(i, 5), [grid]


def sorting() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    x = floats(4, 9).round(0)
    whole = ints(4, 9, low=-3, high=3)
    yield "sort", lambda x: jnp.sort(x, 0), [whole]
    yield "argsort", lambda x: jnp.argsort(x, 1), [whole]
    yield "sort_along", lambda x, y: lax.sort((x, y), num_keys=1), [whole, x]
    yield "sort_by_two", lambda x, y, z: lax.sort((x, y, z), num_keys=2), [whole, ints(4, 9, high=-7), x]


def control() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    """The converter leaves constants out of what loops run, so here are none (`stablehlo_cases.py`)."""
    x = floats(5, 3)
    for place, number in enumerate((-1, 0, 1, 2, 7)):
        yield (
            f"switch_{place}",
            lambda i, x: lax.switch(i, [lambda y: y + 1, lambda y: y * 2, lambda y: -y], x),
            [np.int32(number), x],
        )
    yield "cond", lambda x: lax.cond(x.sum() > 0, lambda y: y * 2, lambda y: y - 1, x), [x]


def networks() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    w = [floats(3, 3, 3, 8) / 5, floats(8, 4) / 3, floats(16, 48) / 4, floats(16, 16) / 4]

    def convolved(x: Any) -> Any:
        made = jax.nn.relu(
            lax.conv_general_dilated(x, w[0], (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        )
        made = lax.reduce_window(made, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        return jax.nn.log_softmax(made.mean((1, 2)) @ w[1])

    def attended(x: Any) -> Any:
        made = (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-6)
        q, k, v = jnp.split((made @ w[2]).reshape(2, 6, 4, 12), 3, -1)
        scores = jnp.where(jnp.tri(6, dtype=bool), jnp.einsum("bqhd,bkhd->bhqk", q, k) / 2, -1e9)
        return x + jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v).reshape(2, 6, 16) @ w[3]

    yield "convolutional", convolved, [floats(2, 16, 16, 3)]
    yield "transformer", attended, [floats(2, 6, 16)]


def written(function: Function, inputs: list[np.ndarray]) -> tuple[bytes, list[np.ndarray]]:
    """Return the file of a function, whose outputs are y0, y1 …, and these."""

    def numbered(*given: Any) -> dict[str, Any]:
        made = jax.tree_util.tree_leaves(function(*given))
        return {f"y{index}": value for index, value in enumerate(made)}

    specs = [tf.TensorSpec(each.shape, each.dtype, f"x{index}") for index, each in enumerate(inputs)]
    traced = tf.function(jax2tf.convert(numbered), input_signature=specs, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_STABLEHLO_OPS]
    outputs = jax.jit(numbered)(*inputs)
    return converter.convert(), [np.asarray(outputs[f"y{index}"]) for index in range(len(outputs))]


def main() -> None:
    files: dict[str, bytes | np.ndarray] = {}
    kinds = (elementwise, movement, reductions, products, indexing, sorting, control, networks)
    for name, function, inputs in (case for kind in kinds for case in kind()):
        program, outputs = written(function, inputs)
        files[f"{name}.tflite"] = program
        files |= {f"{name}/x{index}": np.asarray(each) for index, each in enumerate(inputs)}
        files |= {f"{name}/y{index}": each for index, each in enumerate(outputs)}
    save(TARGET, files)
    print(TARGET, TARGET.stat().st_size)


if __name__ == "__main__":
    main()
