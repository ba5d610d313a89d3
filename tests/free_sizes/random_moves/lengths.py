"""Shape arithmetic that ends in a length, or in a factor."""

from __future__ import annotations

import numpy as np

from free_sizes.random_graphs import Growing, combine, move, moves_for
from free_sizes.random_moves.choosing import any_float, broadcast
from free_sizes.random_moves.extents import computed, extents_of, shape_of


@moves_for("Floor", "Ceil", "Div", cost=9)
def part_of_a_computed_length(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    way = {"Floor": 6, "Ceil": 7, "Div": 0}[operator]
    end = computed(growing, extents_of(growing, source, axis, axis + 1), way)
    assert end.elements is not None
    extent = combine(lambda number, limit: min(number, limit), source.shape[axis], end.elements[0])
    shape = (*source.shape[:axis], extent, *source.shape[axis + 1 :])
    growing.node("Slice", [source, growing.integers(0), end, growing.integers(axis)], shape)


@move("Range", "Cast", cost=6)
def range_to_a_length(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    shape = shape_of(growing, source)
    length = growing.node(
        "Gather", [shape, growing.constant(axis, "int64")], [], "int64", [source.shape[axis]]
    )
    one, zero = growing.constant(1, "int64"), growing.constant(0, "int64")
    places = growing.node("Range", [zero, length, one], [source.shape[axis]], "int64")
    floats = growing.node("Cast", [places], places.shape, to=1)
    if axis == source.rank - 1:
        growing.node("Add", [source, floats], source.shape)


@move("ConstantOfShape", "Shape", cost=6)
def constant_of_shape(growing: Growing) -> None:
    source = any_float(growing, 1, 3)
    axis = int(growing.random.integers(source.rank))
    extents = extents_of(growing, source, axis, source.rank)
    if growing.chance(0.3):
        extents = computed(growing, extents)
        growing.demand([min(e[c] for e in extents.elements or ()) >= 0 for c in range(len(growing.alive))])
    from onnx import numpy_helper

    filled = growing.node(
        "ConstantOfShape",
        [extents],
        extents.elements or (),
        value=numpy_helper.from_array(np.array([0.5], np.float32)),
    )
    if growing.chance(0.5):
        growing.node("Add", [source, filled], broadcast(growing, source.shape, filled.shape))


@move("Cast", "Shape", "Mul", cost=5)
def scaled_by_a_length(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    extent = extents_of(growing, source, axis, axis + 1)
    floats = growing.node("Cast", [extent], extent.shape, to=1)
    growing.node("Mul", [source, floats], source.shape)


@move("Size", "Cast", cost=3)
def scaled_by_a_size(growing: Growing) -> None:
    source = any_float(growing)
    size = growing.node("Size", [source], [], "int64")
    floats = growing.node("Cast", [size], [], to=1)
    growing.node("Max", [source, floats], source.shape)
