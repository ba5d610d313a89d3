"""The sheets by name, and the sizes at which those with free dimensions are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kernels import (
    convolution_sheets,
    elementwise_sheets,
    integer_sheets,
    matrix_sheets,
    movement_sheets,
    random_sheets,
    structure_sheets,
    value_sheets,
)
from kernels.sheet import Sheet

SHEETS: dict[str, Callable[[], Sheet]] = {
    "convolutions": convolution_sheets.convolutions,
    "grouped convolutions": convolution_sheets.grouped_convolutions,
    "transposed convolutions": convolution_sheets.transposed_convolutions,
    "convolutions of sequences": convolution_sheets.sequence_convolutions,
    "poolings": convolution_sheets.poolings,
    "wide windows": convolution_sheets.wide_windows,
    "pairs of rows": convolution_sheets.pairs_of_rows,
    "matrix products": matrix_sheets.matrix_products,
    "attention": matrix_sheets.attention,
    "channel slices": matrix_sheets.channel_slices,
    "softmaxes": matrix_sheets.softmaxes,
    "reductions": matrix_sheets.reductions,
    "normalizations": matrix_sheets.normalizations,
    "long rows": matrix_sheets.long_rows,
    "broadcasts": elementwise_sheets.broadcasts,
    "epilogues": elementwise_sheets.epilogues,
    "limits": elementwise_sheets.limits,
    "optional sums": elementwise_sheets.optional_sums,
    "prologues": elementwise_sheets.prologues,
    "integers and booleans": elementwise_sheets.integers,
    "casts": integer_sheets.casts,
    "integer products": integer_sheets.integer_products,
    "wide constants": integer_sheets.wide_constants,
    "movements": movement_sheets.movements,
    "aligned rows": movement_sheets.aligned_rows,
    "chains of views": movement_sheets.view_chains,
    "concatenations": movement_sheets.concatenations,
    "resizes": movement_sheets.resizes,
    "resize grid": movement_sheets.resize_grid,
    "gathers": movement_sheets.gathers,
    "many elements": value_sheets.many_elements,
    "many free elements": value_sheets.many_free_elements,
    "large activations": value_sheets.large_activations,
    "random chains": random_sheets.random_chains,
    "random fusions": random_sheets.random_fusions,
    "long chains": random_sheets.long_chains,
    "structures": structure_sheets.structures,
    "single pixels": structure_sheets.single_pixels,
    "free dimensions": structure_sheets.free_dimensions,
    "empty batches": structure_sheets.empty_batches,
}

SIZES: dict[str, list[Mapping[str, int]]] = {
    "free dimensions": [
        {"batch": 1, "rows": 4, "columns": 5},
        {"batch": 3, "rows": 7, "columns": 2},
        {"batch": 2, "rows": 1, "columns": 1},
        {"batch": 1, "rows": 4, "columns": 5},
    ],
    "many free elements": [{"n": 1, "h": 50, "w": 1300}, {"n": 2, "h": 1, "w": 3}],
    "empty batches": [{"batch": 0}, {"batch": 2}, {"batch": 0}],
}

NOT_FINITE = {"limits", "casts", "random fusions", "long chains"}
"""Sheets with results that 16 bits do not hold: infinities, which stores clamp, differences that cancel."""
