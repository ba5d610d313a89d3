"""GroupQueryAttention, RotaryEmbedding and RelativePositionBias of com.microsoft, against ONNX Runtime."""

from __future__ import annotations

import random
from math import log
from pathlib import Path

import numpy as np
import pytest
from numeric import run_model
from onnx import helper

from operators.microsoft.microsoft_models import (
    Arrays,
    Layer,
    check,
    exported,
    model_of,
    normal,
    run_graph,
    with_free_sizes,
)
from texelflow.errors import ExportError

LAYERS = 60
POSITIONS = 16


def _angles(source: random.Random, half: int) -> Arrays:
    angles = normal(source, POSITIONS, half)
    return {"cos": np.cos(angles), "sin": np.sin(angles)}


def test_rotary_embeddings(tmp_path: Path) -> None:
    source = random.Random(31)
    for _ in range(LAYERS):
        batch, length, heads = (source.choice(sizes) for sizes in ((1, 3), (1, 4), (1, 2)))
        size = source.choice((4, 8))
        is_partial, by_head = source.random() < 0.4, source.random() < 0.4
        half = size // 4 if is_partial else size // 2
        shape = (batch, heads, length, size) if by_head else (batch, length, heads * size)
        attributes = {"interleaved": source.choice((0, 1))}
        if is_partial:
            attributes |= {"rotary_embedding_dim": 2 * half, "num_heads": heads}
        elif source.random() < 0.5:
            attributes["num_heads"] = heads
        generator = np.random.default_rng(source.randrange(2**32))
        at = generator.integers(0, POSITIONS, (batch, length)) if source.random() < 0.6 else np.array([5])
        feeds = {"x": normal(source, *shape), "at": at.astype(np.int64)}
        layer = Layer("RotaryEmbedding", ["x", "at", "cos", "sin"], feeds, _angles(source, half), attributes)
        check(layer, tmp_path)


@pytest.mark.parametrize("first", [True, False])
def test_rotary_embedding_of_free_sizes(first: bool, tmp_path: Path) -> None:
    source = random.Random(32)

    def feeds(batch: int, length: int) -> Arrays:
        at = np.array([3]) if first else np.tile(np.arange(length), (batch, 1))
        return {"x": normal(source, batch, length, 16), "at": at.astype(np.int64)}

    shapes = {"x": ["B", "L", 16], "at": [1] if first else ["B", "L"]}
    inputs, attributes = ["x", "at", "cos", "sin"], {"num_heads": 2}
    layer = Layer("RotaryEmbedding", inputs, feeds(1, 4), _angles(source, 4), attributes, shapes=shapes)
    with_free_sizes(layer, [feeds(3, 1), feeds(2, 7)], tmp_path)


def _cache(
    source: random.Random, batch: int, new: int, past: int, heads: int, key_heads: int, size: int
) -> Arrays:
    """Return the feeds of a run: `new` entries behind a cache of `past`."""
    return {
        "q": normal(source, batch, new, heads * size),
        "k": normal(source, batch, new, key_heads * size),
        "v": normal(source, batch, new, key_heads * size),
        "pk": normal(source, batch, key_heads, past, size),
        "pv": normal(source, batch, key_heads, past, size),
        "last": np.full(batch, past + new - 1, np.int32),
        "total": np.array(past + new, np.int32),
    }


INPUTS = ["q", "k", "v", "pk", "pv", "last", "total"]


