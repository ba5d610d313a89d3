"""Hand-written bundles for the runtime's tests: graph.json and weights, made without the exporter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# What shaders need to address both layouts; written for these tests, on docs/bundle-format.md alone.
LIBRARY = """
precision highp float;
precision highp int;
precision highp sampler2DArray;
precision highp isampler2DArray;

#if TEXEL_FETCH
#define READ(sampler, place, layer, index) texelFetch(sampler, ivec3(place, layer), 0)
#else
#define READ(sampler, place, layer, index) \
    texture(sampler, vec3((vec2(place) + 0.5) * scales[index], float(layer)))
#endif

ivec2 flatPlace(int texel, int exponent) {
    return ivec2(texel & ((1 << exponent) - 1), texel >> exponent);
}
int flatTexel() {
    return (int(gl_FragCoord.y) << ints[0].y) + int(gl_FragCoord.x);
}
"""

ADD_FLAT = (
    """
uniform highp sampler2DArray a;
uniform highp sampler2DArray b;
uniform highp ivec4 ints[6];
uniform highp vec4 floats[1];
uniform highp vec2 scales[2];
layout(location = 0) out highp vec4 result[1];
"""
    + LIBRARY
    + """
void main() {
    int texel = flatTexel();
    ivec4 element = texel * 4 + ivec4(0, 1, 2, 3);
    vec4 sum = READ(a, flatPlace(texel, ints[2].y), 0, 0) + READ(b, flatPlace(texel, ints[4].y), 0, 1);
    result[0] = mix(vec4(0), sum * floats[0].x, lessThan(element, ivec4(ints[0].x)));
}
"""
)

ADD_INTEGER = (
    ADD_FLAT.replace("sampler2DArray a", "isampler2DArray a")
    .replace("sampler2DArray b", "isampler2DArray b")
    .replace("out highp vec4", "out highp ivec4")
    .replace("vec4 sum", "ivec4 sum")
    .replace(
        "mix(vec4(0), sum * floats[0].x, lessThan(element, ivec4(ints[0].x)))",
        "sum * ivec4(lessThan(element, ivec4(ints[0].x)))",
    )
    .replace("uniform highp vec4 floats[1];\n", "")
)

# From a flat NCHW tensor to the blocked layout.
TO_BLOCKED = (
    """
uniform highp sampler2DArray x;
uniform highp ivec4 ints[4];
uniform highp vec2 scales[1];
#define LAYERS (RESULT_PIXELS * RESULT_ROWS * RESULT_GROUPS)
layout(location = 0) out highp vec4 result[LAYERS];
"""
    + LIBRARY
    + """
float element(int n, int c, int h, int w) {
    if (c >= ints[0].y || h >= ints[0].z || w >= ints[0].w || n >= ints[0].x) return 0.0;
    int index = ((n * ints[0].y + c) * ints[0].z + h) * ints[0].w + w;
    vec4 texel = READ(x, flatPlace(index >> 2, ints[2].y), 0, 0);
    int lane = index & 3;
    return lane == 0 ? texel.x : lane == 1 ? texel.y : lane == 2 ? texel.z : texel.w;
}
vec4 texel(int layer) {
    int x = int(gl_FragCoord.x), y = int(gl_FragCoord.y);
    int lines = (ints[0].z + RESULT_ROWS - 1) / RESULT_ROWS;
    int plane = (y / lines) * ints[1].x + x / ints[1].y;
    int n = plane / ints[1].z;
    int group = (plane % ints[1].z) * RESULT_GROUPS + layer / (RESULT_PIXELS * RESULT_ROWS);
    int h = (y % lines) * RESULT_ROWS + layer / RESULT_PIXELS % RESULT_ROWS;
    int w = (x % ints[1].y) * RESULT_PIXELS + layer % RESULT_PIXELS;
    int c = group * 4;
    return vec4(element(n, c, h, w), element(n, c + 1, h, w), element(n, c + 2, h, w),
                element(n, c + 3, h, w));
}
void main() {
    result[0] = texel(0);
#if LAYERS > 1
    result[1] = texel(1);
#endif
#if LAYERS > 2
    result[2] = texel(2);
    result[3] = texel(3);
#endif
#if LAYERS > 4
    result[4] = texel(4);
    result[5] = texel(5);
    result[6] = texel(6);
    result[7] = texel(7);
#endif
}
"""
)

# From the blocked layout back to a flat NCHW tensor, times floats[0].x.
TO_FLAT = (
    """
uniform highp sampler2DArray x;
uniform highp ivec4 ints[4];
uniform highp vec4 floats[1];
uniform highp vec2 scales[1];
layout(location = 0) out highp vec4 result[1];
"""
    + LIBRARY
    + """
