"""What decoders of the Llama, Qwen and Gemma families compute, as a Graph of ONNX operators.

Sources: Touvron et al., Llama 2, 2023, arXiv:2307.09288; Qwen3, 2025, arXiv:2505.09388; Gemma 2, 2024,
arXiv:2408.00118; Gemma 3, 2025, arXiv:2503.19786.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from texelflow.dimensions import Dimension
from texelflow.errors import ExportError
from texelflow.graph import Graph, Node, TensorType, Value
from texelflow.graph.problems import Problems
from texelflow.importers.input_types import DeclaredType, InputShapes, resolve_input_types
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.shapes import known_shape

Weights: TypeAlias = "Callable[[str, tuple[int, ...], GraphBuilder], Value | None]"
"""Gives the weight of a name and shape, as Hugging Face has them, through nodes of the builder.

None if there is none. Raises WeightError for one of another shape."""


class WeightError(Exception):
    """What is wrong with a weight, as a sentence."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How angles shrink where there are more tokens than `length`: by the powers `exponents` of a number that
    grows with them, 1 at `length`, and `factor` steeper than they do.
    """

    factor: float
    length: int
    exponents: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """How positions turn queries and keys: the angles of one position.

    Turned together are neighbours (`interleaved`), or numbers of the first and of the second half of a head.
    Cosines and sines are multiplied by `factor`.
    """

    angles: tuple[float, ...]
    interleaved: bool = False
    factor: float = 1.0
    growth: Growth | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """How the attention of a layer differs from that of others; `window` counts the keys that are seen."""

    rotation: Rotation
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Decoder:
    """Sizes of a decoder, and what its family does otherwise than others.

    `norm_offset` is added to the weights of norms; `wraps` has norms behind attention and feed-forward, too,
    and `query_norms` of queries and keys. A softcap of 0 is none.
    """

    vocabulary: int
    width: int
    heads: int
    key_heads: int
    head_size: int
    inner: int
    epsilon: float
    layers: Sequence[Layer]
    attention_scale: float
    gate: str = "silu"
    norm_offset: float = 0.0
    embedding_scale: float = 1.0
    attention_softcap: float = 0.0
    final_softcap: float = 0.0
    wraps: bool = False
    query_norms: bool = False


@dataclass(slots=True)
class _Step:
    """What all layers of a run share; cosines and sines by rotation."""

    builder: GraphBuilder
    weights: Weights
    batch: Dimension
    length: Dimension
    past: Dimension
    turned: dict[Rotation, tuple[Value, Value]] = field(default_factory=dict)
    positions: Value | None = None


def build_graph(
    decoder: Decoder, weights: Weights, source: Path, kind: str, input_shapes: InputShapes
) -> Graph:
    """Return the graph: from `input_ids` [batch, length] and the cache to `logits` and the longer cache.

    The cache is `past_key_values.N.key` and `.value` [batch, key heads, past, size] for each layer, and
    `present.N.key` and `.value`, as Hugging Face's exporter calls them.

    Raises:
        ExportError: a weight is missing or of another shape, or the shapes given do not fit.
    """
    declared = {"input_ids": DeclaredType("int64", ["batch", "length"])}
    cache: list[int | str | None] = ["batch", decoder.key_heads, "past", decoder.head_size]
    for index in range(len(decoder.layers)):
        for part in ("key", "value"):
            declared[f"past_key_values.{index}.{part}"] = DeclaredType("float32", cache)
    problems = Problems()
    types = resolve_input_types(declared, input_shapes, problems)
    problems.raise_for(str(source))
    inputs = {name: Value(name, types[name]) for name in declared}
    tokens = inputs["input_ids"]
    if len(tokens.shape) != 2:
        raise ExportError(
            f"{source}: input 'input_ids' is given the shape {tokens.shape}; two axes are needed"
        )
    try:
        nodes, outputs = _computed(decoder, weights, inputs)
    except WeightError as error:
        raise ExportError(f"{source} cannot be exported: {error}") from None
    graph = Graph(source.stem, list(inputs.values()), outputs, nodes, str(source))
    graph.format = kind
    return graph


def _computed(
    decoder: Decoder, weights: Weights, inputs: Mapping[str, Value]
) -> tuple[list[Node], list[Value]]:
    """Return nodes, and the logits and the cache that they make; raise WeightError."""
    tokens = inputs["input_ids"]
    builder = GraphBuilder("model", "model")
    batch, length = tokens.shape
    past = inputs["past_key_values.0.key"].shape[2] if decoder.layers else 0
    step = _Step(builder, weights, batch, length, past)
    step.positions = _positions(step)

    table = _required(step, "model.embed_tokens.weight", (decoder.vocabulary, decoder.width))
    hidden = builder.add("Gather", "embedded", table, tokens, axis=0)
    if decoder.embedding_scale != 1:
        factor = builder.scalar("embedding_scale", "float32", decoder.embedding_scale)
        hidden = builder.add("Mul", "scaled", hidden, factor)
    presents: list[Value] = []
    for index, layer in enumerate(decoder.layers):
        builder.prefix = builder.name = f"model.layers.{index}"
        pasts = [inputs[f"past_key_values.{index}.{part}"] for part in ("key", "value")]
        hidden, *made = _layer(decoder, step, index, layer, hidden, pasts)
        presents += made
    builder.prefix = builder.name = "model"
    logits = _logits(decoder, step, hidden, table)
    return builder.nodes, [logits, *presents]


def _positions(step: _Step) -> Value:
    """Return the positions of the tokens, float32 [1, length, 1]: those of the cache come before."""
    builder = step.builder
    places = builder.places("places", step.length)
    absolute = builder.add("Add", "absolute", places, builder.index("past", step.past))
    return builder.reshape("positions", builder.cast("floats", absolute, "float32"), [1, step.length, 1])


def _layer(
    decoder: Decoder, step: _Step, index: int, layer: Layer, hidden: Value, pasts: Sequence[Value]
) -> list[Value]:
    """Return what a layer makes, and its cache."""
    builder, name = step.builder, f"model.layers.{index}"
    normed = _norm(decoder, step, f"{name}.input_layernorm", hidden, decoder.width)
    found, *presents = _attention(decoder, step, index, layer, normed, pasts)
    behind, before = ("post_attention_layernorm", "pre_feedforward_layernorm")
    if decoder.wraps:
        found = _norm(decoder, step, f"{name}.{behind}", found, decoder.width)
    hidden = builder.add("Add", "attended", hidden, found)
    normed = _norm(decoder, step, f"{name}.{before if decoder.wraps else behind}", hidden, decoder.width)
    made = _feed_forward(decoder, step, f"{name}.mlp", normed)
    if decoder.wraps:
        made = _norm(decoder, step, f"{name}.post_feedforward_layernorm", made, decoder.width)
    return [builder.add("Add", "result", hidden, made), *presents]


def _attention(
    decoder: Decoder, step: _Step, index: int, layer: Layer, x: Value, pasts: Sequence[Value]
) -> list[Value]:
    """Return what heads find, and keys and values with the new ones."""
    builder, name = step.builder, f"model.layers.{index}.self_attn"
    heads: list[Value] = []
    for part, count in (("q", decoder.heads), ("k", decoder.key_heads), ("v", decoder.key_heads)):
        made = _linear(step, f"{name}.{part}_proj", x, decoder.width, count * decoder.head_size)
        apart = builder.reshape(part, made, [step.batch, step.length, count, decoder.head_size])
        if decoder.query_norms and part != "v":
            apart = _norm(decoder, step, f"{name}.{part}_norm", apart, decoder.head_size)
        by_head = builder.add("Transpose", f"{part}_by_head", apart, perm=[0, 2, 1, 3])
        if part != "v":
            turns = _turns(step, layer.rotation)
            interleaved = int(layer.rotation.interleaved)
            by_head = builder.add(
                "RotaryEmbedding", f"{part}_turned", by_head, *turns, interleaved=interleaved
            )
        heads.append(by_head)
    attributes: dict[str, float] = {"is_causal": 1, "scale": decoder.attention_scale}
    if decoder.attention_softcap:
        attributes["softcap"] = decoder.attention_softcap
    if layer.window is not None:
        attributes["left_window_size"] = layer.window - 1
    outputs: list[str | Value] = ["found", *(Value(f"present.{index}.{part}") for part in ("key", "value"))]
    found, *presents = builder.add_all("Attention", outputs, *heads, None, *pasts, **attributes)
    turned = builder.add("Transpose", "by_position", found, perm=[0, 2, 1, 3])
    together = builder.reshape(
        "together", turned, [step.batch, step.length, decoder.heads * decoder.head_size]
    )
    result = _linear(step, f"{name}.o_proj", together, decoder.heads * decoder.head_size, decoder.width)
    return [result, *presents]


def _turns(step: _Step, rotation: Rotation) -> tuple[Value, Value]:
    """Return cosines and sines [batch, length, angles], made once for all layers that turn alike."""
    known = step.turned.get(rotation)
    if known is not None:
        return known
    builder, count = step.builder, len(rotation.angles)
    angles = builder.constant("angles", "float32", [1, 1, count], rotation.angles)
    if rotation.growth is not None:
        angles = builder.add("Mul", "slowed", angles, _shrinking(step, rotation.growth))
    assert step.positions is not None
    product = builder.add("Mul", "turns", step.positions, angles)
    shape = builder.vector("turns_shape", [step.batch, step.length, count])
    made = [builder.add(function, function, product) for function in ("Cos", "Sin")]
    if rotation.factor != 1:
        factor = builder.scalar("turns_factor", "float32", rotation.factor)
        made = [builder.add("Mul", "scaled", value, factor) for value in made]
    cosines, sines = (builder.add("Expand", "turns_each", value, shape) for value in made)
    return step.turned.setdefault(rotation, (cosines, sines))


def _shrinking(step: _Step, growth: Growth) -> Value:
    """Return what angles are multiplied by, float32 [1, 1, angles], as a run has so many tokens and keys."""
    builder = step.builder
    tokens = builder.cast("tokens", builder.index("tokens_count", step.past + step.length), "float32")
    numbers = (("made_for", float(growth.length)), ("steepness", growth.factor / growth.length))
    made_for, steepness, rest = (
        builder.scalar(name, "float32", number) for name, number in (*numbers, ("rest", 1 - growth.factor))
    )
    beyond = builder.add("Mul", "beyond", builder.add("Max", "at_least", tokens, made_for), steepness)
    exponents = builder.constant("exponents", "float32", [1, 1, len(growth.exponents)], growth.exponents)
    return builder.add("Pow", "shrinking", builder.add("Add", "growth", beyond, rest), exponents)


def _feed_forward(decoder: Decoder, step: _Step, name: str, x: Value) -> Value:
    builder = step.builder
    gate, up = (
        _linear(step, f"{name}.{part}_proj", x, decoder.width, decoder.inner) for part in ("gate", "up")
    )
    if decoder.gate == "silu":
        opened = builder.add("Mul", "gated", gate, builder.add("Sigmoid", "gate", gate))
    else:
        opened = builder.add("Gelu", "gated", gate, approximate="tanh")
    product = builder.add("Mul", "inner", opened, up)
    return _linear(step, f"{name}.down_proj", product, decoder.inner, decoder.width)


def _logits(decoder: Decoder, step: _Step, hidden: Value, table: Value) -> Value:
    """Return a score for each token; without a matrix of their own by the table of embeddings."""
    builder = step.builder
    normed = _norm(decoder, step, "model.norm", hidden, decoder.width)
    head = step.weights("lm_head.weight", (decoder.vocabulary, decoder.width), builder)
    turned = builder.add("Transpose", "head", table if head is None else head, perm=[1, 0])
    logits = Value("logits")
    if not decoder.final_softcap:
        return builder.add("MatMul", logits, normed, turned)
    cap = builder.scalar("softcap", "float32", decoder.final_softcap)
    scores = builder.add("Div", "of_cap", builder.add("MatMul", "scores", normed, turned), cap)
    return builder.add("Mul", logits, builder.add("Tanh", "within", scores), cap)


def _norm(decoder: Decoder, step: _Step, name: str, x: Value, width: int) -> Value:
    builder = step.builder
    scale = _required(step, f"{name}.weight", (width,))
    label = name.rpartition(".")[2]
    if decoder.norm_offset:
        offset = builder.scalar("norm_offset", "float32", decoder.norm_offset)
        scale = builder.add("Add", f"{label}_scale", scale, offset)
    return builder.add("RMSNormalization", label, x, scale, axis=-1, epsilon=decoder.epsilon)


def _linear(step: _Step, name: str, x: Value, inputs: int, outputs: int) -> Value:
    """Return the product with a matrix [outputs, inputs], and a bias if there is one."""
    builder, label = step.builder, name.rpartition(".")[2]
    matrix = _required(step, f"{name}.weight", (outputs, inputs))
    product = builder.add(
        "MatMul", label, x, builder.add("Transpose", f"{label}_turned", matrix, perm=[1, 0])
    )
    bias = step.weights(f"{name}.bias", (outputs,), builder)
    return product if bias is None else builder.add("Add", f"{label}_biased", product, bias)


def _required(step: _Step, name: str, shape: tuple[int, ...]) -> Value:
    value = step.weights(name, shape, step.builder)
    if value is None:
        raise WeightError(f"there is no weight {name!r} of shape {list(shape)}: is the model complete?")
    return value


def as_float32(value: Value, name: str, shape: tuple[int, ...], builder: GraphBuilder) -> Value:
    """Return a weight as float32; raise WeightError if it is of another shape or no floats."""
    kind: TensorType = value.known_type
    if known_shape(kind.shape) != shape or not kind.is_floating:
        raise WeightError(f"weight {name!r} is {kind}; float32{list(shape)} or one in 16 bits is needed")
    return value if kind.dtype == "float32" else builder.cast(f"{name}_float32", value, "float32")
