"""`verify` on pictures, sounds and several sizes."""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_support import RunCommand, make_classifier, save_model
from onnx import TensorProto, helper
from PIL import Image

from model_support import save_text
from texelflow.checking.input_files import make_inputs
from texelflow.checking.media import read_wav
from texelflow.checking.resizing import resize
from texelflow.checking.size_trials import size_combinations, try_others
from texelflow.errors import ExportError
from texelflow.options.arguments import parse_input_files, parse_sizes


def graph_of(*inputs: dict[str, Any]) -> Any:
    symbols = {extent for value in inputs for extent in value["shape"] if isinstance(extent, str)}
    return {"inputs": list(inputs), "symbols": sorted(symbols)}


@pytest.mark.parametrize("size", [(7, 5), (3, 4), (20, 31)])
def test_resizing_is_pillows_bilinear(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).random((9, 13))
    ours = resize(255 * pixels[:, :, None], *size, "stretch")[:, :, 0] / 255
    picture = Image.fromarray(pixels.astype(np.float32))
    theirs = np.asarray(picture.resize(size[::-1], Image.Resampling.BILINEAR))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_picture_follows_the_bundles_rules(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (255, 0, 51)).save(tmp_path / "p.png")
    image = {"fit": "contain", "channels": "bgr", "mean": [0.5] * 3, "deviation": [0.5] * 3}
    graph = graph_of({"name": "x", "dtype": "float32", "shape": ["n", 3, 4, 4], "image": image})
    values, notes = make_inputs(graph, [("", tmp_path / "p.png")], {"n": 2}, 0)
    assert values["x"].shape == (2, 3, 4, 4)
    np.testing.assert_allclose(values["x"][1, :, 1, 1], [-0.6, -1, 1], atol=1e-6)
    np.testing.assert_allclose(values["x"][0, :, 0, 0], -1)  # black bars
    assert "4×2 pixels" in notes[0]


def test_a_picture_becomes_integers_of_three_axes(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (255, 0, 51)).save(tmp_path / "p.png")
    image = {"fit": "stretch", "channels": "rgb", "mean": [0.5] * 3, "deviation": [1 / 255] * 3}
    graph = graph_of({"name": "x", "dtype": "int8", "shape": ["h", "w", 3], "image": image})
    values, _ = make_inputs(graph, [("", tmp_path / "p.png")], {}, 0)
    assert values["x"].dtype == np.int8 and values["x"].shape == (2, 4, 3)
    # 127.5, -127.5 and -76.5, rounded up, and limited.
    assert values["x"][1, 3].tolist() == [127, -127, -76]


