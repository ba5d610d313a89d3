"""Legacy checkpoints of llama2.c (github.com/karpathy/llama2.c): seven whole numbers, and float32 weights.

They bear no mark: a file is one if its size is what its numbers say, to the byte.
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path

from texelflow.graph import ConstantData, Graph, TensorType, Value
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.input_types import InputShapes
from texelflow.importers.language.decoder import Decoder, Layer, Rotation, as_float32, build_graph
from texelflow.importers.language.rotations import plain_angles
from texelflow.importers.language.settings import MOST_LAYERS, Settings
from texelflow.operators.builder import GraphBuilder

HEADER = struct.Struct("<7i")
NAMES = ("width", "inner", "layers", "heads", "key_heads", "vocabulary", "context")


def is_checkpoint(path: Path, start: bytes) -> bool:
    """Whether a file that starts with these bytes is a checkpoint; raise OSError if it cannot be read."""
    if len(start) < HEADER.size:
        return False
    sizes = _sizes(start[: HEADER.size])
    return (
        sizes is not None
        and HEADER.size + 4 * sum(map(prod, _shapes(*sizes).values())) == path.stat().st_size
    )


def read_checkpoint(path: Path, input_shapes: InputShapes) -> Graph:
    """Return the Graph of a file that `is_checkpoint`."""
    content = map_file(path)
    sizes = _sizes(bytes(content[: HEADER.size]))
    assert sizes is not None
    width, inner, layers, heads, key_heads, vocabulary, _ = (abs(number) for number in sizes[0])
    size = width // heads
    settings = Settings({}, str(path))
    rotation = Rotation(tuple(plain_angles(settings, size, 10_000.0)), interleaved=True)
    decoder = Decoder(
        vocabulary, width, heads, key_heads, size, inner, 1e-5, [Layer(rotation)] * layers, size**-0.5
    )
    tensors: dict[str, Value] = {}
    position = HEADER.size
    for name, shape in _shapes(*sizes).items():
        end = position + 4 * prod(shape)
        # The weights of all layers follow each other.
        parts = layers if "{}" in name else 1
        each = (end - position) // parts
        for index in range(parts):
            first = position + index * each
            data = ConstantData([content[first : first + each]])
            kind = TensorType("float32", shape[1:] if parts > 1 or "{}" in name else shape)
            tensors[name.format(index)] = Value(name.format(index), kind, data)
        position = end

    def weight(name: str, shape: tuple[int, ...], builder: GraphBuilder) -> Value | None:
        value = tensors.get(name)
        return None if value is None else as_float32(value, name, shape, builder)

    return build_graph(decoder, weight, path, "llama2.c", input_shapes)


def _sizes(start: bytes) -> tuple[tuple[int, ...], bool] | None:
    """Return the numbers of a header, and whether the table of embeddings is that of scores, too."""
    numbers = HEADER.unpack(start)
    width, _, layers, heads, key_heads, vocabulary, _ = numbers
    positive = all(0 < number < 2**28 for number in (*numbers[:5], abs(vocabulary), numbers[6]))
    if not positive or layers > MOST_LAYERS or width % heads or heads % key_heads or width // heads % 2:
        return None
    return numbers, vocabulary > 0


def _shapes(numbers: tuple[int, ...], tied: bool) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights in their order; of those of all layers together, the layers first."""
    width, inner, layers, heads, key_heads, vocabulary, context = (abs(number) for number in numbers)
    size = width // heads
    layer = "model.layers.{}."
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocabulary, width),
        f"{layer}input_layernorm.weight": (layers, width),
        f"{layer}self_attn.q_proj.weight": (layers, heads * size, width),
        f"{layer}self_attn.k_proj.weight": (layers, key_heads * size, width),
        f"{layer}self_attn.v_proj.weight": (layers, key_heads * size, width),
        f"{layer}self_attn.o_proj.weight": (layers, width, heads * size),
        f"{layer}post_attention_layernorm.weight": (layers, width),
        f"{layer}mlp.gate_proj.weight": (layers, inner, width),
        f"{layer}mlp.down_proj.weight": (layers, width, inner),
        f"{layer}mlp.up_proj.weight": (layers, inner, width),
        "model.norm.weight": (width,),
        "cosines": (context, size // 2),
        "sines": (context, size // 2),
    }
    return shapes if tied else {**shapes, "lm_head.weight": (vocabulary, width)}
