"""Compile the shaders of many small graphs with glslangValidator, as every kind of device would.

The graphs are those of shader_lint_graphs.py and, for an operator that none of them has, ONNX's own tests of
it. Every template in shaders/ must be rendered by one of them. Errors are shown against the numbered source,
with the template and the graph that it was rendered for.
"""

import itertools
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from os import cpu_count
from pathlib import Path
from typing import Any, TypeAlias

import onnx.parser
from shader_lint_graphs import graph, kernel_graphs

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from conformance.cases import attempt_with_constants, node_cases
from texelflow.backends.webgl2.lower import rules
from texelflow.errors import ExportError
from texelflow.operators import MANY, registry
from texelflow.operators.elementwise import Elementwise
from texelflow.options.arguments import parse_image
from texelflow.pictures import METHODS
from texelflow.pipeline import Options, build
from texelflow.resources import shader_directory

ROOT = Path(__file__).parents[2]
BLOCKINGS = ((4, 2, 0), (4, 1, 0), (1, 1, 13))
"""(P, M) of the devices, and at how many texels rows are folded: see docs/bundle-format.md, Layouts."""

Blocking: TypeAlias = tuple[int, int, int, int]
"""P, R, M and f of a tensor."""

OPERAND_TYPES = ("float", "int32", "uint32", "uint8", "bool")
HEADER = '<ir_version: 10, opset_import: ["" : 23, "com.microsoft" : 1]>\n'
BATCH = 64
CONTEXT_LINES = 3
LOGGED_LINE = re.compile(r"(?:ERROR|WARNING): \d+:(\d+): (.*)")


@dataclass(frozen=True, slots=True)
class Shader:
    """A fragment shader as one device compiles it; `origin` is the graph that it was first rendered for."""

    template: str
    source: str
    origin: str


def main() -> int:
    """Lint all shaders; return the exit code."""
    if shutil.which("glslangValidator") is None:
        print("glslangValidator is missing: run `sh scripts/setup_glslang.sh`", file=sys.stderr)
        return 1
    problems: list[str] = []
    shaders = render_all(problems)
    rendered = {shader.template for shader in shaders}
    templates = {path.name.removesuffix(".glsl.j2") for path in shader_directory().glob("*.glsl.j2")}
    problems += [f"no graph renders the template {name}.glsl.j2" for name in sorted(templates - rendered)]
    problems += compile_all(shaders)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(shaders)} shaders of {len(rendered)} templates compiled.")
    return 1 if problems else 0


def render_all(problems: list[str]) -> list[Shader]:
    """Return the distinct shaders of all graphs; adds to `problems` what cannot be exported."""
    texts: list[tuple[str, str | None]] = [(text, None) for text in kernel_graphs()]
    images = [
        f"fit={fit},channels={channels}"
        for channels in ("rgb", "bgr", "gray")
        for fit in ("cover", "contain")
    ]
    images += [f"resize={method},resized=9" for method in METHODS]
    for options in images:
        shape = "1,1,7,7" if options.endswith("gray") else "1,3,7,7"
        texts.append((graph(f"float[{shape}] x", "y = Relu(x)"), f"0..1,{options}"))
    shaders: dict[str, Shader] = {}
    for text, image in texts:
        try:
            shaders.update(render(text, image))
        except ExportError as error:
            problems.append(f"{error}, the graph {text}")
    for (domain, name), operator in sorted(registry().items()):
        if domain == "" and isinstance(operator, Elementwise):
            found = render_operator(name, 2 if operator.inputs == (1, MANY) else operator.inputs[0])
            if not found and not any(f"= {name} <" in text for text, _ in texts):
                problems.append(f"no graph uses {name}: add one to scripts/lints/shader_lint_graphs.py")
            shaders.update(found)
    for domain, name in rules():
        if domain == "" and not any(f"= {name} " in text or f"= {name}(" in text for text, _ in texts):
            shaders.update(render_node_tests(name))
    return list(shaders.values())


def render_node_tests(name: str) -> dict[str, Shader]:
    """Return the shaders of ONNX's own tests of an operator, as far as they can be exported."""
    shaders: dict[str, Shader] = {}
    for case in node_cases(name):
        if bundle := attempt_with_constants(case).bundle:
            shaders.update({one.source: one for one in device_shaders(bundle.graph_file, case.name)})
    return shaders


def render_operator(name: str, operand_count: int) -> dict[str, Shader]:
    """Return the shaders of an elementwise operator for the types of operands that it takes."""
    shaders: dict[str, Shader] = {}
    for dtype in OPERAND_TYPES:
        operands = "abc"[:operand_count]
        declared = ", ".join(f"{dtype}[2,3] {operand}" for operand in operands)
        with suppress(ExportError):
            shaders.update(render(graph(declared, f"y = {name} ({', '.join(operands)})", dtype)))
    return shaders


def render(text: str, image: str | None = None) -> dict[str, Shader]:
    """Return the shaders of a graph by their source; raise ExportError if it cannot be exported."""
    return {shader.source: shader for shader in device_shaders(build_graph(text, image), text)}


