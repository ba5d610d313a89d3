"""com.microsoft's Attention and MultiHeadAttention, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import (
    Arrays,
    Layer,
    assert_same,
    check,
    exported,
    normal,
    run_graph,
    with_free_sizes,
)
from texelflow.errors import ExportError

LAYERS = 60


def _mask(source: random.Random, batch: int, queries: int, keys: int, forms: list[str]) -> np.ndarray:
    """Return a mask of one of the forms; each sequence has a key that is seen."""
    generator = np.random.default_rng(source.randrange(2**32))
    form = source.choice(forms)
    if form == "ends":
        return generator.integers(1, keys + 1, batch).astype(np.int32)
    if form == "ends and starts":
        starts = generator.integers(0, keys, batch)
        return np.concatenate([generator.integers(starts + 1, keys + 1), starts]).astype(np.int32)
    shape = (batch, keys) if form == "keys" else (batch, queries, keys)
    mask = generator.integers(0, 2, shape)
    mask[..., 0] = 1
    return mask.astype(np.int32)


def random_attention(source: random.Random) -> Layer:
    batch, length, width = (source.choice(sizes) for sizes in ((1, 3), (1, 4), (5, 8)))
    heads, size = source.choice((1, 2)), source.choice((1, 4))
    past = source.choice((0, 0, 3))
    value_size = size if past or source.random() < 0.7 else 3
    widths = [heads * size, heads * size, heads * value_size]
    keys = past + length
    inputs = ["x", "w", "", "", "", ""]
    feeds = {"x": normal(source, batch, length, width)}
    constants = {"w": 0.5 * normal(source, width, sum(widths))}
    attributes = {"num_heads": heads, "unidirectional": source.choice((0, 1))}
    if value_size != size:
        attributes["qkv_hidden_sizes"] = widths
    inputs[2], constants["b"] = "b", normal(source, sum(widths))
    if source.random() < 0.6:
        inputs[3] = "mask"
        feeds["mask"] = _mask(source, batch, length, keys, ["ends", "ends and starts", "keys", "rows"])
    if past:
        inputs[4], feeds["past"] = "past", normal(source, 2, batch, heads, past, size)
    if not past and source.random() < 0.3:  # ONNX Runtime does not take both
        inputs[5] = "bias"
        leading = source.choice(((1, 1), (batch, 1), (1, heads), (batch, heads)))
        feeds["bias"] = normal(source, *leading, length, keys)
    if source.random() < 0.3:
        attributes["scale"] = 0.3
    # Where all keys of a row are hidden, 10000 would leave their products but 3 digits.
    if source.random() < 0.3 or attributes["unidirectional"]:
        attributes["mask_filter_value"] = source.choice((-5.0, -50.0))
    outputs = ["y", "present"] if past or (value_size == size and source.random() < 0.3) else ["y"]
    return Layer("Attention", inputs, feeds, constants, attributes, outputs)


def test_attentions(tmp_path: Path) -> None:
    source = random.Random(21)
    for _ in range(LAYERS):
        check(random_attention(source), tmp_path)


def test_attention_of_free_sizes(tmp_path: Path) -> None:
    source = random.Random(22)

    def feeds(batch: int, length: int, past: int) -> Arrays:
        return {
            "x": normal(source, batch, length, 6),
            "mask": _mask(source, batch, length, past + length, ["keys"]),
            "past": normal(source, 2, batch, 2, past, 4),
        }

    shapes = {"x": ["B", "L", 6], "mask": ["B", "T"], "past": [2, "B", 2, "P", 4]}
    constants = {"w": normal(source, 6, 24), "b": normal(source, 24)}
    layer = Layer(
        "Attention",
        ["x", "w", "b", "mask", "past"],
        feeds(2, 3, 4),
        constants,
        {"num_heads": 2, "unidirectional": 1},
        ["y", "present"],
        shapes,
    )
    with_free_sizes(layer, [feeds(1, 1, 5), feeds(1, 5, 0)], tmp_path)


def test_square_mask_is_cut_to_its_last_rows(tmp_path: Path) -> None:
    source = random.Random(23)
    mask = np.tril(np.ones((2, 1, 8, 8), np.int32))
    mask[:, :, :, 2] = 0
    feeds = {"x": normal(source, 2, 3, 6), "mask": mask, "past": normal(source, 2, 2, 2, 2, 4)}
    constants = {"w": normal(source, 6, 24), "b": normal(source, 24)}
    layer = Layer(
        "Attention", ["x", "w", "b", "mask", "past"], feeds, constants, {"num_heads": 2}, ["y", "p"]
    )
    result = run_graph(exported(layer.model(), tmp_path), feeds)
    layer.feeds = {**feeds, "mask": np.ascontiguousarray(mask[:, 0, 2:5, :5])}
    assert_same(exported(layer.model(), tmp_path), layer.feeds, result)


def random_multi_head(source: random.Random) -> Layer:
    batch, length, heads = (source.choice(sizes) for sizes in ((1, 3), (1, 4), (1, 2)))
    size, value_size = source.choice((1, 4)), source.choice((4, 3))
    is_of_another_run = source.random() < 0.2
    past = 0 if is_of_another_run else source.choice((0, 0, 3))
    new = length if past or source.random() < 0.5 else source.choice((1, 5))
    value_size = size if past else value_size
    keys = past + new
    inputs = ["q", "k", "v", "", "", "", "", ""]
    feeds = {"q": normal(source, batch, length, heads * size)}
    if is_of_another_run:
        feeds["k"] = normal(source, batch, heads, new, size)
        value_size = size
        feeds["v"] = normal(source, batch, heads, new, size)
    else:
        feeds["k"] = normal(source, batch, new, heads * size)
        feeds["v"] = normal(source, batch, new, heads * value_size)
    constants: Arrays = {}
    if not is_of_another_run and source.random() < 0.5:
        inputs[3], constants["b"] = "b", normal(source, heads * (2 * size + value_size))
    if source.random() < 0.5:
        inputs[4], feeds["mask"] = "mask", _mask(source, batch, length, keys, ["ends", "keys", "rows"])
    if source.random() < 0.4:
        inputs[5] = "bias"
        leading = source.choice(((1, 1), (batch, 1), (1, heads), (batch, heads)))
        feeds["bias"] = normal(source, *leading, length, keys)
    outputs = ["y"]
    if past:
        inputs[6:] = ["pk", "pv"]
        feeds["pk"] = normal(source, batch, heads, past, size)
        feeds["pv"] = normal(source, batch, heads, past, value_size)
    if past or (not is_of_another_run and source.random() < 0.4):
        outputs = ["y", "k2", "v2"]
    attributes = {"num_heads": heads}
    if source.random() < 0.3:
        attributes["scale"] = 0.3
    if length == new and source.random() < 0.4:
        attributes["unidirectional"] = 1
    elif len(outputs) > 1 and source.random() < 0.5:
        outputs.append("products")
    return Layer("MultiHeadAttention", inputs, feeds, constants, attributes, outputs)


def test_multi_head_attentions(tmp_path: Path) -> None:
    source = random.Random(24)
    for _ in range(LAYERS):
        check(random_multi_head(source), tmp_path)


@pytest.mark.parametrize("count", [2, 3])
def test_packed_operands(count: int, tmp_path: Path) -> None:
    """ONNX Runtime has packed ones on GPUs only: they are compared with separate ones."""
    source = random.Random(25)
    q, k, v = (normal(source, 2, 3, 4, 5) for _ in range(3))
    bias = {"b": normal(source, 3 * 20)}
    feeds = (
        {"q": np.stack([q, k, v], 3)} if count == 3 else {"q": q.reshape(2, 3, 20), "k": np.stack([k, v], 3)}
    )
    inputs = ["q", "", "", "b"] if count == 3 else ["q", "k", "", "b"]
    layer = Layer("MultiHeadAttention", inputs, feeds, bias, {"num_heads": 4})
    result = run_graph(exported(layer.model(), tmp_path), feeds)
    separate = {name: array.reshape(2, 3, 20) for name, array in (("q", q), ("k", k), ("v", v))}
    same = Layer("MultiHeadAttention", ["q", "k", "v", "b"], separate, bias, {"num_heads": 4})
    assert_same(check(same, tmp_path), separate, result)


def test_multi_head_attention_of_free_sizes(tmp_path: Path) -> None:
    source = random.Random(26)

    def feeds(batch: int, length: int, past: int) -> Arrays:
        arrays = {name: normal(source, batch, length, 8) for name in "qkv"}
        arrays["mask"] = _mask(source, batch, length, past + length, ["keys"])
        return arrays | {name: normal(source, batch, 2, past, 4) for name in ("pk", "pv")}

    shapes = {name: ["B", "L", 8] for name in "qkv"} | {"mask": ["B", "T"]}
    shapes |= {name: ["B", 2, "P", 4] for name in ("pk", "pv")}
    layer = Layer(
        "MultiHeadAttention",
        ["q", "k", "v", "", "mask", "", "pk", "pv"],
        feeds(2, 1, 4),
        {},
        {"num_heads": 2},
        ["y", "k2", "v2"],
        shapes,
    )
    with_free_sizes(layer, [feeds(1, 3, 5), feeds(3, 1, 1)], tmp_path)


REFUSALS = [
    ("Attention", ["x", "w"], {"num_heads": 0}, "num_heads is 0; at least 1 is needed"),
    ("Attention", ["x", "w"], {"num_heads": 5}, "is not a multiple of 5"),
    ("Attention", ["x", "w"], {"num_heads": 2, "do_rotary": 1}, "do_rotary is 1; only 0 is supported"),
    ("Attention", ["x", "w"], {"num_heads": 2, "scale": -1.0}, "scale is -1.0"),
    ("Attention", ["x", "w", "", "i5"], {"num_heads": 2}, "or twice that"),
    ("Attention", ["x", "w", "", "", "", "", "i2"], {"num_heads": 2}, "buffers of a fixed length"),
    ("MultiHeadAttention", ["x"], {"num_heads": 2}, "neither separate nor packed"),
    ("MultiHeadAttention", ["x", "x"], {"num_heads": 2}, "not both of rank 3 or 4"),
    ("MultiHeadAttention", ["x", "x", "x"], {"num_heads": 3}, "is not a multiple of 3"),
    ("MultiHeadAttention", ["x", "x", "x", "", "x"], {"num_heads": 2}, "its mask has type float32"),
    ("MultiHeadAttention", ["x", "x", "x", "", "i5"], {"num_heads": 2}, "or twice that"),
    ("MultiHeadAttention", ["x", "x", "x", "", "", "", "x"], {"num_heads": 2}, "both or none are needed"),
]


@pytest.mark.parametrize(("operator", "inputs", "attributes", "reason"), REFUSALS)
def test_refusals(
    operator: str, inputs: list[str], attributes: dict[str, float], reason: str, tmp_path: Path
) -> None:
    arrays = {
        "x": np.zeros((2, 3, 8), np.float32),
        "w": np.zeros((8, 24), np.float32),
        "i5": np.zeros(5, np.int32),
        "i2": np.zeros(2, np.int32),
    }
    feeds = {name: arrays[name] for name in dict.fromkeys(inputs) if name}
    layer = Layer(operator, inputs, feeds, attributes=attributes)
    with pytest.raises(ExportError, match=reason):
        exported(layer.model(), tmp_path)
