"""Every real model parses; what is not supported is said at once, and NumPy and onnx are not needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from model_support import REPOSITORY, model_parameters, save_text
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.operators import registry

BLOCKED = """
import sys
from pathlib import Path

for name in ("numpy", "onnx", "ml_dtypes", "onnxruntime"):
    sys.modules[name] = None  # importing it raises ImportError

from texelflow.errors import ExportError
from texelflow.bundle.writer import write_bundle
from texelflow.importers import read_model
from texelflow.backends.webgl2.passes import prepare
from texelflow.passes import simplify

for name in sys.argv[1:]:
    try:
        graph = read_model(Path(name))
        simplify(graph)
    except ExportError as error:
        refusals = ("not supported", "its condition depends on data")
        assert all(any(part in problem for part in refusals) for problem in error.problems), error
        continue
    prepare(graph)
    print(name, len(graph.nodes))
"""


@pytest.mark.parametrize("path", model_parameters())
def test_parses(path: Path) -> None:
    model = onnx.load(path, load_external_data=False)
    needed = {(node.domain.replace("ai.onnx", ""), node.op_type) for node in model.graph.node}
    needed.discard(("", "Constant"))
    initializers = {tensor.name for tensor in model.graph.initializer}
    try:
        graph = read_model(path)
    except ExportError as error:
        unsupported = {name for domain, name in needed - registry().keys()}
        named = {problem.split(" '")[0].split("::")[-1] for problem in error.problems}
        assert unsupported <= named
        assert all("not supported" in problem for problem in error.problems), error
        return
    assert needed <= registry().keys()
    assert len(graph.nodes) == sum(node.op_type != "Constant" for node in model.graph.node)
    assert [value.name for value in graph.inputs] == [
        item.name for item in model.graph.input if item.name not in initializers
    ]
    assert [value.name for value in graph.outputs] == [item.name for item in model.graph.output]


def _run_blocked(protobuf: str, *paths: Path) -> list[str]:
    """Import and simplify models in a Python without NumPy and onnx, with protobuf in C ("upb") or Python."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "exporter"),
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": protobuf,
    }
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, *map(str, paths)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.mark.parametrize("protobuf", ["upb", "python"])
def test_without_numpy_and_onnx(tmp_path: Path, protobuf: str) -> None:
    text = """
    g (float[N, 1, 8, 8] x) => (float[N, 36] y) <float[1, 1, 3, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9}>
    { a = Conv(x, w) b = Relu(a) y = Flatten(b) }
    """
    [line] = _run_blocked(protobuf, save_text(text, tmp_path))
    assert line.startswith(str(tmp_path))


def test_models_without_numpy_and_onnx() -> None:
    paths = [parameter.values[0] for parameter in model_parameters()]
    if paths == [None]:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    assert len(_run_blocked("python", *paths)) >= 19
