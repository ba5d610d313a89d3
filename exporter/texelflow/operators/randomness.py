"""Random numbers: a hash of the number of an element and of a key, which each node has of its own.

So every element is computed by itself, in a draw like any other, and a run gives the same numbers as the one
before. The hash is two rounds of a mixer of 32 bits: its multiplications and shifts can all be undone, and a
bit of its input changes half of the bits of its result (Wellons, "Prospecting for Hash Functions", 2018).
"""

from __future__ import annotations

from hashlib import sha256
from math import pi

from texelflow.dimensions import product
from texelflow.graph import Node, Shape, Value
from texelflow.operators.decomposition import Decomposition

NOTE = "its random numbers are the same at every run"
"""What `export` warns of."""

SMALLEST = 2.0**-25
"""What a number from 0 on is at least, before its logarithm is taken."""


def keys(node: Node, stream: int) -> list[int]:
    """Return two numbers of 32 bits: those of a node, by its seed and its output's name, and of a stream."""
    text = f"{node.attributes.get('seed')} {node.outputs[0].name} {stream}"
    digest = sha256(text.encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "little") for start in (0, 4)]


def uniform(steps: Decomposition, shape: Shape, stream: int = 0) -> Value:
    """Return independent float32 numbers of a shape, multiples of 2⁻²⁴ from 0 to below 1."""
    first, second = keys(steps.node, stream)
    bits = steps.cast("counter", steps.places("elements", product(shape)), "uint32")
    bits = _mixed(steps, steps.add("BitwiseXor", "keyed", bits, steps.scalar("key", "uint32", first)))
    bits = _mixed(steps, steps.add("Add", "keyed", bits, steps.scalar("key", "uint32", second)))
    number = steps.cast("number", _shifted(steps, bits, 8), "float32")
    share = steps.add("Mul", "uniform", number, steps.scalar("unit", "float32", 2.0**-24))
    return steps.reshape("random", share, shape)


def exponential(steps: Decomposition, shape: Shape, stream: int = 0) -> Value:
    """Return independent float32 numbers with the density exp(-x)."""
    one = steps.scalar("one", "float32", 1)
    log = steps.add("Log", "log", steps.add("Sub", "rest", one, uniform(steps, shape, stream)))
    return steps.add(
        "Max", "waited", steps.add("Neg", "wait", log), steps.scalar("least", "float32", SMALLEST)
    )


def normal(steps: Decomposition, shape: Shape) -> Value:
    """Return independent float32 numbers with the density exp(-x²/2)/√(2π) (Box and Muller, 1958)."""
    waited = exponential(steps, shape)
    radius = steps.add("Sqrt", "radius", steps.add("Add", "doubled", waited, waited))
    angle = steps.add("Mul", "angle", uniform(steps, shape, 1), steps.scalar("turn", "float32", 2 * pi))
    return steps.add("Mul", "normal", radius, steps.add("Cos", "cosine", angle))


def _mixed(steps: Decomposition, bits: Value) -> Value:
    for distance, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = steps.add("BitwiseXor", "mixed", bits, _shifted(steps, bits, distance))
        bits = steps.add("Mul", "mixed", bits, steps.scalar("factor", "uint32", factor))
    return steps.add("BitwiseXor", "mixed", bits, _shifted(steps, bits, 16))


def _shifted(steps: Decomposition, bits: Value, distance: int) -> Value:
    by = steps.scalar("distance", "uint32", distance)
    return steps.add("BitShift", "shifted", bits, by, direction="RIGHT")


def scaled(steps: Decomposition, numbers: Value, factor: float, summand: float) -> Value:
    """Return numbers times a factor, and a summand added."""
    spread = steps.add("Mul", "scaled", numbers, steps.scalar("width", "float32", factor))
    return steps.add("Add", "moved", spread, steps.scalar("start", "float32", summand))
