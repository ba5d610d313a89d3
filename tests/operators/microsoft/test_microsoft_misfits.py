"""Operators of com.microsoft with operands and attributes at random: exported or refused, never a crash."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import Layer, exported
from operators.microsoft.test_microsoft_attention import random_attention, random_multi_head
from operators.microsoft.test_microsoft_decoders import random_group_query
from texelflow.errors import ExportError
from texelflow.operators import MANY, registry

LAYERS = 60
DTYPES = (np.float32, np.float32, np.float32, np.uint8, np.int8, np.int32, np.int64)
NUMBERS = {
    "a number": (0.0, 0.5, -1.0),
    "a whole number": (0, 1, 2, 4, 16, -1),
    "0 or 1": (0, 1),
    "a list of whole numbers": ([4, 4, 4], [1], [0, 0, 0]),
}
OPERATORS = sorted(name for domain, name in registry() if domain == "com.microsoft")


@pytest.mark.parametrize("operator", OPERATORS)
def test_misfits(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    meaning = registry()["com.microsoft", operator]
    least, most = meaning.inputs
    for _ in range(LAYERS):
        count = source.randint(least, min(most, least + 6) if most == MANY else most)
        feeds, constants, shapes, inputs = {}, {}, {}, []
        usual = [source.choice((1, 2, 4, 12)) for _ in range(5)]
        for index in range(count):
            name = f"x{index}" if index < least or source.random() < 0.6 else ""
            inputs.append(name)
            if not name:
                continue
            rank = source.choice((0, 1, 2, 3, 3, 4, 5))
            shape = [source.choice((1, 4, usual[axis])) for axis in range(rank)]
            array = np.zeros(shape, source.choice(DTYPES))
            if source.random() < 0.4:
                constants[name] = array
            else:
                feeds[name] = array
                shapes[name] = [source.choice((extent, extent, "NML"[extent % 3])) for extent in shape]
        attributes = {
            name: source.choice(NUMBERS[kind])
            for name, kind in meaning.attributes.items()
            if kind in NUMBERS and source.random() < 0.7
        }
        outputs = ["y", "z", "u", "v"][: source.choice((1, 1, 2, 3, 4))]
        layer = Layer(operator, inputs, feeds, constants, attributes, outputs, shapes)
        with suppress(ExportError):
            exported(layer.model(), tmp_path)


@pytest.mark.parametrize("fitting", [random_attention, random_multi_head, random_group_query])
def test_one_misfit(fitting: Callable[[random.Random], Layer], tmp_path: Path) -> None:
    """One operand of a node that fits otherwise has another type, rank or extent, or is missing."""
    source = random.Random(fitting.__name__)
    refused = 0
    for _ in range(3 * LAYERS):
        layer = fitting(source)
        name = source.choice([*layer.feeds, *layer.constants])
        arrays = layer.feeds if name in layer.feeds else layer.constants
        array = arrays[name]
        change = source.choice(("type", "rank", "extent", "none"))
        if change == "type":
            arrays[name] = array.astype(source.choice(DTYPES))
        elif change == "rank":
            arrays[name] = array[..., None] if source.random() < 0.5 else array.reshape(-1)
        elif change == "extent" and array.ndim:
            extents = [*array.shape]
            extents[source.randrange(array.ndim)] += 1
            arrays[name] = np.zeros(extents, array.dtype)
        else:
            layer.inputs = ["" if given == name else given for given in layer.inputs]
            del arrays[name]
        try:
            exported(layer.model(), tmp_path)
        except ExportError:
            refused += 1
    assert refused > LAYERS
