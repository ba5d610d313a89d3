"""One decoding step of a GPT-2-like net: 6 layers, 512 features, 8 heads, 64 past tokens. 45 M parameters.

Keys and values of the past are inputs and outputs, the mask is additive, the output matrix is the transposed
embedding, as exports that keep the cache have it.
"""

import math

import numpy as np
from onnx import TensorProto

from nets.builder import NetBuilder

WORDS, FEATURES, HEADS, LAYERS, PAST, CONTEXT = 50257, 512, 8, 6, 64, 1024
SIZE = FEATURES // HEADS
PADDING = 4
"""How many of the sample's past tokens are masked."""
LOWEST = -3.4028234663852886e38


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("gpt2_step", seed=9)
    ids = net.input("input_ids", (1, 1), np.array(4321))
    positions = net.input("position_ids", (1, 1), np.array(PAST - PADDING))
    mask = additive_mask(net, net.input("attention_mask", (1, PAST + 1), np.arange(PAST + 1) >= PADDING))
    words = net.weight((WORDS, FEATURES), 0.05)
    places = net.node("Gather", net.weight((CONTEXT, FEATURES), 0.05), positions, axis=0)
    value = net.node("Add", net.node("Gather", words, ids, axis=0), places)
    for layer in range(LAYERS):
        attention = self_attention(net, normalise(net, value), mask, layer)
        value = net.node("Add", attention, value)
        hidden = gelu(net, net.linear(normalise(net, value), FEATURES, 4 * FEATURES))
        value = net.node("Add", value, net.linear(hidden, 4 * FEATURES, FEATURES, gain=0.5))
    logits = net.node("MatMul", normalise(net, value), net.node("Transpose", words, perm=(1, 0)))
    net.output(logits, "logits")
    return net


def additive_mask(net: NetBuilder, attention: str) -> str:
    """Turn 1 (attend) into 0 and 0 into the lowest float: [1, 1, 1, 65]."""
    mask = net.node("Unsqueeze", attention, net.constant([1, 2], "int64"))
    inverted = net.node("Sub", net.shared("one", 1.0), net.node("Cast", mask, to=TensorProto.FLOAT))
    return net.node("Mul", inverted, net.shared("lowest", LOWEST))


def self_attention(net: NetBuilder, value: str, mask: str, layer: int) -> str:
    """Attend to the past and this token; keys and values of both become outputs."""
    sizes = net.constant([FEATURES] * 3, "int64")
    projected = net.linear(value, FEATURES, 3 * FEATURES)
    heads = net.constant([1, 1, HEADS, SIZE], "int64")
    query, key, content = (
        net.node("Transpose", net.node("Reshape", part, heads), perm=(0, 2, 1, 3))
        for part in net.nodes("Split", projected, sizes, outputs=3, axis=2)
    )
    keys = with_past(net, key, f"key.{layer}")
    contents = with_past(net, content, f"value.{layer}")
    scores = net.node("MatMul", query, net.node("Transpose", keys, perm=(0, 1, 3, 2)))
    scaled = net.node("Div", scores, net.shared("root_of_size", math.sqrt(SIZE)))
    shares = net.node("Softmax", net.node("Add", scaled, mask), axis=-1)
    context = net.node("Transpose", net.node("MatMul", shares, contents), perm=(0, 2, 1, 3))
    joined = net.node("Reshape", context, net.constant([1, 1, FEATURES], "int64"))
    return net.linear(joined, FEATURES, FEATURES)


def with_past(net: NetBuilder, present: str, name: str) -> str:
    """Join keys or values [1, heads, 1, size] to those of the past; the result is an output."""
    joined = net.node("Concat", net.input(f"past.{name}", (1, HEADS, PAST, SIZE)), present, axis=2)
    net.output(joined, f"present.{name}")
    return joined


def normalise(net: NetBuilder, value: str) -> str:
    """Layer normalisation over the features, as one operator."""
    scale, bias = net.constant([1.0] * FEATURES), net.weight((FEATURES,), 0.1)
    return net.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=1e-5)


def gelu(net: NetBuilder, value: str) -> str:
    """GELU by tanh: x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))."""
    cube = net.node("Mul", net.node("Pow", value, net.shared("three", 3.0)), net.shared("cubic", 0.044715))
    inner = net.node("Mul", net.node("Add", value, cube), net.shared("root", math.sqrt(2 / math.pi)))
    tanh = net.node("Add", net.node("Tanh", inner), net.shared("one", 1.0))
    return net.node("Mul", net.node("Mul", value, net.shared("half", 0.5)), tanh)
