"""Whichever library runs a model: inputs that it does not take say nothing of the bundle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from texelflow.checking.references import Reference
from texelflow.checking.references.pytorch import PyTorchReference
from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.references.tensorflow import TensorFlowReference

MODEL = Path("network")


def refuse(*_arguments: Any, **_named: Any) -> None:
    raise ValueError("incompatible shapes")


def in_tensorflow() -> Reference:
    """A model of which TensorFlow, for which its session stands in, does not take the inputs."""
    reference = TensorFlowReference.__new__(TensorFlowReference)
    reference._model, reference._tensors, reference._outputs = MODEL, {"x": "x:0"}, []
    reference._session = SimpleNamespace(run=refuse)
    return reference


def in_pytorch() -> Reference:
    """A program that does not take the inputs; torch has a stand-in."""
    reference = PyTorchReference.__new__(PyTorchReference)
    reference._model, reference._named, reference._spec, reference._outputs = MODEL, ["x"], None, []
    tree = SimpleNamespace(tree_unflatten=lambda given, _: (given, {}), tree_leaves=list)
    reference._torch = SimpleNamespace(
        utils=SimpleNamespace(_pytree=tree), from_numpy=lambda array: array, no_grad=nullcontext
    )
    reference._module = refuse
    return reference


@pytest.mark.parametrize("open_model", [in_tensorflow, in_pytorch])
def test_inputs_that_a_reference_does_not_take(open_model: Callable[[], Reference]) -> None:
    with pytest.raises(
        RefusedByReferenceError, match=r"refuses network with these inputs.*incompatible shapes"
    ):
        open_model().run({"x": np.zeros(2, np.float32)})
