"""Whole models with operators of com.microsoft, as ONNX Runtime's optimiser and exports have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numeric import run_model
from onnx import TensorProto, helper

from operators.microsoft.microsoft_models import Arrays, assert_same, exported, model_of, run_graph

HEADS, SIZE, KEY_HEADS = 4, 16, 2
WIDTH = HEADS * SIZE
WORDS = 40


class Builder:
    """Nodes and weights of a model, as they are added."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: Arrays = {}
        self._numbers = np.random.default_rng(seed)

    def add(
        self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: object
    ) -> str:
        name = f"{operator}_{len(self.nodes)}"
        results = [name, *(f"{name}_{index}" for index in range(1, outputs))]
        self.nodes.append(helper.make_node(operator, inputs, results, name, domain=domain, **attributes))
        return name

    def microsoft(self, operator: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        return self.add(operator, *inputs, outputs=outputs, domain="com.microsoft", **attributes)

    def weight(self, *shape: int, scale: float = 0.3) -> str:
        return self.constant((scale * self._numbers.standard_normal(shape)).astype(np.float32))

    def packed(self, *shape: int) -> str:
        return self.constant(self._numbers.integers(0, 256, shape).astype(np.uint8))

    def constant(self, array: np.ndarray) -> str:
        name = f"weight_{len(self.constants)}"
        self.constants[name] = array
        return name

    def numbers(self, *numbers: int) -> str:
        return self.constant(np.array(numbers, np.int64))


def _encoder() -> onnx.ModelProto:
    """Return a layer of BERT as torch.onnx writes it: ONNX's operators only, batch and length free."""
    build = Builder(1)

    def linear(x: str, rows: int, columns: int) -> str:
        return build.add("Add", build.add("MatMul", x, build.weight(rows, columns)), build.weight(columns))

    def by_head(x: str, *order: int) -> str:
        apart = build.add("Reshape", linear(x, WIDTH, WIDTH), build.numbers(0, 0, HEADS, SIZE))
        return build.add("Transpose", apart, perm=order)

    def normal(x: str) -> str:
        centred = build.add("Sub", x, build.add("ReduceMean", x, axes=[-1]))
        squares = build.add("Pow", centred, build.constant(np.float32(2)))
        variance = build.add(
            "Add", build.add("ReduceMean", squares, axes=[-1]), build.constant(np.float32(1e-5))
        )
        upright = build.add("Div", centred, build.add("Sqrt", variance))
        return build.add("Add", build.add("Mul", upright, build.weight(WIDTH)), build.weight(WIDTH))

    words = build.add("Gather", build.weight(WORDS, WIDTH), "ids")
    x = normal(build.add("Add", words, build.add("Gather", build.weight(2, WIDTH), "kinds")))
    mask = build.add("Unsqueeze", build.add("Unsqueeze", "mask", axes=[1]), axes=[2])
    hidden = build.add("Sub", build.constant(np.float32(1)), build.add("Cast", mask, to=TensorProto.FLOAT))
    bias = build.add("Mul", hidden, build.constant(np.float32(-10000)))
    q, k, v = by_head(x, 0, 2, 1, 3), by_head(x, 0, 2, 3, 1), by_head(x, 0, 2, 1, 3)
    products = build.add("Div", build.add("MatMul", q, k), build.constant(np.float32(SIZE**0.5)))
    shares = build.add("Softmax", build.add("Add", products, bias), axis=3)
    found = build.add("Transpose", build.add("MatMul", shares, v), perm=[0, 2, 1, 3])
    joined = build.add("Reshape", found, build.numbers(0, 0, WIDTH))
    x = normal(build.add("Add", linear(joined, WIDTH, WIDTH), x))
    wide = linear(x, WIDTH, 2 * WIDTH)
    error = build.add("Erf", build.add("Div", wide, build.constant(np.float32(2**0.5))))
    opened = build.add("Add", error, build.constant(np.float32(1)))
    gelu = build.add("Mul", build.add("Mul", wide, opened), build.constant(np.float32(0.5)))
    y = normal(build.add("Add", linear(gelu, 2 * WIDTH, WIDTH), x))
    build.nodes.append(helper.make_node("Identity", [y], ["y"]))
    feeds = _sentences(1, 1)
    shapes = {name: ["B", "L"] for name in feeds}
    model = model_of(build.nodes, feeds, build.constants, ["y"], shapes)
    model.opset_import[0].version = 12  # the optimiser knows attention of older opsets only
    return model


def _sentences(batch: int, length: int) -> Arrays:
    numbers = np.random.default_rng(batch + 10 * length)
    mask = np.ones((batch, length), np.int64)
    mask[-1, length // 2 + 1 :] = 0
    return {
        "ids": numbers.integers(0, WORDS, (batch, length)),
        "kinds": numbers.integers(0, 2, (batch, length)),
        "mask": mask,
    }


def test_encoder_as_the_optimiser_of_onnx_runtime_writes_it(tmp_path: Path) -> None:
    model = _encoder()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(model.SerializeToString(), options)
    optimised = onnx.load(options.optimized_model_filepath)
    fused = {node.op_type for node in optimised.graph.node if node.domain == "com.microsoft"}
    assert fused >= {"Attention", "BiasGelu", "SkipLayerNormalization"}
    graph = exported(optimised, tmp_path)
    for batch, length in ((1, 1), (2, 7), (3, 4)):
        feeds = _sentences(batch, length)
        assert_same(graph, feeds, run_model(model, feeds), atol=1e-4)


def _decoder() -> onnx.ModelProto:
    """Return two layers of a decoder as Hugging Face exports them: with a cache, and weights of 4 bits."""
    build = Builder(2)

    def linear(x: str, rows: int, columns: int) -> str:
        blocks = rows // 32
        return build.microsoft(
            "MatMulNBits",
            x,
            build.packed(columns, blocks, 16),
            build.weight(columns, blocks, scale=0.02),
            build.packed(columns, -(-blocks // 2)),
            K=rows,
            N=columns,
            bits=4,
            block_size=32,
        )

    counts = build.add("ReduceSum", "attention_mask", build.numbers(1), keepdims=0)
    last = build.add("Cast", build.add("Sub", counts, build.numbers(1)), to=TensorProto.INT32)
    length = build.add("Gather", build.add("Shape", "attention_mask"), build.constant(np.array(1)), axis=0)
    total = build.add("Cast", length, to=TensorProto.INT32)
    angles = np.arange(64)[:, None] / 100 ** (np.arange(SIZE // 2) / (SIZE // 2))
    turns = [build.constant(part(angles).astype(np.float32)) for part in (np.cos, np.sin)]
    table = (
        build.packed(WORDS, WIDTH // 2),
        "input_ids",
        build.weight(WORDS, WIDTH // 32),
        build.packed(WORDS, WIDTH // 64),
    )
    x = build.microsoft("GatherBlockQuantized", *table, bits=4, block_size=32, quantize_axis=1)
    normal = build.add(
        "SimplifiedLayerNormalization", x, build.weight(WIDTH), axis=-1, epsilon=1e-6, stash_type=1
    )
    outputs = []
    for layer in range(2):
        key_width = KEY_HEADS * SIZE
        operands = (
            linear(normal, WIDTH, WIDTH),
            linear(normal, WIDTH, key_width),
            linear(normal, WIDTH, key_width),
        )
        past = [f"past_key_values.{layer}.{name}" for name in ("key", "value")]
        attended = build.microsoft(
            "GroupQueryAttention",
            *operands,
            *past,
            last,
            total,
            *turns,
            outputs=3,
            num_heads=HEADS,
            kv_num_heads=KEY_HEADS,
            do_rotary=1,
            rotary_interleaved=0,
        )
        for index, name in enumerate(("key", "value"), 1):
            outputs.append(f"present.{layer}.{name}")
            build.nodes.append(helper.make_node("Identity", [f"{attended}_{index}"], [outputs[-1]]))
        block = linear(attended, WIDTH, WIDTH)
        skip = ("SkipSimplifiedLayerNormalization", x, block, build.weight(WIDTH))
        normal = build.microsoft(*skip, outputs=4, epsilon=1e-6)
        x = f"{normal}_3"
        gate, up = linear(normal, WIDTH, 2 * WIDTH), linear(normal, WIDTH, 2 * WIDTH)
        opened = build.add("Mul", build.microsoft("QuickGelu", gate, alpha=1.0), up)
        skip = ("SkipSimplifiedLayerNormalization", x, linear(opened, 2 * WIDTH, WIDTH), build.weight(WIDTH))
        normal = build.microsoft(*skip, outputs=4, epsilon=1e-6)
        x = f"{normal}_3"
    build.nodes.append(helper.make_node("Identity", [linear(normal, WIDTH, WORDS)], ["logits"]))
    for node in build.nodes:  # those for training are left out
        if node.op_type == "SkipSimplifiedLayerNormalization":
            node.output[1], node.output[2] = "", ""
    feeds = _run(1, 1, 0)
    shapes = {"input_ids": ["B", "L"], "attention_mask": ["B", "T"]}
    shapes |= {name: ["B", KEY_HEADS, "P", SIZE] for name in feeds if name.startswith("past")}
    return model_of(build.nodes, feeds, build.constants, ["logits", *outputs], shapes)


def _run(batch: int, new: int, past: int) -> Arrays:
    """Return the feeds of a first run, or of one behind a past of zeros."""
    numbers = np.random.default_rng(new + 10 * past)
    cache = np.zeros((batch, KEY_HEADS, past, SIZE), np.float32)
    return {
        "input_ids": numbers.integers(0, WORDS, (batch, new)),
        "attention_mask": np.ones((batch, past + new), np.int64),
        **{f"past_key_values.{layer}.{name}": cache for layer in range(2) for name in ("key", "value")},
    }


def test_decoder_with_a_cache(tmp_path: Path) -> None:
    model = _decoder()
    graph = exported(model, tmp_path)
    for batch, first in ((1, 5), (2, 1), (3, 4)):
        feeds = _run(batch, first, 0)
        for step in range(3):
            expected = run_model(model, feeds)
            assert_same(graph, feeds, expected, atol=2e-4)
            feeds = _run(batch, 1, first + step)
            for name, array in expected.items():
                if name.startswith("present"):
                    feeds[name.replace("present", "past_key_values")] = array


def test_decoder_takes_a_run_as_it_takes_its_steps(tmp_path: Path) -> None:
    """A sequence of one run gives what its entries give one after the other."""
    graph = exported(_decoder(), tmp_path)
    whole = _run(1, 6, 0)
    expected = run_graph(graph, whole)["logits"]
    feeds = _run(1, 1, 0)
    for step in range(6):
        feeds["input_ids"] = whole["input_ids"][:, step : step + 1]
        results = run_graph(graph, feeds)
        np.testing.assert_allclose(results["logits"][:, 0], expected[:, step], rtol=1e-3, atol=1e-3)
        feeds = _run(1, 1, step + 1)
        for name, array in results.items():
            if name.startswith("present"):
                feeds[name.replace("present", "past_key_values")] = array
