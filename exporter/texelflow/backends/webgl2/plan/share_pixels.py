"""Lets tensors of one pixel share the programs of wider ones.

The layout of one pixel a texel group (`pixels` in graph.json) spares what lies past an image of one pixel,
but is another program for the driver: a classifier's last layer takes 0.1 s to compile, for little work.

Rules:
1. Tensors that are one pixel wide, and not constant, are blocked over pixels as others are: all, or none.
2. They are if a program that computes one of them would serve a wider one, too, and if this wastes little.
3. Wasted is what convolutions and matrix products of one pixel compute for the pixels past it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from texelflow.backends.webgl2.plan.plan import Draw, Plan
from texelflow.dimensions import Dimension, number_at

PIXELS = 4
"""Most pixels that a fragment computes, on any device."""

TOLERATED_WASTE = 0.05
"""Of the operations of a whole run."""


def share_pixels(plan: Plan, sizes: Mapping[str, Dimension]) -> None:
    """Change the layout of tensors in place; `sizes` are examples of the symbols."""
    narrow = [draw for draw in plan.run_draws if draw.output.single_pixel and not draw.output.appended]
    wide = {draw.program for draw in plan.run_draws if not draw.output.single_pixel}
    if not any(draw.program in wide for draw in narrow):
        return
    total, wasted = (sum(_operations(draw, sizes) for draw in draws) for draws in (plan.run_draws, narrow))
    if wasted * (PIXELS - 1) > total * TOLERATED_WASTE:
        return
    for tensor in plan.tensors():
        if tensor.blocking is not None and tensor.single_pixel and not tensor.constant:
            tensor.blocking = replace(tensor.blocking, as_wide=True)


def _operations(draw: Draw, sizes: Mapping[str, Dimension]) -> int:
    return number_at(draw.flops or 0, sizes) or 0
