"""Small files made to exhaust whoever exports them are refused at once, and what they say stays data.

Random damage does not find these: each is valid, and asks for more than any machine has.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

import texelflow
from model_support import save_text
from texelflow.bundle.reader import read_graph

HEADER = '<ir_version: 10, opset_import: ["" : 21, "local" : 1]>\n'
LOCAL = '<domain: "local", opset_import: ["" : 21, "local" : 1]>'
MEMORY = 3 * 2**30
SECONDS = 20


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """More time or memory than any of these may take ends the test instead of the machine."""
    former = resource.getrlimit(resource.RLIMIT_AS)
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_AS, (max(MEMORY, _address_space() + MEMORY), former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, former)
    assert sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - used < SECONDS


def _address_space() -> int:
    """Bytes that this process has mapped already."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize()


def chain(count: int, step: str) -> str:
    """Steps of `{0}`, the last result, and `{1}`, the new one, from v0 to the last."""
    return " ".join(step.format(f"v{number}", f"v{number + 1}") for number in range(count))


def sizes(step: str, count: int) -> str:
    """A model in which a size is computed from a free dimension in many steps."""
    steps = chain(count, step)
    body = (
        f"v0 = Shape(x) one = Constant<value_ints = [1]>() {steps} z = ConstantOfShape(v{count}) y = Exp(z)"
    )
    return f"g (float[n] x) => (float[m] y) {{ {body} }}"


def nested_functions(depth: int, body: str, leaf: str) -> str:
    """Functions F0 to F`depth`, each of which is `body`, and the last `leaf`; `{0}` is the next function."""
    functions = [
        f"{LOCAL} F{level} (v) => (r) {{ {body.format(f'local.F{level + 1}')} }}" for level in range(depth)
    ]
    leaves = f"{LOCAL} F{depth} (v) => (r) {{ {leaf} }}"
    return f"g (float[2] x) => (float[2] y) {{ y = local.F0(x) }} {' '.join(functions)} {leaves}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (sizes("{1} = Mul({0}, {0})", 60), "too long a formula"),
        (sizes("w{1} = Add({0}, one) {1} = Mul({0}, w{1})", 24), "too long a formula"),
        (
            nested_functions(1, "r = {0}(v)", f"v0 = Relu(v) {chain(50_000, '{1} = Relu({0})')}"),
            "expand to more than 50000 nodes",
        ),
        (nested_functions(2000, "r = {0}(v)", "r = Relu(v)"), "more than 100 deep"),
    ],
)
def test_models_that_grow_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    source = save_text(HEADER + text, tmp_path)
    with pytest.raises(texelflow.ExportError) as caught:
        texelflow.export(source, tmp_path / "bundle")
    assert expected in str(caught.value) and source.name in str(caught.value)


def test_sums_that_double_take_no_longer_than_others(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) { v0 = Exp(x) " + chain(300, "{1} = Add({0}, {0})")
    source = save_text(HEADER + text + " y = Identity(v300) }", tmp_path)
    assert texelflow.inspect(source).operators["Add"] == 300


def test_constants_are_not_computed_at_export(tmp_path: Path) -> None:
    """Ten gigabytes of ones, from a file of some hundred bytes, are a draw at load."""
    body = "s = Constant<value_ints = [2000000000]>() ones = ConstantOfShape(s) y = Add(ones, x)"
    summary = texelflow.inspect(save_text(HEADER + f"g (float[1] x) => (float[n] y) {{ {body} }}", tmp_path))
    assert not any(profile.fits for profile in summary.devices)


def test_names_do_not_reach_shaders(tmp_path: Path) -> None:
    """A model names values, nodes and dimensions, and none of it is code."""
    import onnx

    model = onnx.load(
        save_text(HEADER + "g (float[n, 4] x) => (float[n, 4] y) { a = Exp(x) y = Softmax(a) }", tmp_path)
    )
    marker = "\n#error INJECTED {{ 7 * 7 }}"
    graph = model.graph
    names = {name: name + marker for node in graph.node for name in (*node.input, *node.output)}
    for node in graph.node:
        node.name = node.op_type + marker
        node.input[:] = [names[name] for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "n" + marker
    onnx.save(model, tmp_path / "named.onnx")
    texelflow.export(tmp_path / "named.onnx", tmp_path / "bundle", name=marker)
    programs = read_graph(tmp_path / "bundle")["plans"]["webgl2"]["programs"]
    assert programs and "INJECTED" not in json.dumps(programs) and "49" not in json.dumps(programs)


@pytest.mark.parametrize("depth", [600, 100_000])
def test_graph_json_nested_without_end(tmp_path: Path, depth: int) -> None:
    text = '{"formatVersion": 2, "symbols": ' + '["-",' * depth + "1" + "]" * depth + "}"
    (tmp_path / "graph.json").write_text(text)
    with pytest.raises(texelflow.ExportError, match=r"graph\.json"):
        read_graph(tmp_path)
