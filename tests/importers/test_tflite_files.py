"""What TensorFlow Lite models have besides operators: subgraphs, variables, signatures, packed constants."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from playwright.sync_api import Page
from test_tflite_operators import lowered, run_graph
from tflite_models.builder import ModelMaker, Scale, run_litert

from browser_support import PageServer
from bundle_runner import LoadedBundle
from texelflow import ExportError, export
from texelflow.checking.references.litert import LiteRtReference
from texelflow.importers import read_model
from texelflow.pipeline import Options, build

RANDOM = np.random.default_rng(2)
X = RANDOM.uniform(-2, 2, (2, 3)).astype(np.float32)


def assert_as_litert(
    content: bytes, runs: list[dict[str, np.ndarray]], folder: Path, tolerance: float = 1e-5
) -> None:
    """Compare with LiteRT, by ONNX Runtime."""
    expected = run_litert(content, runs)
    for made, wanted in zip(run_graph(lowered(content, folder), runs), expected, strict=True):
        for name, array in wanted.items():
            np.testing.assert_allclose(made[name], array, rtol=tolerance, atol=tolerance)


def loop() -> bytes:
    """A loop that doubles x, five times."""
    maker = ModelMaker()
    main, cond, body = maker.main, maker.subgraph(), maker.subgraph()
    turn = cond.input("turn", "int32", ())
    cond.input("value", "float32", (2, 3))
    cond.add("LESS", [turn, cond.constant(np.int32(5))], [cond.output("holds", "bool", ())], "LessOptions")
    turn, value = body.input("turn", "int32", ()), body.input("value", "float32", (2, 3))
    body.add("ADD", [turn, body.constant(np.int32(1))], [body.output("next", "int32", ())], "AddOptions")
    body.add("ADD", [value, value], [body.output("doubled", "float32", (2, 3))], "AddOptions")
    x = main.input("x", "float32", (2, 3))
    outputs = [main.tensor("turns", "int32", ()), main.output("y", "float32", (2, 3))]
    main.add(
        "WHILE",
        [main.constant(np.int32(0)), x],
        outputs,
        "WhileOptions",
        condSubgraphIndex=1,
        bodySubgraphIndex=2,
    )
    return maker.content()


def branches() -> bytes:
    """x doubled, or its square, as an input says."""
    maker = ModelMaker()
    main = maker.main
    for operator, options in (("ADD", "AddOptions"), ("MUL", "MulOptions")):
        graph = maker.subgraph()
        x = graph.input("x", "float32", (2, 3))
        graph.add(operator, [x, x], [graph.output("y", "float32", (2, 3))], options)
    condition, x = main.input("condition", "bool", (1,)), main.input("x", "float32", (2, 3))
    y = main.output("y", "float32", (2, 3))
    main.add("IF", [condition, x], [y], "IfOptions", thenSubgraphIndex=1, elseSubgraphIndex=2)
    return maker.content()


def counter(initialised: bool) -> bytes:
    """A variable that x is added to, and the sum; it starts at 10 if it is given a first value."""
    maker = ModelMaker()
    main = maker.main

    def handle(graph) -> int:
        position = graph.tensor("handle", "int32", (), kind=schema.TensorType.RESOURCE)
        graph.add("VAR_HANDLE", [], [position], "VarHandleOptions", container=b"", sharedName=b"total")
        return int(position)

    if initialised:
        once = maker.subgraph()
        once.add("ASSIGN_VARIABLE", [handle(once), once.constant(np.full((2, 3), 10, np.float32))], [])
        main.add("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    x = main.input("x", "float32", (2, 3))
    variable = handle(main)
    before, after = main.tensor("before", "float32", (2, 3)), main.output("y", "float32", (2, 3))
    main.add("READ_VARIABLE", [variable], [before])
    main.add("ADD", [before, x], [after], "AddOptions")
    main.add("ASSIGN_VARIABLE", [variable, after], [])
    return maker.content()


def two_signatures() -> bytes:
    """Two subgraphs, each with a signature."""
    maker = ModelMaker()
    for index, operator in enumerate(("ABS", "NEG")):
        graph = maker.main if not index else maker.subgraph()
        x, y = (
            graph.input(f"in_{index}:0", "float32", (2, 3)),
            graph.output(f"out_{index}:0", "float32", (2, 3)),
        )
        graph.add(operator, [x], [y])
        maker.signature(operator.lower(), index, {"given": x}, {"made": y})
    return maker.content()


def small_numbers(kind: int, bits: int, signed: bool, rows: int = 5, columns: int = 3) -> bytes:
    """A constant of few bits, dequantised."""
    maker = ModelMaker()
    graph = maker.main
    numbers = RANDOM.integers(0, 2**bits, rows * columns)
    packed = bytearray(-(-rows * columns * bits // 8))
    for index, number in enumerate(numbers):
        packed[index * bits // 8] |= int(number) << index * bits % 8
    weights = graph.tensor("w", "int8", (rows, columns), bytes(packed), Scale([0.5], [0]), kind=kind)
    x, y = graph.input("x", "float32", (2, columns)), graph.output("y", "float32", (2, rows))
    wide = graph.tensor("wide", "float32", (rows, columns))
    graph.add("DEQUANTIZE", [weights], [wide], version=6)
    graph.add("FULLY_CONNECTED", [x, wide, -1], [y], "FullyConnectedOptions")
    return maker.content()


def sparse(blocks: bool, told: bool = True) -> bytes:
    """A sparse constant made dense: of single elements, or of blocks of two rows.

    Some writers leave out how long a compressed axis is: then it is not `told`.
    """
    maker = ModelMaker()
    graph = maker.main
    values = np.array([1, 2, 3, 4, 5, 6], np.float32)
    weights = graph.tensor("w", "float32", (4, 4), values)
    sparsity = graph.graph.tensors[weights].sparsity = schema.SparsityParametersT()

    def level(dense: int = 0, segments: list[int] | None = None, indices: list[int] | None = None):
        made = schema.DimensionMetadataT()
        made.format, made.denseSize = (0 if segments is None else 1), dense
        if segments is not None:
            for name, numbers in (("arraySegments", segments), ("arrayIndices", indices)):
                vector = schema.Uint8VectorT()
                vector.values = numbers
                setattr(made, name, vector)
                setattr(made, f"{name}Type", schema.SparseIndexVector.Uint8Vector)
        return made

    if blocks:
        sparsity.traversalOrder, sparsity.blockMap = [0, 1, 2], [0]
        sparsity.dimMetadata = [level(2), level(4 * told, [0, 2, 3], [0, 3, 1]), level(2)]
    else:
        sparsity.traversalOrder = [0, 1]
        sparsity.dimMetadata = [level(4), level(4 * told, [0, 2, 3, 3, 6], [0, 2, 3, 0, 1, 3])]
    x, y = graph.input("x", "float32", (2, 4)), graph.output("y", "float32", (2, 4))
    dense = graph.tensor("dense", "float32", (4, 4))
    graph.add("DENSIFY", [weights], [dense], "DensifyOptions")
    graph.add("FULLY_CONNECTED", [x, dense, -1], [y], "FullyConnectedOptions")
    return maker.content()


def test_while_is_written_out(tmp_path: Path) -> None:
    assert_as_litert(loop(), [{"x": X}], tmp_path)


@pytest.mark.parametrize("initialised", [True])
def test_variables_go_on(initialised: bool, tmp_path: Path) -> None:
    assert_as_litert(counter(initialised), [{"x": X}, {"x": 2 * X}, {"x": X}], tmp_path)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("blocks", [False, True])
def test_sparse_constants(blocks: bool, told: bool, tmp_path: Path) -> None:
    x = RANDOM.uniform(-1, 1, (2, 4)).astype(np.float32)
    assert_as_litert(sparse(blocks, told), [{"x": x}], tmp_path)


def test_numbers_of_4_bits(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(small_numbers(schema.TensorType.INT4, 4, True))
    assert_as_litert(path.read_bytes(), [{"x": X}], tmp_path)


@pytest.mark.parametrize(("rows", "columns"), [(5, 3), (40, 33), (64, 130)])
def test_packed_matrices(
    rows: int, columns: int, page_server: PageServer, bundle_page: Page, tmp_path: Path
) -> None:
    """What has 4 bits in the file has them in the bundle, and is decoded where it is read."""
    content = small_numbers(schema.TensorType.INT4, 4, True, rows, columns)
    (tmp_path / "model.tflite").write_bytes(content)
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    [weights] = (tmp_path / "bundle").glob("*.safetensors")
    data = weights.read_bytes()
    head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    shapes = [entry["shape"] for entry in head.values() if "shape" in entry]
    assert max(map(math.prod, shapes)) == rows * -(-columns // 2)
    feeds = {"x": RANDOM.uniform(-1, 1, (2, columns)).astype(np.float32)}
    [expected] = run_litert(content, [feeds])
    with LoadedBundle(bundle_page, page_server.mount(f"/halves_{rows}", tmp_path) + "/bundle") as bundle:
        np.testing.assert_allclose(bundle.run(feeds)["y"], expected["y"], rtol=1e-5, atol=1e-4)


def test_signatures(tmp_path: Path) -> None:
    """Each has its own names; without one the first subgraph has those of its tensors."""
    path = tmp_path / "model.tflite"
    path.write_bytes(two_signatures())
    graph = read_model(path)
    assert [value.name for value in (*graph.inputs, *graph.outputs)] == ["in_0:0", "out_0:0"]
    graph = read_model(path, signature="neg")
    assert [value.name for value in (*graph.inputs, *graph.outputs)] == ["given", "made"]
    assert graph.nodes[0].operator == "NEG"
    with pytest.raises(ExportError, match="no signature 'exp'; there are abs, neg"):
        read_model(path, signature="exp")
    assert build(path, Options(signature="neg")).graph_file["provenance"]["options"] == ["signature=neg"]


def test_signatures_of_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"any")
    with pytest.raises(ExportError, match="--signature"):
        read_model(path, signature="serving_default")


def test_constants_behind_the_flatbuffer(tmp_path: Path) -> None:
    """As files beyond 2 GB have them: by offset and size."""
    maker = ModelMaker()
    graph = maker.main
    weights = np.arange(15, dtype=np.float32).reshape(5, 3)
    x, y = graph.input("x", "float32", (2, 3)), graph.output("y", "float32", (2, 5))
    constant = graph.constant(weights)
    graph.add("FULLY_CONNECTED", [x, constant, -1], [y], "FullyConnectedOptions")
    buffer = maker.model.buffers[-1]
    buffer.data = None
    buffer.offset, buffer.size = 2, weights.nbytes
    length = len(maker.content())
    buffer.offset = -(-length // 16) * 16
    builder = flatbuffers.Builder(0)
    builder.Finish(maker.model.Pack(builder), b"TFL3")
    content = bytes(builder.Output())
    content += bytes(buffer.offset - len(content)) + weights.tobytes()
    [made] = run_graph(lowered(content, tmp_path), [{"x": X}])
    np.testing.assert_allclose(made["y"], X @ weights.T, rtol=1e-6)


def test_verify(tmp_path: Path) -> None:
    """A bundle is compared with LiteRT, run after run where something is remembered."""
    path = tmp_path / "model.tflite"
    path.write_bytes(counter(True))
    export(path, tmp_path / "bundle")
    command = [sys.executable, "-m", "texelflow.cli", "verify", str(tmp_path / "bundle")]
    more = ["--against", str(path), "--layers", "--json"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [comparison["name"] for comparison in result["outputs"]] == ["y"]


def test_verify_without_litert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(counter(True))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ExportError, match="pip install ai-edge-litert"):
        LiteRtReference(path)


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Unknown operators and unreadable constants are told together, each by its name."""
    maker = ModelMaker()
    graph = maker.main
    x, made = (
        graph.input("x", "float32", (2, 3)),
        [graph.tensor(f"t{i}", "float32", (2, 3)) for i in range(3)],
    )
    graph.add("Mystery", [x], [made[0]], custom=b"")
    graph.add("HASHTABLE_FIND", [x], [made[1]])
    words = graph.tensor("words", "int32", (1,), b"abc", kind=schema.TensorType.STRING)
    graph.add("ADD", [made[0], words], [graph.output("y", "float32", (2, 3))], "AddOptions")
    path = tmp_path / "model.tflite"
    path.write_bytes(maker.content())
    with pytest.raises(ExportError) as caught:
        build(path, Options())
    assert len(caught.value.problems) == 3
    for word in ("'Mystery' is a custom one", "it is of texts", "'words' has elements of type STRING"):
        assert word in str(caught.value)