SAMPLES = [0.5, -0.25, 0.0, -1.0]
WAVES = {8: np.uint8, 16: np.int16, 24: None, 32: np.int32}


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("bits", WAVES)
def test_sounds_of_whole_numbers(tmp_path: Path, bits: int, channels: int) -> None:
    whole = np.repeat([int(sample * 2 ** (bits - 1)) for sample in SAMPLES], channels)
    if bits == 8:
        data = (whole + 128).astype(np.uint8).tobytes()
    else:
        data = b"".join(int(number).to_bytes(bits // 8, "little", signed=True) for number in whole)
    with wave.open(str(tmp_path / "s.wav"), "wb") as stream:
        stream.setnchannels(channels)
        stream.setsampwidth(bits // 8)
        stream.setframerate(8000)
        stream.writeframes(data)
    samples, rate = read_wav(tmp_path / "s.wav")
    assert rate == 8000
    np.testing.assert_array_equal(samples, SAMPLES)


def test_sounds_of_floats(tmp_path: Path) -> None:
    body = np.array([0.5, 0.25, -1, 0, 1, 1], "<f4").tobytes()
    header = struct.pack("<HHIIHH", 3, 2, 16000, 128000, 8, 32)
    stream = io.BytesIO()
    stream.write(b"RIFF" + struct.pack("<I", 0) + b"WAVEfmt " + struct.pack("<I", 16) + header)
    stream.write(b"data" + struct.pack("<I", len(body)) + body)
    (tmp_path / "s.wav").write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_wav(tmp_path / "s.wav")[0], [0.375, -0.5, 1])
    for length, expected in ((2, [0.375, -0.5]), (4, [0.375, -0.5, 1, 0]), ("n", [0.375, -0.5, 1])):
        graph = graph_of({"name": "x", "dtype": "float32", "shape": [1, length]})
        values, _ = make_inputs(graph, [("", tmp_path / "s.wav")], {}, 0)
        np.testing.assert_array_equal(values["x"], [expected])
    (tmp_path / "s.wav").write_bytes(stream.getvalue()[:30])
    with pytest.raises(ExportError, match="without a format"):
        read_wav(tmp_path / "s.wav")


def test_files_share_their_sizes_with_random_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", x=np.ones((2, 5), np.float32))
    shared = graph_of(
        {"name": "x", "dtype": "float32", "shape": ["n", "t"]},
        {"name": "attention_mask", "dtype": "int64", "shape": ["n", "t"]},
    )
    values, _ = make_inputs(shared, [("x", tmp_path / "one.npz")], {}, 0)
    assert values["attention_mask"].shape == (2, 5)
    assert set(values["attention_mask"].flat) <= {0, 1}
    for files, message in (
        ([("y", tmp_path / "one.npz")], "the inputs are x, attention_mask"),
        ([("x", tmp_path / "none.png")], "does not exist"),
        ([("x", tmp_path / "one.npz")] * 2, "given twice"),
        ([("", tmp_path / "one.npz")], "has arrays x"),
    ):
        with pytest.raises(ExportError, match=message):
            make_inputs(shared, files, {}, 0)


def test_options() -> None:
    assert parse_sizes("batch=1,2; height=64") == {"batch": [1, 2], "height": [64]}
    assert parse_sizes("auto") is None
    assert parse_input_files(["a.png", "x=b.wav"]) == [("", Path("a.png")), ("x", Path("b.wav"))]
    for text in ("", "batch", "batch=", "batch=a", "n=1;n=2"):
        with pytest.raises(ValueError, match=r"batch=1,2|twice"):
            parse_sizes(text)


def test_combinations_are_bounded() -> None:
    graph = graph_of({"name": "x", "dtype": "float32", "shape": ["n", 3, "h", "w"]})
    trials = size_combinations(graph, None, {"w": 64})
    assert {trial["n"] for trial in trials} >= {1, 2, 3}
    assert {trial["w"] for trial in trials} == {64}
    assert any(trial["h"] % 2 for trial in trials)
    with pytest.raises(ExportError, match="25 combinations"):
        size_combinations(graph, {"h": range(5), "w": range(5)}, {})


@pytest.mark.parametrize(
    ("needs", "free"),
    [
        (lambda n, h: n % 2 == 0, "nh"),
        (lambda n, h: n == h, ""),
        (lambda n, h: h % 96 == 0, "nh"),
        (lambda n, h: n >= 4 and h % 32 == 0, "nh"),
        (lambda n, h: h == 224, "n"),
        (lambda n, h: n == 1 and h in (64, 72), "h"),
    ],
)
def test_other_sizes_are_found(needs: Callable[[int, int], bool], free: str) -> None:
    """Where the reference refuses sizes, others are tried: of all dimensions, and of each that may vary."""
    graph = graph_of({"name": "x", "dtype": "float32", "shape": ["n", 3, "h", 5]})
    trials = size_combinations(graph, None, {})
    taken, tried = [], []

    def runs(sizes: dict[str, int]) -> bool:
        tried.append(sizes)
        taken.extend([sizes] if needs(**sizes) else [])
        return needs(**sizes)

    try_others(trials, [runs(sizes) for sizes in trials], ["n", "h"], runs)
    assert taken
    assert all(len({sizes[name] for sizes in taken}) > 1 for name in free), taken
    assert len(tried) < 60
    assert all(sizes not in tried[:index] for index, sizes in enumerate(tried))


def test_verify_goes_on_from_states(texelflow_command: RunCommand, tmp_path: Path) -> None:
    """Constants and states of the export are given to the model; a model that goes on otherwise is found."""
    text = """g (float[n, 2] x, float[n, 2] s, int64 rate) => (float[n, 2] y, float[n, 2] after) {{
        number = Cast<to = 1>(rate)
        kept = Mul(s, number)
        after = {operator}(kept, x)
        y = Neg(after)
    }}"""
    model = save_text(text.format(operator="Add"), tmp_path)
    options = ["--state", "after=s", "--constant", "rate=3", "--json"]
    exported = texelflow_command("export", model, "-o", tmp_path / "bundle", *options)
    assert exported.code == 0, exported.stderr
    shown = json.loads(texelflow_command("inspect", tmp_path / "bundle", "--json").stdout)
    assert shown["provenance"]["options"] == ["state=after=s"]
    assert shown["provenance"]["constants"][0]["elements"] == [3]
    right = texelflow_command(
        "verify", tmp_path / "bundle", "--against", model, "--dimension", "n=2", "--json"
    )
    assert right.code == 0, right.stderr
    other = save_text(text.format(operator="Sub"), tmp_path, "other.onnx")
    wrong = texelflow_command("verify", tmp_path / "bundle", "--against", other, "--json")
    assert wrong.code == 1
    notes = json.loads(wrong.stdout)["notes"]
    assert any("was made from another file" in note for note in notes), notes


def test_verify_at_several_sizes(texelflow_command: RunCommand, classifier: Path) -> None:
    assert texelflow_command("export", classifier, "-o", "bundle").code == 0
    arguments = ("bundle", "--software", "--sizes", "batch=1,3", "--json")
    result = texelflow_command("verify", *arguments, "--against", classifier)
    assert result.code == 0, result.stdout + result.stderr
    assert [size["dimensions"] for size in result.json["sizes"]] == [{"batch": 1}, {"batch": 3}]
    other = make_classifier(classifier.with_name("other.onnx"), scale=1.01)
    result = texelflow_command("verify", *arguments, "--against", other)
    assert result.code == 1
    assert not any(size["passed"] for size in result.json["sizes"])


def test_verify_tells_what_the_reference_refuses_and_what_proves_little(
    texelflow_command: RunCommand, tmp_path: Path
) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 2])
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [], [-100.0])
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["pairs"]),
        helper.make_node("Add", ["pairs", "zero"], ["low"]),
        helper.make_node("Sigmoid", ["low"], ["y"]),
    ]
    model = save_model(tmp_path / "m.onnx", nodes, [x], [y], [shape, zero])
    assert texelflow_command("export", model, "-o", "bundle").code == 0
    result = texelflow_command("verify", "bundle", "--against", model, "--software", "--sizes", "n=3,4")
    assert result.code == 0, result.stdout + result.stderr
    assert "not a size of the model" in result.stdout
    assert "--input" in result.stderr
    result = texelflow_command(
        "verify", "bundle", "--against", model, "--software", "--dimension", "n=4", "--json"
    )
    assert result.code == 0, result.stdout + result.stderr
    assert result.json["proves_little"]
    assert result.json["outputs"][0]["proves_little"].startswith("every value is 0")
    texelflow_command(
        "verify", "bundle", "--against", model, "--software", "--dimension", "n=3"
    ).assert_one_error("ONNX Runtime refuses")