float element(int index) {
    if (index >= ints[0].x) return 0.0;
    int w = index % ints[2].w, h = (index / ints[2].w) % ints[2].z;
    int c = (index / (ints[2].w * ints[2].z)) % ints[2].y, n = index / (ints[2].w * ints[2].z * ints[2].y);
    int group = c / 4, plane = (ints[3].w >> 2) + n * ints[3].z + group / X_GROUPS;
    int lines = (ints[2].z + X_ROWS - 1) / X_ROWS;
    ivec2 place = ivec2(
        (plane % ints[3].x) * ints[3].y + w / X_PIXELS, (plane / ints[3].x) * lines + h / X_ROWS
    );
    vec4 texel = READ(x, place, ((group % X_GROUPS) * X_ROWS + h % X_ROWS) * X_PIXELS + w % X_PIXELS, 0);
    int lane = c & 3;
    return (lane == 0 ? texel.x : lane == 1 ? texel.y : lane == 2 ? texel.z : texel.w) * floats[0].x;
}
void main() {
    int i = flatTexel() * 4;
    result[0] = vec4(element(i), element(i + 1), element(i + 2), element(i + 3));
}
"""
)

# The red and green channel of a picture of any size, as a [1, 2, height, width] tensor, nearest neighbour.
FROM_PICTURE = (
    """
uniform highp sampler2D picture;
uniform highp ivec4 ints[3];
uniform highp vec4 floats[1];
layout(location = 0) out highp vec4 result[1];
"""
    + LIBRARY
    + """
