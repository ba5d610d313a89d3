"""Models of each format as ONNX files: valid, and in ONNX Runtime what the source says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest

from conformance.cases import node_cases
from model_support import find_models
from models.reference_values import reference_cases
from onnx_node_tests import is_by_chance
from texelflow import ExportError
from texelflow.conversion import convert as conversion
from texelflow.conversion.convert import convert

LANGUAGE = Path(__file__).resolve().parents[1] / "importers" / "language_models"
GGUF = LANGUAGE.parent / "gguf_files"

EVERY = 4
"""One of so many of ONNX's node tests is converted."""

TEXT = """
    <ir_version: 10, opset_import: ["": 21]>
    g (float[n, 4] x) => (float[n, 4] y) <float[4] w = {1, 2, 3, 4}> { y = Mul(x, w) }
"""

Arrays = Mapping[str, np.ndarray]


def run(path: Path, feeds: Arrays) -> list[np.ndarray]:
    """Run a file in ONNX Runtime as it is written."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    results = session.run(None, dict(feeds))
    # A sequence is written as an output for each tensor.
    return [each for result in results for each in (result if isinstance(result, list) else [result])]


def is_close(actual: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two outputs are of one type and shape, and agree."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return False
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    return np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)


def test_operators(tmp_path: Path) -> None:
    """ONNX's node tests give the same in ONNX Runtime as before, where it runs them."""
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    for case in list(node_cases())[::EVERY]:
        onnx.save(case.model, source)
        try:
            convert(source, target, {}, force=True)
        except ExportError:
            ends["refused"] += 1
            continue
        onnx.checker.check_model(target)
        try:
            expected = run(source, case.inputs)
        except Exception:  # ONNX Runtime's errors have no common class
            ends["not in ONNX Runtime"] += 1
            continue
        actual = run(target, case.inputs)
        right = is_by_chance(case.name) or all(map(is_close, actual, expected))
        ends["right" if right else "wrong"] += 1
        wrong += [] if right else [case.name]
    assert not wrong
    assert ends["right"] > 290
    assert ends["refused"] < 60


@pytest.mark.parametrize("name", ["llama_3", "gemma3"])
def test_language_models(name: str, tmp_path: Path) -> None:
    """Sizes that nodes need of the inputs are computed by nodes."""
    expected = np.load(LANGUAGE / name / "results.npz")
    [file] = convert(LANGUAGE / name, tmp_path / "model.onnx", {})
    onnx.checker.check_model(file)
    feeds = {"input_ids": expected["tokens"], **empty_cache(file, 2)}
    logits = run(file, feeds)[0]
    assert np.abs(logits - expected["logits"]).max() <= 1e-4 * np.abs(logits).max()


def test_quantised_weights(tmp_path: Path) -> None:
    """What a .gguf file packs is decoded by ONNX's operators."""
    expected = np.load(GGUF / "quantised.npz")
    [file] = convert(GGUF / "quantised.gguf", tmp_path / "model.onnx", {})
    logits = run(file, {"input_ids": expected["tokens"], **empty_cache(file, 1)})[0]
    assert np.abs(logits - expected["logits"]).max() <= 1e-4 * np.abs(logits).max()


def empty_cache(file: Path, batch: int) -> dict[str, np.ndarray]:
    """Return a past of no tokens for each input that is one."""
    inputs = onnx.load(file).graph.input[1:]
    shapes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inputs}
    return {name: np.zeros((batch, shape[1], 0, shape[3]), np.float32) for name, shape in shapes.items()}


def test_branches_and_captured_values(tmp_path: Path) -> None:
    """A model whose If cannot be decided at export is written as it is; both branches run."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    source = models / "onnx" / "silero_vad" / "silero_vad.onnx"
    [file] = convert(source, tmp_path / "model.onnx", {})
    onnx.checker.check_model(file)
    random = np.random.default_rng(0)
    for rate, length in ((16000, 576), (8000, 288)):
        feeds = {
            "input": random.standard_normal((2, length), np.float32),
            "state": random.standard_normal((2, 2, 128), np.float32),
            "sr": np.array(rate),
        }
        assert all(map(is_close, run(file, feeds), run(source, feeds)))


def saved(text: str, folder: Path) -> Path:
    """Return the file of a model written as text."""
    path = folder / "source.onnx"
    onnx.save(onnx.parser.parse_model(text), path)
    return path


def test_weights_beside_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More weights than protobuf holds are in a file of their own, which moves along."""
    monkeypatch.setattr(conversion, "LARGEST_INSIDE", 8)
    files = convert(saved(TEXT, tmp_path), tmp_path / "there" / "model.onnx", {})
    assert [path.name for path in files] == ["model.onnx", "model.onnx.data"]
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["model.onnx", "model.onnx.data"]
    onnx.checker.check_model(files[0])
    x = np.ones((2, 4), np.float32)
    assert np.array_equal(run(files[0], {"x": x})[0], [[1, 2, 3, 4]] * 2)


