"""Writes sequences.json.xz: masks, attention, cells, categories and functions, as Keras 2 and 3 save them.

What `random_keras.py` compares by the hundred, a few of each here; and layers that it has not. Run by hand,
where `tensorflow-cpu` (2.21) and `tf_keras` (2.21) are installed; nothing else needs them:

    python tests/importers/tensorflow_files/write_sequences.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tf_keras
import write_keras
from write_keras import floats, random

Model = tuple[str, Any, list[np.ndarray]]


def padded(*shape: int) -> np.ndarray:
    """Which steps count: some are left out behind, in front, in the midst, and all of one entry."""
    counts = random.integers(0, 3, shape) > 0
    counts[0, 3:] = False
    counts[1, :2] = False
    counts[-1] = False
    return counts


def words(*shape: int) -> np.ndarray:
    return (random.integers(1, 7, shape) * padded(*shape)).astype(np.int32)


def recurrent(k: Any) -> Iterator[Model]:
    """Yield models whose recurrent layers, means and merges see a mask."""
    layers = k.layers
    x = layers.Input((5,), dtype="int32", name="words")
    table = layers.Embedding(7, 3, mask_zero=True, name="table")(x)
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True, return_state=True), name="both")(table)
    stack = layers.RNN(
        [layers.GRUCell(2), layers.GRUCell(3)], return_sequences=True, return_state=True, name="stack"
    )
    after = stack(table)
    results = [
        layers.GlobalAveragePooling1D(name="mean")(layers.Dropout(0.2, name="d")(table)),
        both[0],
        both[4],
        layers.Bidirectional(layers.GRU(2), merge_mode=None, name="two")(table)[1],
        after[0],
        after[2],
        layers.SimpleRNN(2, go_backwards=True, return_sequences=True, name="back")(table),
        layers.RNN(layers.LSTMCell(2), go_backwards=True, name="cell")(table),
        layers.TimeDistributed(layers.Dense(2), name="each")(table),
    ]
    yield "recurrent", k.Model(x, results, name="recurrent"), [words(4, 5)]
    # A mask of sequences of sequences, and one that a nested model takes in, and gives out.
    tokens = layers.Input((3, 4), dtype="int32", name="tokens")
    rows = layers.Embedding(7, 2, mask_zero=True, name="rows")(tokens)
    lines = layers.TimeDistributed(layers.GRU(2), name="lines")(rows)
    inner = k.Sequential(
        [layers.Input((5, 3)), layers.Masking(0.0, name="m"), layers.Dense(3, name="i")], name="in"
    )
    steps = layers.Input((5, 3), name="steps")
    left, right = inner(steps), layers.Masking(0.0, name="n")(steps)
    joined = [
        layers.LSTM(2, name="l1")(layers.Concatenate(name="j")([left, right])),
        layers.LSTM(2, name="l2")(layers.Maximum(name="most")([left, right])),
        layers.LSTM(2, name="l3", return_sequences=True)(layers.Multiply(name="times")([left, right])),
        layers.GRU(2, name="l4")(layers.Add(name="sum")([left, right])),
    ]
    arrays = [words(4, 12).reshape(4, 3, 4), floats(4, 5, 3) * padded(4, 5)[..., None]]
    yield "joined", k.Model([tokens, steps], [lines, *joined], name="joined"), arrays


def attention(k: Any) -> Iterator[Model]:
    """Yield models of attention in all its forms."""
    layers = k.layers
    x = layers.Input((5,), dtype="int32", name="words")
    y = layers.Input((3, 4), name="others")
    table = layers.Embedding(7, 4, mask_zero=True, name="table")(x)
    steps = layers.Masking(name="masked")(y)
    see = layers.Input((3, 5), dtype="bool", name="see")
    heads = layers.MultiHeadAttention
    results = [
        heads(2, 3, name="own")(table, table),
        heads(2, 3, value_dim=2, name="causal")(table, table, use_causal_mask=True),
        heads(1, 2, use_bias=False, output_shape=3, name="seen")(steps, value=table, attention_mask=see),
        *heads(2, 2, name="scores")(steps, table, key=table, return_attention_scores=True),
        layers.Attention(name="plain")([steps, table]),
        layers.Attention(use_scale=True, score_mode="concat", name="sums")([steps, table, table]),
        layers.AdditiveAttention(name="additive")([table, table], use_causal_mask=True),
    ]
    if k is keras:
        results += [
            heads(2, 3, use_gate=True, sliding_window=2, name="gated")(table, table),
            layers.GroupQueryAttention(3, 4, 2, name="groups")(steps, table),
        ]
    shown = (random.integers(0, 2, (4, 3, 5)) > 0).astype(bool)
    arrays = [words(4, 5), floats(4, 3, 4) * padded(4, 3)[..., None], shown]
    yield "attention", k.Model([x, y, see], results, name="attention"), arrays
    image = layers.Input((2, 3, 4), name="image")
    wide = [
        heads(2, 2, name="all")(image, image),
        heads(1, 2, attention_axes=(2,), name="rows")(image, image),
    ]
    yield "images", k.Model(image, wide, name="images"), [floats(2, 2, 3, 4)]


def various(k: Any) -> Iterator[Model]:
    """Yield models of the other layers."""
    layers = k.layers
    x = layers.Input((3, 5, 4, 2), name="film")
    results = [
        layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, name="same")(x),
        *layers.ConvLSTM2D(2, (2, 3), strides=(2, 1), return_state=True, use_bias=False, name="valid")(x)[
            ::2
        ],
        layers.TimeDistributed(layers.ConvLSTM1D(2, 2, go_backwards=True), name="rows")(x),
    ]
    yield "film", k.Model(x, results, name="film"), [floats(2, 3, 5, 4, 2)]
    numbers = layers.Input((3,), name="numbers")
    kinds = layers.Input((3,), dtype="int32", name="kinds")
    one = layers.Input((1,), dtype="int32", name="one")
    ranges = [-0.5, 0.0, 0.25, 0.75]
    lookup = layers.IntegerLookup
    results = [
        layers.Discretization(bin_boundaries=ranges, name="ranges")(numbers),
        layers.Discretization(bin_boundaries=ranges, output_mode="multi_hot", name="hot")(numbers),
        layers.CategoryEncoding(num_tokens=6, output_mode="multi_hot", name="multi")(kinds),
        layers.CategoryEncoding(num_tokens=6, output_mode="count", name="count")(kinds),
        layers.CategoryEncoding(num_tokens=6, output_mode="one_hot", name="single")(one),
        lookup(vocabulary=[5, 2, 3], name="words")(kinds),
        lookup(vocabulary=[5, 2, 3], mask_token=1, name="masked_words")(kinds),
    ]
    arrays = [floats(4, 3), random.integers(0, 6, (4, 3)).astype(np.int32)]
    arrays.append(random.integers(0, 6, (4, 1)).astype(np.int32))
    yield "categories", k.Model([numbers, kinds, one], results, name="categories"), arrays


def functions() -> Iterator[Model]:
    """Yield a model of Keras 3 that calls functions of keras.ops among its layers."""
    layers, ops = keras.layers, keras.ops
    x, n = layers.Input((3, 4), name="x"), layers.Input((3, 4), dtype="int32", name="n")
    a, b = layers.Dense(4, name="a")(x), x * 2.0 - 1
    one = [ops.exp, ops.square, ops.abs, ops.sigmoid, ops.relu, ops.silu, ops.gelu, ops.log1p, ops.expm1]
    one += [
        ops.softplus,
        ops.tanh,
        ops.erf,
        ops.sign,
        ops.floor,
        ops.round,
        ops.elu,
        ops.leaky_relu,
        ops.rsqrt,
    ]
    one += [
        ops.hard_sigmoid,
        ops.hard_swish,
        ops.log_sigmoid,
        ops.relu6,
        ops.selu,
        ops.softmax,
        ops.log_softmax,
    ]
    two = [ops.add, ops.subtract, ops.multiply, ops.divide, ops.maximum, ops.minimum, ops.power, ops.mod]
    two += [ops.floor_divide, ops.greater, ops.less_equal, ops.equal, ops.not_equal, ops.logical_or]
    along = [ops.sum, ops.mean, ops.max, ops.min, ops.prod, ops.var, ops.std, ops.logsumexp, ops.argmax]
    positive = ops.absolute(x) + 0.25
    results = [
        *(function(positive if function in (ops.log1p, ops.rsqrt) else a) for function in one),
        *(function(positive, 0.5) for function in two),
        *(function(n, 3) for function in (ops.add, ops.divide, ops.mod, ops.floor_divide)),
        *(function(a, axis=-1) for function in along),
        *(function(a, axis=1, keepdims=True) for function in (ops.sum, ops.mean)),
        1.0 / positive,
        n + 0.5,
        ops.any(n > 3, axis=1),
        ops.where(n > 2, a, b),
        ops.where(a > 0, a, 0.0),
        ops.clip(a, -0.5, 0.25),
        ops.cumsum(a, axis=1),
        ops.matmul(a, ops.transpose(b, (0, 2, 1))),
        ops.einsum("bij,bkj->bik", a, b),
        ops.concatenate([a, b], axis=-1),
        ops.stack([a, b], axis=1),
        *ops.split(a, 2, axis=-1),
        a[:, 0],
        a[:, 1:, ::2],
        a[..., -1],
        a[:, None],
        ops.reshape(a, (-1, 12)),
        ops.expand_dims(a, -1),
        ops.squeeze(a[:, :1], 1),
        ops.swapaxes(a, 1, 2),
        ops.moveaxis(a, 1, -1),
        ops.flip(a, axis=1),
        ops.repeat(a, 2, axis=1),
        ops.tile(a, (1, 2, 1)),
        ops.pad(a, ((0, 0), (1, 2), (0, 1))),
        ops.cast(n, "float32"),
        ops.ones_like(a) + ops.zeros_like(b),
        ops.one_hot(n, 6),
        ops.take(a, [2, 0], axis=1),
        ops.normalize(a, axis=-1),
        layers.Add(name="added")([a, b]),
    ]
    arrays = [floats(2, 3, 4), random.integers(0, 6, (2, 3, 4)).astype(np.int32)]
    yield "functions", keras.Model([x, n], results, name="functions"), arrays
    again = layers.Input((4,), dtype="int32", name="again")
    table = layers.ReversibleEmbedding(7, 3, tie_weights=False, mask_zero=True, name="table")
    rows = layers.SpectralNormalization(layers.Dense(3), name="spectral")(table(again))
    made = table(layers.RMSNormalization(name="rms")(rows), reverse=True)
    yield "reversed", keras.Model(again, made, name="reversed"), [words(3, 4)]


def models(k: Any) -> Iterator[Model]:
    """Yield models with names, and inputs."""
    for kind in (recurrent, attention, various):
        yield from kind(k)
    if k is keras:
        yield from functions()
    else:
        image = k.layers.Input((5, 4, 2), name="image")
        line = k.layers.Input((6, 2), name="line")
        local = [
            k.layers.LocallyConnected2D(2, (2, 3), strides=(2, 1), name="local")(image),
            k.layers.LocallyConnected1D(3, 2, use_bias=False, activation="tanh", name="along")(line),
        ]
        yield "local", k.Model([image, line], local, name="local"), [floats(2, 5, 4, 2), floats(2, 6, 2)]


if __name__ == "__main__":
    write_keras.main(models, "sequences.json.xz", {"2": tf_keras, "3": keras})