def build_graph(text: str, image: str | None) -> Any:
    """Return the graph.json of a graph given as text; raise ExportError if it cannot be exported."""
    model = onnx.parser.parse_model(HEADER + text)
    model.graph.output[0].type.tensor_type.ClearField("shape")
    for declared in [value for value in model.graph.input if value.name.startswith("w")]:
        shape = [dimension.dim_value for dimension in declared.type.tensor_type.shape.dim]
        dtype = declared.type.tensor_type.elem_type
        size = onnx.helper.tensor_dtype_to_np_dtype(dtype).itemsize
        values = onnx.helper.make_tensor(declared.name, dtype, shape, bytes(size * prod(shape)), raw=True)
        model.graph.initializer.append(values)
        model.graph.input.remove(declared)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model.SerializeToString())
        file.flush()
        options = Options(image=parse_image(image) if image else None)
        return build(Path(file.name), options).graph_file


def device_shaders(content: Any, origin: str) -> Iterator[Shader]:
    """Yield what the runtime would compile of a bundle on every device: see device/programs.ts."""
    plan = content["plans"]["webgl2"]
    draws = [step for step in (*plan["load"], *plan["entries"]["predict"]) if "program" in step]
    uses = [(draw["program"], draw["output"], draw["inputs"]) for draw in draws]
    uses += [
        (entry["image"]["program"], entry["tensor"], []) for entry in content["inputs"] if "image" in entry
    ]
    for index, output, inputs in uses:
        program = plan["programs"][index]
        for blocking, fetch, half in itertools.product(BLOCKINGS, (0, 1), (0, 1)):
            result = plan["tensors"][output]
            if half and not result["dtype"].startswith(("float", "bfloat")):
                continue
            bound = [plan["tensors"][tensor] for tensor in inputs] or [{}] * len(program["samplers"])
            blockings = [blocking_of(tensor, *blocking) for tensor in (result, *bound)]
            head = define_all(("RESULT", *program["samplers"]), blockings, fetch, half)
            yield Shader(program["name"], head + program["source"], origin)


def runtime_shaders() -> Iterator[Shader]:
    """Yield the shaders that are the runtime's own."""
    for path in sorted((ROOT / "webruntime" / "src").rglob("*.glsl")):
        source = path.read_text(encoding="utf-8")
        if path.name.endswith(".vert.glsl"):
            yield Shader(path.name, source, "the runtime")
            continue
        names = ["RESULT", *re.findall(r"sampler2DArray (\w+)", source)]
        for blocking, fetch in itertools.product(BLOCKINGS, (0, 1)):
            yield Shader(
                path.name,
                define_all(names, [(blocking[0], 1, *blocking[1:])] * len(names), fetch, 0) + source,
                "the runtime",
            )


def blocking_of(tensor: Any, pixels: int, groups: int, fold: int) -> Blocking:
    """Return the blocking of a tensor on a device, folded if it may be: see layout/layouts.ts."""
    if "axes" not in tensor:
        return 1, 1, 1, 0
    pixels = tensor.get("pixels", pixels)
    rows, groups = (groups, 1) if "rows" in tensor else (1, tensor.get("groups", groups))
    return pixels, rows, groups, fold


def define_all(names: Sequence[str], blockings: Sequence[Blocking], fetch: int, half: int) -> str:
    """Return what the runtime puts before a shader: see docs/bundle-format.md, Programs and uniforms."""
    # Textures are cut where texels are fetched; a program that reads them all right reads others, too.
    defines = {"CUT": blockings[0][3] if fetch else 0, "TEXEL_FETCH": fetch, "RESULT_HALF": half}
    for name, blocking in zip(names, blockings, strict=True):
        for part, value in zip(("PIXELS", "ROWS", "GROUPS", "FOLD"), blocking, strict=True):
            defines[f"{name.upper()}_{part}"] = value
    return "#version 300 es\n" + "".join(f"#define {name} {value}\n" for name, value in defines.items())


def compile_all(shaders: list[Shader]) -> list[str]:
    """Return what glslangValidator says against the shaders, and against those of the runtime itself."""
    waiting = [*shaders, *runtime_shaders()]
    batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
    with ThreadPoolExecutor(cpu_count()) as pool:
        return [problem for problems in pool.map(compile_batch, batches) for problem in problems]


def compile_batch(shaders: list[Shader]) -> list[str]:
    """Return one problem for each shader that does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for index, shader in enumerate(shaders):
            stage = "vert" if shader.template.endswith(".vert.glsl") else "frag"
            path = Path(folder) / f"{index}.{stage}"
            path.write_text(shader.source, encoding="utf-8")
            files[str(path)] = shader
        command = ["glslangValidator", *files]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    messages: dict[Shader, list[tuple[int, str]]] = {}
    current = shaders[0]
    for line in finished.stdout.splitlines():
        current = files.get(line, current)  # the name of a file stands above what is said of it
        if match := LOGGED_LINE.match(line):
            messages.setdefault(current, []).append((int(match[1]), match[2]))
    if finished.returncode and not messages:
        return [f"glslangValidator failed: {finished.stdout}{finished.stderr}"]
    return [describe(shader, found) for shader, found in messages.items()]


def describe(shader: Shader, messages: list[tuple[int, str]]) -> str:
    """Return the messages of one shader, each with the numbered lines around it."""
    lines = shader.source.splitlines()
    parts = [f"{shader.template} does not compile, rendered for {shader.origin}"]
    for number, message in messages:
        parts.append(f"  {message}")
        first = max(1, number - CONTEXT_LINES)
        for at, line in enumerate(lines[first - 1 : number + CONTEXT_LINES], first):
            parts.append(f"  {'>' if at == number else ' '}{at:5} | {line}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