def test_shapes_can_be_given(tmp_path: Path) -> None:
    """Free dimensions have their names, and those that are given are fixed."""
    source = saved(TEXT, tmp_path)
    given: dict[str, dict[str, list[int | str]]] = {"n": {}, "m": {"x": ["m", 4]}, "3": {"x": [3, 4]}}
    for first, shapes in given.items():
        [file] = convert(source, tmp_path / "model.onnx", shapes, force=True)
        model = onnx.load(file)
        for value in (*model.graph.input, *model.graph.output):
            dim = value.type.tensor_type.shape.dim[0]
            assert (dim.dim_param or str(dim.dim_value)) == first


def test_refusals(tmp_path: Path) -> None:
    """What is there stays, and what ONNX cannot say is refused with its node."""
    source = saved(TEXT, tmp_path)
    target = tmp_path / "model.onnx"
    target.write_text("mine")
    with pytest.raises(ExportError, match="exists"):
        convert(source, target, {})
    old = "g (float[n, 4] x) => (float[n, 4] y) { y = Affine <alpha = 2.0> (x) }"
    saved(f'<ir_version: 3, opset_import: ["": 8]> {old}', tmp_path)
    with pytest.raises(ExportError, match=r"Affine .*ONNX has this operator no more"):
        convert(source, target, {}, force=True)
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "source.onnx"]


@pytest.mark.parametrize(
    "path",
    [
        "tflite/hello_world_float/hello_world_float.tflite",
        "tflite/micro_speech_quant/micro_speech_quantized.tflite",
        "tflite/vww_96_int8/vww_96_int8.tflite",
        "tflite/deeplabv3_257_float/deeplabv3.tflite",
        "tfjs/abalone/model.json",
        "tfjs/human_blazeface_front/model.json",
        "savedmodel/half_plus_two_tf2",
        "savedmodel/mnist_conv_dotnet",
        "tf_frozen_pb/samplenet/samplenet.pb",
    ],
)
def test_other_formats(path: str, tmp_path: Path) -> None:
    """Operators of other formats are written as ONNX's; names are the source's own."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    [file] = convert(models / path, tmp_path / "model.onnx", {})
    onnx.checker.check_model(file)
    session = onnxruntime.InferenceSession(file)
    names = [[value.name for value in values] for values in (session.get_inputs(), session.get_outputs())]
    format_, folder, *_ = path.split("/")
    for case in reference_cases(models / format_ / folder):
        feeds = dict(zip(names[0], case.inputs.values(), strict=True))
        results = dict(zip(names[1], session.run(names[1], feeds), strict=True))
        for (name, expected), in_order in zip(case.outputs.items(), names[1], strict=True):
            stem = name.partition(":")[0]
            output = next((other for other in names[1] if other.partition(":")[0] == stem), in_order)
            # Quantised numbers may be a step off, as those of LiteRT's own kernels are.
            step = 1 / np.abs(expected.values).max() if results[output].dtype.kind in "iu" else 0
            assert expected.error(results[output]) <= max(1e-5, step)


UNFOLDED = """
    <ir_version: 10, opset_import: ["": 21]>
    g (float[n, 4] x, int64 turns) => (seq(float) parts, float[a, 4] y)
    <float[4, 4] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7}, float zero = {0}, int64 two = {2}>
    {
        parts = SplitToSequence <axis = 1> (x, two)
        y = Loop (turns, , x) <body = turn (int64 i, bool c, float[n, 4] s) => (bool c1, float[n, 4] s1)
        {
            c1 = Identity (c)  sum = ReduceSum <keepdims = 0> (s)  up = Greater (sum, zero)
            s1 = If (up) <
                then_branch = yes () => (float[n, 4] a) { p = MatMul (s, w)  q = Sub (x, p)  a = Tanh (q) },
                else_branch = no () => (float[n, 4] b) { r = MatMul (x, w)  b = Sin (r) }
            >
        }>
    }
"""


def test_sequences_loops_and_branches(tmp_path: Path) -> None:
    """An output that is a sequence becomes one for each tensor; what a run decides stays what it is."""
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    onnx.save(onnx.parser.parse_model(UNFOLDED), source)
    convert(source, target, {})
    onnx.checker.check_model(target)
    assert {"Loop"} <= {node.op_type for node in onnx.load(target).graph.node}
    for turns in (0, 3):
        feeds = {"x": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), "turns": np.array(turns)}
        actual, expected = run(target, feeds), run(source, feeds)
        assert len(actual) == 3
        assert all(map(is_close, actual, expected))