def test_in_the_browser(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """A condition of the run, and what a model remembers from run to run."""
    for name, content in (("branches", branches()), ("counter", counter(True))):
        (tmp_path / f"{name}.tflite").write_bytes(content)
        export(tmp_path / f"{name}.tflite", tmp_path / name)
    url = page_server.mount("/tflite_models", tmp_path)
    runs = [{"x": X, "condition": np.array([holds])} for holds in (True, False)]
    with LoadedBundle(bundle_page, f"{url}/branches") as bundle:
        for feeds, expected in zip(runs, run_litert(branches(), runs), strict=True):
            np.testing.assert_allclose(bundle.run(feeds)["y"], expected["y"], rtol=1e-5)
    runs = [{"x": X}, {"x": 3 * X}, {"x": X}]
    with LoadedBundle(bundle_page, f"{url}/counter") as bundle:
        for feeds, expected in zip(runs, run_litert(counter(True), runs), strict=True):
            np.testing.assert_allclose(bundle.run(feeds)["y"], expected["y"], rtol=1e-5)


def growing() -> bytes:
    """A transposed convolution to twice the size of an image, whatever that is."""
    maker = ModelMaker()
    graph = maker.main
    x = graph.input("x", "float32", (1, 4, 5, 3), signature=(1, -1, -1, 3))
    sizes = graph.tensor("sizes", "int32", (4,))
    graph.add("SHAPE", [x], [sizes], "ShapeOptions", outType=schema.TensorType.INT32)
    doubled = graph.tensor("doubled", "int32", (4,))
    graph.add("MUL", [sizes, graph.constant(np.array([1, 2, 2, 1], np.int32))], [doubled], "MulOptions")
    weights = RANDOM.uniform(-1, 1, (3, 3, 4, 3)).astype(np.float32)
    inputs = [
        doubled,
        graph.constant(weights),
        x,
        graph.constant(RANDOM.uniform(-1, 1, 3).astype(np.float32)),
    ]
    y = graph.output("y", "float32", (1, 8, 10, 3), signature=(1, -1, -1, 3))
    graph.add("TRANSPOSE_CONV", inputs, [y], "TransposeConvOptions", 3, padding=0, strideH=2, strideW=2)
    return maker.content()


@pytest.mark.parametrize("size", [(4, 5), (7, 3)])
def test_sizes_computed_from_sizes(size: tuple[int, int], tmp_path: Path) -> None:
    x = RANDOM.uniform(-1, 1, (1, *size, 3)).astype(np.float32)
    assert_as_litert(growing(), [{"x": x}], tmp_path)


def spectrum(rows: int, lengths: tuple[int, int]) -> bytes:
    """The spectrum of real numbers: its parts, and magnitudes."""
    maker = ModelMaker()
    graph = maker.main
    x = graph.input("x", "float32", (2, rows, 10))
    made = graph.tensor("spectrum", "complex64", (2, lengths[0], lengths[1] // 2 + 1))
    graph.add("RFFT2D", [x, graph.constant(np.array(lengths, np.int32))], [made], "Rfft2dOptions")
    for name, operator in (("real", "REAL"), ("imaginary", "IMAG"), ("size", "COMPLEX_ABS")):
        graph.add(operator, [made], [graph.output(name, "float32", (2, lengths[0], lengths[1] // 2 + 1))])
    return maker.content()


@pytest.mark.parametrize(("rows", "lengths"), [(1, (1, 8)), (1, (1, 16)), (3, (4, 8))])
def test_spectra(rows: int, lengths: tuple[int, int], tmp_path: Path) -> None:
    """Cut, or filled with zeros, to the lengths."""
    x = RANDOM.uniform(-1, 1, (2, rows, 10)).astype(np.float32)
    assert_as_litert(spectrum(rows, lengths), [{"x": x}], tmp_path, 1e-4)


def places() -> bytes:
    """Where a condition holds, and the distinct numbers: as many as there are."""
    maker = ModelMaker()
    graph = maker.main
    mask, numbers = graph.input("mask", "bool", (3, 4)), graph.input("numbers", "int32", (9,))
    graph.add("WHERE", [mask], [graph.output("where", "int64", (1, 2))], "WhereOptions")
    graph.add("BITCAST", [numbers], [graph.output("floats", "float32", (9,))], "BitcastOptions")
    outputs = [graph.output("values", "int32", (1,)), graph.output("indices", "int32", (9,))]
    graph.add("UNIQUE", [numbers], outputs, "UniqueOptions", idxOutType=schema.TensorType.INT32)
    return maker.content()


def test_as_many_as_there_are(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    feeds = {
        "mask": RANDOM.integers(0, 2, (3, 4)).astype(bool),
        "numbers": RANDOM.integers(0, 4, 9).astype(np.int32),
    }
    (tmp_path / "model.tflite").write_bytes(places())
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    url = page_server.mount("/tflite_places", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        made = bundle.run(feeds)
    for name, array in run_litert(places(), [feeds])[0].items():
        np.testing.assert_array_equal(made[name], array)
