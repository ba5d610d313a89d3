"""Products of matrices."""

from __future__ import annotations

import numpy as np

from free_sizes.random_graphs import Growing, Value, constantly, known, move
from free_sizes.random_moves.choosing import broadcast, named, pick_or_add


@move("MatMul", cost=1)
def matrix_by_constant(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank >= 2 and bool(known(value.shape[-1])))
    columns = int(growing.one_of((1, 3, 4, 6)))
    weights = growing.weights(columns, known(source.shape[-1]) or 1)
    turned = growing.constant(np.ascontiguousarray(onnx_array(growing, weights).T))
    growing.node("MatMul", [source, turned], (*source.shape[:-1], constantly(columns)))


def onnx_array(growing: Growing, value: Value) -> np.ndarray:
    from onnx import numpy_helper

    return next(numpy_helper.to_array(one) for one in growing.constants if one.name == value.name)


@move("MatMul", cost=1)
def matrix_by_input(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank >= 2)
    inner = source.shape[-1]
    rows: str | int = (
        growing.partner(inner, may_be_one=False)
        if growing.chance(0.5)
        else known(inner) or named(growing, inner) or growing.partner(inner, may_be_one=False)
    )
    dimensions: list[str | int] = [rows, int(growing.one_of((1, 3, 4)))]
    if source.rank > 2 and growing.chance(0.6):
        dimensions.insert(0, growing.partner(source.shape[-3], may_be_one=True))
    other = growing.input(dimensions)
    growing.demand([a == b for a, b in zip(inner, other.shape[-2], strict=True)])
    front = broadcast(growing, source.shape[:-2], other.shape[:-2]) if source.rank > 2 else []
    growing.node("MatMul", [source, other], (*front, source.shape[-2], other.shape[-1]))


@move("MatMul", "Transpose", "Softmax", cost=4)
def attention(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank in (3, 4))
    order = [*range(source.rank - 2), source.rank - 1, source.rank - 2]
    keys = growing.node("Transpose", [source], [source.shape[axis] for axis in order], perm=order)
    scores = growing.node("MatMul", [source, keys], (*source.shape[:-1], source.shape[-2]))
    weights = growing.node("Softmax", [scores], scores.shape, axis=-1)
    growing.node("MatMul", [weights, source], source.shape)


@move("Gemm", cost=1)
def gemm(growing: Growing) -> None:
    source = pick_or_add(
        growing, lambda value: value.rank == 2, lambda: [growing.free_extent(), int(growing.one_of((3, 5)))]
    )
    turned = growing.chance(0.4)
    rows, inner = reversed(source.shape) if turned else source.shape
    columns = int(growing.one_of((1, 3, 4, 5)))
    if (number := known(inner)) and growing.chance(0.6):
        other, transposed = growing.weights(columns, number), 1
    else:
        name = growing.partner(inner, may_be_one=False)
        transposed = int(growing.chance(0.5))
        other = growing.input([columns, name] if transposed else [name, columns])
        growing.demand([a == b for a, b in zip(inner, growing.symbols[name], strict=True)])
    inputs = [source, other]
    if growing.chance(0.5):
        bias = growing.weights(columns)
        if growing.chance(0.5):
            bias = growing.input([growing.partner(rows, may_be_one=True), columns])
            growing.demand([a in (b, 1) for a, b in zip(bias.shape[0], rows, strict=True)])
        inputs.append(bias)
    growing.node(
        "Gemm", inputs, (rows, constantly(columns)), transA=int(turned), transB=transposed, alpha=0.5
    )