float element(int index) {
    if (index >= ints[0].x) return 0.0;
    ivec2 size = ints[2].xy, pictureSize = ints[2].zw;
    int w = index % size.x, h = (index / size.x) % size.y, c = index / (size.x * size.y);
    vec4 color = texelFetch(picture, ivec2(w * pictureSize.x / size.x, h * pictureSize.y / size.y), 0);
    return (c == 0 ? color.r : color.g) * floats[0].x;
}
void main() {
    int i = flatTexel() * 4;
    result[0] = vec4(element(i), element(i + 1), element(i + 2), element(i + 3));
}
"""
)

SAFETENSORS_TYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


class BundleBuilder:
    """Collects tensors, programs, draws and weights, and writes them as a bundle."""

    def __init__(self, symbols: list[str] | None = None) -> None:
        self.tensors: list[dict[str, Any]] = []
        self.programs: list[dict[str, Any]] = []
        self.load: list[dict[str, Any]] = []
        self.run: list[dict[str, Any]] = []
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.weights: list[dict[str, Any]] = []
        self.stored: dict[str, dict[str, tuple[str, list[int], bytes]]] = {}
        self.symbols = symbols or []
        self.derived: list[dict[str, Any]] = []
        self.constraints: list[dict[str, Any]] = []
        self.texture_units = 2

    def tensor(self, shape: list[Any], dtype: str = "float32", **more: Any) -> int:
        """Adds a tensor of the plan and returns its index."""
        self.tensors.append({"dtype": dtype, "shape": shape, **more})
        return len(self.tensors) - 1

    def program(self, source: str, samplers: list[str], name: str = "test") -> int:
        """Adds a program and returns its index."""
        self.programs.append({"name": name, "source": source, "samplers": samplers})
        return len(self.programs) - 1

    def input(self, name: str, tensor: int, **more: Any) -> None:
        """Declares a graph input held by a tensor."""
        declared = self.tensors[tensor]
        self.inputs.append(
            {"name": name, "dtype": declared["dtype"], "shape": declared["shape"], "tensor": tensor, **more}
        )

    def output(self, name: str, tensor: int) -> None:
        """Declares a graph output held by a tensor."""
        declared = self.tensors[tensor]
        self.outputs.append(
            {"name": name, "dtype": declared["dtype"], "shape": declared["shape"], "tensor": tensor}
        )

    def state(self, name: str, tensor: int, following: int) -> None:
        """Declares a state: what a run reads, and what it leaves for the next."""
        declared = {key: self.tensors[tensor][key] for key in ("dtype", "shape")}
        kept = {"init": "zeros", "scope": "session", "output": f"{name} after"}
        self.states.append({"name": name, **declared, "tensor": tensor, "next": following, **kept})

    def draw(self, program: int, inputs: list[int], output: int, phase: str = "run", **more: Any) -> None:
        """Adds a draw to the load or the run phase."""
        steps = self.load if phase == "load" else self.run
        steps.append(
            {"program": program, "inputs": inputs, "output": output, "node": f"n{output} Test", **more}
        )

    def weight(self, key: str, parts: list[np.ndarray], dtype: str | None = None) -> int:
        """Adds a weight, each part in a file of its own, and returns its tensor; bfloat16 comes as uint16."""
        shape = [sum(part.shape[0] for part in parts), *parts[0].shape[1:]]
        tensor = self.tensor(shape, dtype or str(parts[0].dtype))
        places = []
        for index, part in enumerate(parts):
            file = f"weights-{index + 1}.safetensors"
            stored = "BF16" if dtype == "bfloat16" else SAFETENSORS_TYPES[str(part.dtype)]
            entries = self.stored.setdefault(file, {})
            entries[f"{key}.{index}"] = (stored, list(part.shape), part.tobytes())
            places.append({"file": file, "key": f"{key}.{index}"})
        self.weights.append({"tensor": tensor, "parts": places})
        return tensor

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the bundle into a folder and returns what graph.json holds."""
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, entries in self.stored.items():
            content = safetensors(entries)
            (folder / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            files.append({"name": name, "bytes": len(content), "sha256": digest})
        graph = {
            "formatVersion": 2,
            "generator": "bundle_builder",
            "provenance": {"source": "none", "sha256": "", "options": [], "constants": []},
            "name": "test",
            "symbols": self.symbols,
            "derived": self.derived,
            "constraints": self.constraints,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "states": self.states,
            "weights": self.weights,
            "plans": {
                "webgl2": {
                    "requirements": {"textureUnits": self.texture_units},
                    "tensors": self.tensors,
                    "programs": self.programs,
                    "load": self.load,
                    "entries": {"predict": self.run},
                }
            },
            "files": files,
        }
        (folder / "graph.json").write_text(json.dumps(graph))
        return graph


def safetensors(entries: dict[str, tuple[str, list[int], bytes]]) -> bytes:
    """A safetensors file of (type, shape, bytes) by key."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for key, (dtype, shape, content) in entries.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(content)]}
        offset += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(content for _, _, content in entries.values())


def add_bundle(folder: Path, weight: np.ndarray | None = None, **options: Any) -> dict[str, Any]:
    """y = (x + w) * 2 with a float32 weight (default arange(6) + 0.5) of one axis."""
    weight = np.arange(6, dtype=np.float32) + 0.5 if weight is None else weight
    builder = BundleBuilder()
    x = builder.tensor(list(weight.shape), lifetime=[-1, 0], value="x")
    y = builder.tensor(list(weight.shape), lifetime=[0, 1], value="y")
    w = builder.weight("w", [weight], **options)
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"], "add"), [x, w], y, floats=[2])
    return builder.write(folder)


def blocked_bundle(folder: Path, **blocking: int) -> dict[str, Any]:
    """y = 3x by way of the blocked layout and back, for [batch, channels, height, width] of any size."""
    builder = BundleBuilder(["batch", "channels", "height", "width"])
    shape = ["batch", "channels", "height", "width"]
    axes = [[0], [1], [2], [3]]
    x = builder.tensor(shape, lifetime=[-1, 0], value="x")
    blocked = builder.tensor(shape, axes=axes, lifetime=[0, 1], value="blocked", **blocking)
    y = builder.tensor(shape, lifetime=[1, 2], value="y")
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(TO_BLOCKED, ["x"], "to_blocked"), [x], blocked)
    builder.draw(builder.program(TO_FLAT, ["x"], "to_flat"), [blocked], y, floats=[["/", 6, 2]])
    return builder.write(folder)


def stateful_bundle(folder: Path) -> dict[str, Any]:
    """y = (x + s) * 2 of six numbers, where s is the y of the run before."""
    builder = BundleBuilder()
    x = builder.tensor([6], lifetime=[-1, 1], value="x")
    s, after = (builder.tensor([6], lifetime=[-1, 2], value=value) for value in ("s", "s after"))
    y = builder.tensor([6], lifetime=[1, 2], value="y")
    builder.input("x", x)
    builder.output("y", y)
    builder.state("s", s, after)
    program = builder.program(ADD_FLAT, ["a", "b"])
    builder.draw(program, [x, s], after, floats=[2])
    builder.draw(program, [x, s], y, floats=[2])
    return builder.write(folder)


def alias_bundle(folder: Path, weight: np.ndarray | None = None, loaded: int = 0) -> dict[str, Any]:
    """y = 3 times the last 16 of 24 channels of x, as two batch entries of 8: read where they lie.

    x is an input, or a weight; then the first `loaded` of the two draws belong to the load phase.
    """
    builder = BundleBuilder()
    shape, part, axes = [1, 24, 2, 5], [2, 8, 2, 5], [[0], [1], [2], [3]]
    count = 2 - loaded
    lifetimes = [{"lifetime": [first - loaded, first - loaded + 1]} for first in (-1, 0, 1)]
    if weight is None:
        x = builder.tensor(shape, value="x", **lifetimes[0])
        builder.input("x", x)
    else:
        x = builder.weight("x", [weight])
    blocked = builder.tensor(shape, axes=axes, value="blocked", **(lifetimes[1] if loaded < 1 else {}))
    alias = {"tensor": blocked, "start": 8, "step": 8}
    alias = builder.tensor(part, axes=axes, alias=alias, value="alias")
    y = builder.tensor(part, value="y", **({"lifetime": [count - 1, count]} if count else {}))
    builder.output("y", y)
    phases = ["load"] * loaded + ["run"] * count
    builder.draw(builder.program(TO_BLOCKED, ["x"], "to_blocked"), [x], blocked, phases[0])
    builder.draw(builder.program(TO_FLAT, ["x"], "to_flat"), [alias], y, phases[1], floats=[3])
    return builder.write(folder)


def change_graph(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let a function change the graph.json of a bundle."""
    graph = json.loads((folder / "graph.json").read_text())
    change(graph)
    (folder / "graph.json").write_text(json.dumps(graph))
