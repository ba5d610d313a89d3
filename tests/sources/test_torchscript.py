"""TorchScript, scripted and traced, compared with PyTorch; needs torch."""

from __future__ import annotations

import importlib
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import texelflow
from model_support import find_models
from texelflow import ExportError

torch: Any = pytest.importorskip("torch", reason="torch is not installed")

from torchscript_modules import handwritten, random_modules  # noqa: E402

SEEDS = range(24)


def same(script: Any, calls: Sequence[Sequence[Any]], folder: Path, **options: Any) -> Any:
    """Convert a module, run it in ONNX Runtime with what it remembers, and compare each call with its own.

    Numbers of Python are those of all calls. Returns the session.
    """
    path = folder / "net.pt"
    torch.jit.save(script, str(path))
    [file] = texelflow.convert(
        path, folder / "net.onnx", example_inputs=tuple(calls[0]), force=True, **options
    )
    session = onnxruntime.InferenceSession(file)
    names = [one.name for one in session.get_inputs()]
    outputs = [one.name for one in session.get_outputs()]
    states = {name: f"{name}/next" for name in names if f"{name}/next" in outputs}
    memory = {
        one.name: np.zeros(one.shape, np.int64 if "int64" in one.type else np.float32)
        for one in session.get_inputs()
        if one.name in states
    }
    given = [name for name in names if name not in states]
    module = torch.jit.load(str(path)).eval()
    is_number = [str(argument.type) == "int" for argument in script.forward.schema.arguments[1:]]
    for number, call in enumerate(calls):
        own = [
            one.item() if numeric and isinstance(one, torch.Tensor) else one
            for one, numeric in zip(call, is_number, strict=False)
        ]
        with torch.no_grad():
            expected = torch.utils._pytree.tree_leaves(module(*own))
        feeds = dict(zip(given, _arrays(call), strict=True))
        results = dict(zip(outputs, session.run(None, {**feeds, **memory}), strict=True))
        memory = {name: results.pop(output) for name, output in states.items()}
        assert len(results) == len(expected)
        for (name, array), wanted in zip(results.items(), expected, strict=True):
            np.testing.assert_allclose(
                array, wanted.numpy(), rtol=1e-4, atol=1e-5, err_msg=f"{name} of call {number}"
            )
    return session


def _arrays(call: Sequence[Any]) -> list[np.ndarray]:
    """Return the tensors that a module is called with, in order; numbers of Python are no inputs."""
    leaves = torch.utils._pytree.tree_leaves(call)
    return [leaf.numpy() for leaf in leaves if isinstance(leaf, torch.Tensor)]


def floats(*shape: int) -> Any:
    return torch.randn(shape)


CALLS: dict[str, Callable[[], Sequence[Sequence[Any]]]] = {
    "Branches": lambda: [(floats(3, 6),), (floats(3, 6),)],
    "Loops": lambda: [(floats(3, 6),)],
    "InPlace": lambda: [(floats(3, 6),)],
    "Data": lambda: [(floats(3, 6) + 1,), (floats(3, 6) - 1,)],
    "Rate": lambda: [(floats(2, 6), torch.tensor(16)), (floats(2, 6), torch.tensor(8))],
    "Lazy": lambda: [(floats(3, 6),) for _ in range(4)],
    "Buffers": lambda: [(floats(3, 6),) for _ in range(4)],
    "Kept": lambda: [(floats(3, 6) + shift,) for shift in (1, -1, 1, -1)],
    "Attention": lambda: [(floats(2, 5, 8),)],
    "Recurrent": lambda: [(floats(2, 5, 6),)],
    "Image": lambda: [(floats(1, 3, 16, 16),)],
    "Containers": lambda: [(floats(2, 6),)],
    "Numbers": lambda: [(floats(2, 6),)],
    "Nested": lambda: [((floats(2, 3), floats(2, 3)), {"a": floats(2, 3)})],
}


@pytest.mark.parametrize("name", CALLS)
def test_scripted(name: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    script = torch.jit.script(getattr(handwritten, name)().eval())
    same(script, CALLS[name](), tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_modules(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted modules of what TorchScript has, each called three times."""
    name = f"random_module_{seed}"
    (tmp_path / f"{name}.py").write_text(random_modules.source(seed))
    monkeypatch.syspath_prepend(tmp_path)
    torch.manual_seed(seed)
    script = torch.jit.script(importlib.import_module(name).Net().eval())
    calls = [(floats(3, 6) + shift, floats(3, 6)) for shift in (0.3, -0.3, 0.3)]
    same(script, calls, tmp_path)
