"""The graphs of the golden files, in ONNX's text format; each shows one thing that the lowering does."""

from __future__ import annotations


def _weights(name: str, *shape: int) -> str:
    """A float constant in ONNX's text format; its numbers are no part of a plan."""
    count = 1
    for extent in shape:
        count *= extent
    return f"float[{', '.join(map(str, shape))}] {name} = {{{', '.join(['1'] * count)}}}"


RESIDUAL_BLOCK = f"""
residual (float[N, 6, 8, 8] x) => (float[N, 6, 8, 8] y)
<{_weights("first", 6, 6, 3, 3)}, {_weights("second", 6, 6, 1, 1)}, {_weights("bias", 6)}>
{{
    inner = Conv <pads = [1, 1, 1, 1]> (x, first, bias)
    active = Relu(inner)
    outer = Conv(active, second)
    sum = Add(outer, active)
    y = Relu(sum)
}}
"""

BATCH_NORMALIZATION = f"""
normalization (float[1, 3, 8, 8] x) => (float[1, 3, 8, 8] y)
<{_weights("kernel", 3, 1, 3, 3)}, {_weights("scale", 3)}, {_weights("shift", 3)}, {_weights("mean", 3)},
 {_weights("variance", 3)}>
{{
    filtered = Conv <group = 3, pads = [1, 1, 1, 1]> (x, kernel)
    y = BatchNormalization(filtered, scale, shift, mean, variance)
}}
"""

CLASSIFIER_HEAD = f"""
head (float[N, 5, H, W] x) => (float[N, 3] y)
<{_weights("matrix", 5, 3)}, {_weights("bias", 3)}>
{{
    pooled = GlobalAveragePool(x)
    flat = Flatten(pooled)
    logits = Gemm(flat, matrix, bias)
    y = Softmax <axis = 1> (logits)
}}
"""

ATTENTION = f"""
attention (int64[N, L] tokens) => (float[N, L, 16] y)
<{_weights("table", 11, 16)}, {_weights("query", 16, 16)}, {_weights("key", 16, 16)},
 int64[4] heads = {{0, 0, 2, 8}}, int64[3] joined = {{0, 0, 16}}>
{{
    x = Gather(table, tokens)
    q = MatMul(x, query)
    k = MatMul(x, key)
    q_split = Reshape(q, heads)
    k_split = Reshape(k, heads)
    q_heads = Transpose <perm = [0, 2, 1, 3]> (q_split)
    k_heads = Transpose <perm = [0, 2, 3, 1]> (k_split)
    scores = MatMul(q_heads, k_heads)
    weights = Softmax(scores)
    mixed = MatMul(weights, q_heads)
    positions = Transpose <perm = [0, 2, 1, 3]> (mixed)
    y = Reshape(positions, joined)
}}
"""

VIEWS = """
views (float[1, 8, 4, 6] x) => (float[1, 8, 4, 6] shuffled, float[4, 3] part, float[1, 14, 4, 6] joined)
<int64[5] split = {1, 2, 4, 4, 6}, int64[4] merged = {1, 8, 4, 6},
 int64[2] starts = {2, 5}, int64[2] ends = {3, -7},
 int64[2] axes = {1, 3}, int64[2] steps = {1, -2},
 int64[2] flat = {4, 3}, int64[8] pads = {0, 0, 1, 0, 0, -2, -1, 0}>
{
    groups = Reshape(x, split)
    turned = Transpose <perm = [0, 2, 1, 3, 4]> (groups)
    shuffled = Reshape(turned, merged)
    cut = Slice(x, starts, ends, axes, steps)
    part = Reshape(cut, flat)
    image = MaxPool <kernel_shape = [1, 1]> (x)
    moved = Pad(image, pads)
    joined = Concat <axis = 1> (image, moved)
}
"""

INTEGERS = """
integers (float[2, 3] x, int64[4] indices) => (float[4, 3] y, int64[4] places, bool[4, 3] large)
{
    rows = Gather(x, indices)
    zero = Constant <value = float {0}> ()
    large = Greater(rows, zero)
    y = Where(large, rows, zero)
    places = ArgMax <axis = 1, keepdims = 0> (rows)
}
"""

GRAPHS = {
    "residual_block": RESIDUAL_BLOCK,
    "batch_normalization": BATCH_NORMALIZATION,
    "classifier_head": CLASSIFIER_HEAD,
    "attention": ATTENTION,
    "views": VIEWS,
    "integers": INTEGERS,
}
