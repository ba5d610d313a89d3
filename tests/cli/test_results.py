"""What the commands print and write when all is well."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from command_support import RunCommand, make_classifier

from model_support import save_text
from texelflow.bundle.validation import violations
from texelflow.cli.commands import commands


@pytest.fixture
def bundle(texelflow_command: RunCommand, classifier: Path) -> Path:
    """The small classifier, exported."""
    folder = classifier.parent / "bundle"
    result = texelflow_command("export", classifier, "-o", folder)
    assert result.code == 0, result.stderr
    return folder


def test_export_prints_what_the_model_is(texelflow_command: RunCommand, classifier: Path) -> None:
    result = texelflow_command("export", classifier, "-o", "bundle", "--name", "small one")
    assert result.code == 0, result.stderr
    for fragment in ("small one", "picture", "scores", "batch", "Conv", "Gemm", "programs", "GPU memory"):
        assert fragment in result.stdout, fragment


def test_names_of_a_model_do_not_control_the_terminal(tmp_path: Path) -> None:
    """Neither in what is printed of a model, nor in an error."""
    model = onnx.load(save_text("g (float[2] x) => (float[2] y) { y = Exp(x) }", tmp_path))
    model.graph.input[0].name = model.graph.node[0].input[0] = "x\x1b]0;owned\x07\x9b\u202e[bold]"
    onnx.save(model, tmp_path / "named.onnx")
    model.graph.node[0].op_type = "Unknown\x1b[31m"
    onnx.save(model, tmp_path / "refused.onnx")
    for name, code in (("named.onnx", 0), ("refused.onnx", 1)):
        result = CliRunner().invoke(commands, ["inspect", str(tmp_path / name)])
        assert result.exit_code == code
        assert "\\x1b" in result.output
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.output)


def test_export_warns_of_weights_too_large_for_16_bits(texelflow_command: RunCommand, tmp_path: Path) -> None:
    model = make_classifier(tmp_path / "large.onnx", scale=1e9)
    result = texelflow_command("export", model, "-o", "bundle", "--weights", "float16", "--json")
    assert result.code == 0, result.stderr
    assert "warning: 20 of the numbers in weight 'matrix'" in result.stderr
    assert len(result.json["warnings"]) == 1


def test_integers_that_may_overflow_are_warned_of(texelflow_command: RunCommand, tmp_path: Path) -> None:
    """By `inspect`, which writes nothing, and by `export`."""
    text = "g (int64[3] x) => (int64[3] y) { y = Mul (x, x) }"
    model = save_text(text, tmp_path)
    for arguments in (("inspect", model), ("export", model, "-o", "bundle")):
        result = texelflow_command(*arguments, "--json")
        assert result.code == 0, result.stderr
        assert "warning: Mul 'Mul_0': its int64 results may exceed 32 bits" in result.stderr
        assert len(result.json["warnings"]) == 1


def test_export_json(texelflow_command: RunCommand, classifier: Path) -> None:
    result = texelflow_command("export", classifier, "-o", "bundle", "--json")
    assert result.code == 0, result.stderr
    summary = result.json
    assert summary["operators"]["Conv"] == 1
    assert summary["parameters"] == 5 * 27 + 5 + 20 + 4
    assert summary["devices"]
    assert all(device["fits"] for device in summary["devices"])
    files = [path for path in (classifier.parent / "bundle").iterdir() if path.name != "model.d.ts"]
    size = sum(path.stat().st_size for path in files)
    assert abs(summary["download_bytes"] - size) < 2_000  # the headers of the files are not counted


def test_graph_file_follows_the_schema(bundle: Path) -> None:
    graph = json.loads((bundle / "graph.json").read_text())
    assert list(violations(graph)) == []
    graph["plans"]["webgl2"]["tensors"][0]["dtype"] = "float8"
    step = graph["plans"]["webgl2"]["entries"]["predict"][0]
    step["programme"] = step.pop("program")
    graph["inputs"][0]["shape"] = [1.5]
    assert len(list(violations(graph))) == 4


def test_files_have_the_digests_that_the_bundle_says(bundle: Path) -> None:
    graph = json.loads((bundle / "graph.json").read_text())
    assert graph["formatVersion"] == 2
    for file in graph["files"]:
        data = (bundle / file["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])


def test_labels_and_image(texelflow_command: RunCommand, classifier: Path) -> None:
    (classifier.parent / "labels.txt").write_text("cat\ndog\nbird\nfish\n")
    result = texelflow_command(
        "export", classifier, "-o", "bundle", "--labels", "labels.txt", "--image", "-1..1,fit=cover"
    )
    assert result.code == 0, result.stderr
    graph = json.loads((classifier.parent / "bundle" / "graph.json").read_text())
    assert graph["outputs"][0]["meaning"]["labels"] == ["cat", "dog", "bird", "fish"]
    image = graph["inputs"][0]["image"]
    assert image["fit"] == "cover"
    assert image["mean"] == [0.5, 0.5, 0.5]


def test_labels_of_another_number_are_warned_of(texelflow_command: RunCommand, classifier: Path) -> None:
    (classifier.parent / "labels.txt").write_text("cat\ndog\nbird\n")
    result = texelflow_command("export", classifier, "-o", "bundle", "--labels", "labels.txt")
    assert result.code == 0, result.stderr
    assert "there are 3 labels for outputs of 4 classes" in result.stderr


def test_inspect_writes_nothing(texelflow_command: RunCommand, classifier: Path) -> None:
    before = sorted(classifier.parent.iterdir())
    result = texelflow_command("inspect", classifier, "--json")
    assert result.code == 0, result.stderr
    assert result.json["operators"]["Gemm"] == 1
    assert sorted(classifier.parent.iterdir()) == before


def test_inspect_bundle(texelflow_command: RunCommand, bundle: Path) -> None:
    facts = texelflow_command("inspect", bundle, "--json").json
    assert facts["symbols"] == ["batch"]
    assert [value["name"] for value in facts["outputs"]] == ["scores"]
    assert "picture" in texelflow_command("inspect", bundle / "graph.json").stdout


def test_verify_agrees(texelflow_command: RunCommand, bundle: Path, classifier: Path) -> None:
    arguments = ("verify", bundle, "--against", classifier, "--layers", "--software", "--json")
    result = texelflow_command(*arguments, "--dimension", "batch=2")
    assert result.code == 0, result.stdout + result.stderr
    assert result.json["passed"]
    (scores,) = result.json["outputs"]
    assert scores["shape"] == [2, 4]
    assert scores["relative"] <= 1e-4
    assert "scores" in {layer["name"] for layer in result.json["layers"]}
    assert len(result.json["layers"]) >= 3


def test_verify_knows_what_outputs_were_reduced_to(texelflow_command: RunCommand, classifier: Path) -> None:
    folder = classifier.with_name("reduced")
    options = ("--last", "scores", "--top-k", "scores=2")
    assert texelflow_command("export", classifier, "-o", folder, *options).code == 0
    arguments = ("verify", folder, "--against", classifier, "--layers", "--software", "--json")
    result = texelflow_command(*arguments, "--dimension", "batch=3")
    assert result.code == 0, result.stdout + result.stderr
    shapes = {output["name"]: output["shape"] for output in result.json["outputs"]}
    assert shapes == {"scores_values": [1, 2], "scores_indices": [1, 2]}
    assert all(layer["passed"] for layer in result.json["layers"])


def test_verify_finds_the_first_difference(
    texelflow_command: RunCommand, bundle: Path, classifier: Path
) -> None:
    other = make_classifier(classifier.with_name("other.onnx"), scale=1.01)
    arguments = ("verify", bundle, "--against", other, "--layers", "--software")
    result = texelflow_command(*arguments)
    assert result.code == 1
    assert "Traceback" not in result.stderr
    assert "first to differ: 'scores'" in result.stdout
    layers = texelflow_command(*arguments, "--json").json["layers"]
    assert {layer["name"] for layer in layers if not layer["passed"]} == {"scores"}
    assert any(layer["passed"] for layer in layers)


def test_verify_with_given_inputs(texelflow_command: RunCommand, bundle: Path, classifier: Path) -> None:
    np.savez(classifier.parent / "given.npz", picture=np.full((3, 3, 8, 8), 0.25, np.float32))
    arguments = ("verify", bundle, "--against", classifier, "--software", "--input")
    result = texelflow_command(*arguments, "given.npz", "--json")
    assert result.code == 0, result.stderr
    assert result.json["outputs"][0]["shape"] == [3, 4]
    np.savez(classifier.parent / "wrong.npz", pictures=np.zeros((1, 3, 8, 8), np.float32))
    texelflow_command(*arguments, "wrong.npz").assert_one_error("wrong.npz", "pictures")
    (classifier.parent / "junk.npz").write_bytes(b"junk")
    texelflow_command(*arguments, "junk.npz").assert_one_error("junk.npz")


def test_verify_rejects_altered_weights(
    texelflow_command: RunCommand, bundle: Path, classifier: Path
) -> None:
    (weights,) = bundle.glob("weights*.safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    result = texelflow_command("verify", bundle, "--against", classifier, "--software")
    result.assert_one_error("weights")


def test_bench(texelflow_command: RunCommand, bundle: Path) -> None:
    arguments = ("bench", bundle, "--runs", "5", "--software")
    times = texelflow_command(*arguments, "--json").json
    assert 0 < times["percentile_10"] <= times["median"] <= times["percentile_90"]
    assert times["first_result"] > times["load"] > 0
    assert times["statistics"]["draws"] > 0
    assert "first result" in texelflow_command(*arguments).stdout
