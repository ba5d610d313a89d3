"""An encoder of the size of all-MiniLM-L6-v2 at 128 tokens: 6 layers, 384 features, 12 heads.

22.6 M parameters. The nodes are those of the real export: layer normalisation from primitive operators, GELU
by Erf, an additive mask made with Where, scores divided by √32. Sequence and batch are fixed.
"""

import math

import numpy as np
from onnx import TensorProto

from nets.builder import NetBuilder

TOKENS, WORDS, FEATURES, HEADS, INNER, LAYERS = 128, 30522, 384, 12, 1536, 6
PADDING = 16
"""How many of the sample's tokens are masked."""
LOWEST = -3.4028234663852886e38


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("minilm_l6", seed=5)
    ids = net.input("input_ids", (1, TOKENS), net.random.integers(0, WORDS, TOKENS))
    attention = net.input("attention_mask", (1, TOKENS), np.arange(TOKENS) < TOKENS - PADDING)
    value = normalise(net, embed(net, ids))
    mask = additive_mask(net, attention)
    for _ in range(LAYERS):
        value = normalise(net, net.node("Add", self_attention(net, value, mask), value))
        hidden = gelu(net, net.linear(value, FEATURES, INNER))
        value = normalise(net, net.node("Add", net.linear(hidden, INNER, FEATURES), value))
    net.output(value, "last_hidden_state")
    return net


def embed(net: NetBuilder, ids: str) -> str:
    """Sum the embeddings of words, of their type (all zero) and of their positions: [1, 128, 384]."""
    words = net.node("Gather", net.weight((WORDS, FEATURES), 1.0), ids, axis=0)
    types = net.node("Gather", net.weight((2, FEATURES), 0.1), net.constant([[0] * TOKENS], "int64"), axis=0)
    positions = net.constant([list(range(TOKENS))], "int64")
    places = net.node("Gather", net.weight((512, FEATURES), 0.5), positions, axis=0)
    return net.node("Add", net.node("Add", words, types), places)


def additive_mask(net: NetBuilder, attention: str) -> str:
    """Turn 1 (attend) into 0 and 0 into the lowest float: [1, 1, 1, 128]."""
    axes = net.constant([1, 2], "int64")
    mask = net.node("Cast", net.node("Unsqueeze", attention, axes), to=TensorProto.FLOAT)
    inverted = net.node("Sub", net.shared("one", 1.0), mask)
    masked = net.node("Cast", inverted, to=TensorProto.BOOL)
    return net.node("Where", masked, net.constant(LOWEST), inverted)


def self_attention(net: NetBuilder, value: str, mask: str) -> str:
    """Attend with all heads; `mask` is added to the scores."""
    size = FEATURES // HEADS

    def heads(order: tuple[int, ...]) -> str:
        shape = net.constant([1, TOKENS, HEADS, size], "int64")
        parts = net.node("Reshape", net.linear(value, FEATURES, FEATURES), shape)
        return net.node("Transpose", parts, perm=order)

    query, key, content = heads((0, 2, 1, 3)), heads((0, 2, 3, 1)), heads((0, 2, 1, 3))
    scores = net.node("Div", net.node("MatMul", query, key), net.shared("root_of_size", math.sqrt(size)))
    shares = net.node("Softmax", net.node("Add", scores, mask), axis=-1)
    context = net.node("Transpose", net.node("MatMul", shares, content), perm=(0, 2, 1, 3))
    joined = net.node("Reshape", context, net.constant([1, TOKENS, FEATURES], "int64"))
    return net.linear(joined, FEATURES, FEATURES)


def normalise(net: NetBuilder, value: str) -> str:
    """Layer normalisation over the features, from primitive operators."""
    centred = net.node("Sub", value, net.node("ReduceMean", value, axes=[-1]))
    variance = net.node("ReduceMean", net.node("Pow", centred, net.shared("two", 2.0)), axes=[-1])
    deviation = net.node("Sqrt", net.node("Add", variance, net.shared("epsilon", 1e-12)))
    scaled = net.node("Mul", net.node("Div", centred, deviation), net.constant([1.0] * FEATURES))
    return net.node("Add", scaled, net.weight((FEATURES,), 0.1))


def gelu(net: NetBuilder, value: str) -> str:
    """GELU: x · (1 + erf(x / √2)) / 2."""
    error = net.node("Erf", net.node("Div", value, net.shared("root_of_two", math.sqrt(2))))
    doubled = net.node("Mul", value, net.node("Add", error, net.shared("one", 1.0)))
    return net.node("Mul", doubled, net.shared("half", 0.5))
