"""ONNX's own node tests. To compute them takes a quarter of a minute, so they are kept in build/."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

FOLDER = Path(__file__).resolve().parent.parent / "build"


WAVES = {"DFT", "STFT"}
"""Operators whose sums cancel out: they are as exact as one part in 2²³ of the largest result."""


BY_CHANCE = ("test_bernoulli", "test_training_dropout")
"""How the names of tests begin that expect what NumPy drew, of which only types and shapes can be equal.

What random numbers must be, tests/operators/test_random_numbers.py says.
"""


def is_by_chance(name: str) -> bool:
    """Whether a test expects what NumPy drew."""
    return name.startswith(BY_CHANCE) and "zero_ratio" not in name


@dataclass(frozen=True, slots=True)
class NodeTest:
    """A model, pairs of lists of its inputs and outputs as ONNX has them, and the tolerances for these."""

    name: str
    serialized: bytes
    data_sets: Sequence[tuple[Sequence[Any], Sequence[Any]]]
    rtol: float
    atol: float

    @property
    def model(self) -> onnx.ModelProto:
        """The model, anew."""
        model: onnx.ModelProto = onnx.ModelProto.FromString(self.serialized)
        return model


@cache
def node_tests() -> list[NodeTest]:
    """All node tests of the onnx package that is installed."""
    path = FOLDER / f"node-tests-{onnx.__version__}-{np.__version__}.pickle"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # ONNX computes infinities on purpose
            made = [
                NodeTest(test.name, test.model.SerializeToString(), test.data_sets, test.rtol, test.atol)
                for test in load_model_tests(kind="node")
                if test.model is not None and test.data_sets is not None
            ]
        beside = path.with_suffix(f".{os.getpid()}")  # other processes may do the same
        beside.write_bytes(pickle.dumps(made))
        beside.replace(path)
    tests: list[NodeTest] = pickle.loads(path.read_bytes())
    return tests
