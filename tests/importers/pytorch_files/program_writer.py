"""What the scripts here share, which write programs of torch.export; needs torch."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.export import Dim

random = np.random.default_rng(7)
files: dict[str, bytes | np.ndarray] = {}

FORMS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda program: program,
    "functional": lambda program: program.run_decompositions({}),
    "core": lambda program: program.run_decompositions(),
}
"""As torch.export leaves a program, without changes in place, and of the core operators alone."""


def floats(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, high, shape) * 64) / 64).astype(np.float32)


def ints(*shape: int, low: int = -9, high: int = 10, dtype: Any = np.int64) -> np.ndarray:
    return random.integers(low, high, shape).astype(dtype)


class Wrapped(torch.nn.Module):
    """A function as a module, which returns a dictionary of out0, out1 and so on."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function
        if isinstance(function, torch.nn.Module):
            function.eval()

    def forward(self, *xs: Any) -> dict[str, Any]:
        results = self.function(*xs)
        results = results if isinstance(results, list | tuple) else [results]
        return {f"out{index}": result for index, result in enumerate(results)}


def export(
    module: torch.nn.Module, inputs: Sequence[np.ndarray], free: Sequence[tuple[int, int]] = ()
) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a program, and what the module computes; `free` are axes (input, axis) of free size."""
    tensors = tuple(torch.from_numpy(array.copy()) for array in inputs)
    shapes: Any = tuple(
        {axis: Dim.AUTO for place, axis in free if place == index} for index in range(len(tensors))
    )
    with torch.no_grad():
        expected = module(*(tensor.clone() for tensor in tensors))
        program = torch.export.export(
            module, tensors, dynamic_shapes=(shapes,) if free else None, strict=False
        )
    return program, {name: value.numpy() for name, value in expected.items()}


def saved(program: Any) -> bytes:
    """Return the bytes of a .pt2 that says nothing of where it was written."""
    graphs = [module for module in program.graph_module.modules() if isinstance(module, torch.fx.GraphModule)]
    for graph in graphs:
        for node in graph.graph.nodes:
            for key in ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node"):
                node.meta.pop(key, None)
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: np.ndarray,
    free: Sequence[tuple[int, int]] = (),
    forms: Sequence[str] = ("plain", "core"),
) -> None:
    """Add a case: its program in several forms, its inputs x0, x1 and so on, its outputs."""
    torch.manual_seed(len(files))
    program, expected = export(Wrapped(function), inputs, free)
    for form in forms:
        files[f"{name}/{form}"] = saved(FORMS[form](program))
    for index, array in enumerate(inputs):
        files[f"{name}/x{index}"] = array
    for key, array in expected.items():
        files[f"{name}/{key}"] = array