def random_group_query(source: random.Random) -> Layer:
    batch, key_heads, size = (source.choice(sizes) for sizes in ((1, 3), (1, 2), (16, 32)))
    heads = key_heads * source.choice((1, 2, 3))
    past = source.choice((0, 0, 5))
    # ONNX Runtime takes several entries behind a past of one sequence only.
    new = 1 if past and batch > 1 else source.choice((1, 4))
    feeds, constants = _cache(source, batch, new, past, heads, key_heads, size), {}
    inputs = [*INPUTS, "", "", "", ""]
    attributes = {"num_heads": heads, "kv_num_heads": key_heads}
    if source.random() < 0.3:
        packed = np.concatenate([feeds.pop(name) for name in "qkv"], axis=2)
        feeds["q"], inputs[1:3] = packed, ["", ""]
    if past == 0 and source.random() < 0.5:
        inputs[3:5] = ["", ""]
        feeds.pop("pk"), feeds.pop("pv")
    if source.random() < 0.6:
        attributes |= {"do_rotary": 1, "rotary_interleaved": source.choice((0, 1))}
        inputs[7:9], constants = ["cos", "sin"], _angles(source, source.choice((8, size // 2)))
        if source.random() < 0.3:
            inputs[9] = "at"
            feeds["at"] = np.tile(np.arange(past, past + new), (batch, 1)).astype(np.int64)
    if source.random() < 0.3:
        inputs[10] = "bias"
        leading = source.choice(((1, 1), (batch, 1), (1, heads), (batch, heads)))
        feeds["bias"] = normal(source, *leading, new, past + new)
    for name, numbers in {"softcap": (2.0,), "scale": (0.2,), "local_window_size": (1, 2, 4)}.items():
        if source.random() < 0.3:
            attributes[name] = source.choice(numbers)
    return Layer("GroupQueryAttention", inputs, feeds, constants, attributes, ["y", "k2", "v2"])


def test_group_query_attentions(tmp_path: Path) -> None:
    source = random.Random(33)
    for _ in range(2 * LAYERS):
        check(random_group_query(source), tmp_path)


def test_group_query_attention_of_free_sizes(tmp_path: Path) -> None:
    source = random.Random(34)
    attributes = {"num_heads": 4, "kv_num_heads": 2, "do_rotary": 1}
    shapes: dict[str, list[int | str]] = {"q": ["B", "L", 64], "k": ["B", "L", 32], "v": ["B", "L", 32]}
    shapes |= {name: ["B", 2, "P", 16] for name in ("pk", "pv")} | {"last": ["B"]}
    inputs = [*INPUTS, "cos", "sin"]
    feeds = [
        _cache(source, *sizes, 4, 2, 16) for sizes in ((2, 1, 4), (1, 5, 0), (1, 1, 1), (1, 3, 6), (3, 2, 0))
    ]
    outputs = ["y", "k2", "v2"]
    layer = Layer("GroupQueryAttention", inputs, feeds[0], _angles(source, 8), attributes, outputs, shapes)
    with_free_sizes(layer, feeds[1:], tmp_path)
    [warning] = exported(layer.model(), tmp_path).warnings
    assert "of equal length" in warning
    layer.shapes = {
        name: [1 if extent == "B" else extent for extent in shape] for name, shape in shapes.items()
    }
    assert exported(layer.model(), tmp_path).warnings == []


def test_padding_behind_a_first_run_changes_nothing_before_it(tmp_path: Path) -> None:
    source = random.Random(35)
    feeds = _cache(source, 2, 5, 0, 2, 2, 16)
    attributes = {"num_heads": 2, "kv_num_heads": 2}
    layer = Layer("GroupQueryAttention", INPUTS, feeds, {}, attributes, ["y", "k2", "v2"])
    graph = check(layer, tmp_path)
    shorter = {**feeds, "last": np.array([4, 2], np.int32)}
    expected, result = run_model(layer.model(), shorter)["y"], run_graph(graph, shorter)["y"]
    np.testing.assert_allclose(result[0], expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(result[1, :3], expected[1, :3], rtol=1e-4, atol=1e-5)


REFUSALS = [
    ({"smooth_softmax": 1}, {}, "smooth_softmax is not supported"),
    ({"kv_num_heads": 3}, {}, "is not a multiple of 3"),
    ({"local_window_size": 0}, {}, "local_window_size is 0"),
    ({"causal": 0}, {}, "causal is 0; only 1 is supported"),
    ({"kv_cache_bit_width": 4}, {}, "kv_cache_bit_width is 4"),
    ({"do_rotary": 1}, {}, "input 7 is missing"),
    ({}, {"last": np.zeros(3, np.int32)}, "seqlens_k and the batch differ"),
    ({}, {"pk": np.zeros((2, 2, 4, 4), np.float32)}, "past keys along axis 3"),
    ({}, {"pk": np.zeros((2, 2, 3, 8), np.float32)}, "the numbers of past keys and values differ"),
]


@pytest.mark.parametrize(("attributes", "others", "reason"), REFUSALS)
def test_refusals(attributes: dict[str, int], others: Arrays, reason: str, tmp_path: Path) -> None:
    feeds = _cache(random.Random(1), 2, 1, 4, 2, 2, 8) | others
    own = {"num_heads": 2, "kv_num_heads": 2, **attributes}
    with pytest.raises(ExportError, match=reason):
        exported(Layer("GroupQueryAttention", INPUTS, feeds, {}, own).model(), tmp_path)


def test_buffer_of_a_fixed_length_is_refused(tmp_path: Path) -> None:
    feeds = _cache(random.Random(1), 1, 1, 16, 2, 2, 8)
    feeds.pop("total")
    attributes = {"num_heads": 2, "kv_num_heads": 2}
    layer = Layer("GroupQueryAttention", INPUTS, feeds, {"total": np.array(9, np.int32)}, attributes)
    with pytest.raises(ExportError, match="a buffer of a fixed length"):
        exported(layer.model(), tmp_path)


@pytest.mark.parametrize("bidirectional", [0, 1])
def test_relative_positions(bidirectional: int, tmp_path: Path) -> None:
    """ONNX Runtime has them on GPUs only: they are compared with the formula of T5."""
    source = random.Random(36)
    for buckets, most, length in ((32, 128, 300), (8, 20, 30), (8, 20, 1), (16, 33, 50)):
        table = normal(source, buckets, 3)
        constants = {"table": table, "n": np.array([length], np.int64)}
        attributes = {"max_distance": most, "is_bidirectional": bidirectional}
        add = Layer("RelativePositionBias", ["table", "n", "n"], {}, constants, attributes)
        result = run_graph(exported(add.model(), tmp_path), {})["y"]
        assert result.shape == (1, 3, length, length)
        ahead = np.arange(length)[None, :] - np.arange(length)[:, None]
        count = buckets // 2 if bidirectional else buckets
        distance = np.abs(ahead) if bidirectional else np.maximum(-ahead, 0)
        exact = count // 2
        growth = np.log(np.maximum(distance, 1) / exact) / log(most / exact) * (count - exact)
        far = np.minimum(exact + (growth + 1e-6).astype(int), count - 1)
        bucket = np.where(distance < exact, distance, far) + (count * (ahead > 0) if bidirectional else 0)
        np.testing.assert_array_equal(result[0], table[bucket].transpose(2, 0, 1))


def test_relative_positions_of_free_lengths(tmp_path: Path) -> None:
    source = random.Random(37)
    nodes = [
        helper.make_node("Shape", ["x"], ["n"], start=1, end=2),
        helper.make_node(
            "RelativePositionBias", ["table", "n", "n"], ["b"], domain="com.microsoft", max_distance=20
        ),
        helper.make_node("Add", ["b", "z"], ["y"]),
    ]
    feeds = {"x": np.zeros((1, 1, 1), np.float32)}
    constants = {"table": normal(source, 8, 2), "z": np.zeros(1, np.float32)}
    graph = exported(model_of(nodes, feeds, constants, ["y"], {"x": [1, "L", 1]}), tmp_path)
    for length in (1, 9):
        result = run_graph(graph, {"x": np.zeros((1, length, 1), np.float32)})["y"]
        assert result.shape == (1, 2, length, length)
        np.testing.assert_array_equal(result[0, :, 0, :], np.tile(constants["table"][:1].T, (1, length)))
