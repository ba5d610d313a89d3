"""Bad input to `texelflow export` and `inspect`: one clear error, exit code 1, nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_support import RunCommand, save_model
from onnx import TensorProto, helper


def assert_refused(run: RunCommand, model: Path, *fragments: str) -> None:
    """Assert that both commands refuse the model, naming it, and that no file appears beside it."""
    before = sorted(model.parent.iterdir())
    for arguments in (["export", model, "-o", model.parent / "bundle"], ["inspect", model]):
        run(*arguments).assert_one_error(model.name, *fragments)
        assert sorted(model.parent.iterdir()) == before


@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.9, 0.999])
def test_a_truncated_model_is_refused(
    texelflow_command: RunCommand, classifier: Path, fraction: float
) -> None:
    data = classifier.read_bytes()
    classifier.write_bytes(data[: int(len(data) * fraction)])
    assert_refused(texelflow_command, classifier)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"this is no model\n" * 20, os.urandom(5000), b"{}", b"PK\3\4" + os.urandom(200)],
    ids=["empty", "zeros", "text", "random", "json", "zip"],
)
def test_a_file_that_is_not_a_model_is_refused(
    texelflow_command: RunCommand, tmp_path: Path, content: bytes
) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(content)
    assert_refused(texelflow_command, model)


def test_a_missing_model_is_reported(texelflow_command: RunCommand, tmp_path: Path) -> None:
    assert_refused(texelflow_command, tmp_path / "absent.onnx")


def test_a_folder_without_a_model_is_refused(texelflow_command: RunCommand, tmp_path: Path) -> None:
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    assert_refused(texelflow_command, folder)


def test_an_unknown_file_type_is_refused(texelflow_command: RunCommand, tmp_path: Path) -> None:
    model = tmp_path / "model.xyz"
    model.write_bytes(b"some bytes")
    assert_refused(texelflow_command, model)


def test_unknown_operators_are_all_named(texelflow_command: RunCommand, tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])
    nodes = [
        helper.make_node("Sparkle", ["x"], ["a"], "sparkle_node", domain="example.org"),
        helper.make_node("Relu", ["a"], ["b"], "relu_node"),
        helper.make_node("NoSuchOperator", ["b"], ["y"], "odd_node"),
    ]
    model = save_model(tmp_path / "unknown.onnx", nodes, [x], [y])
    names = ("Sparkle", "sparkle_node", "NoSuchOperator", "odd_node")
    assert_refused(texelflow_command, model, *names)
    problems = texelflow_command("inspect", model, "--json").json["problems"]
    assert len(problems) == 2, problems


def test_existing_folder_is_kept(texelflow_command: RunCommand, classifier: Path) -> None:
    bundle = classifier.parent / "bundle"
    bundle.mkdir()
    (bundle / "precious.txt").write_text("mine")
    texelflow_command("export", classifier, "-o", bundle).assert_one_error("bundle", "--force")
    assert [path.name for path in bundle.iterdir()] == ["precious.txt"]


def test_force_replaces_a_folder_only_on_success(texelflow_command: RunCommand, classifier: Path) -> None:
    bundle = classifier.parent / "bundle"
    assert texelflow_command("export", classifier, "-o", bundle).code == 0
    graph = (bundle / "graph.json").read_bytes()
    broken = classifier.with_name("broken.onnx")
    broken.write_bytes(classifier.read_bytes()[:200])
    texelflow_command("export", broken, "-o", bundle, "--force").assert_one_error("broken.onnx")
    assert (bundle / "graph.json").read_bytes() == graph
    assert texelflow_command("export", classifier, "-o", bundle, "--force", "--name", "again").code == 0
    assert (bundle / "graph.json").read_bytes() != graph
    assert sorted(path.name for path in classifier.parent.iterdir()) == sorted(
        ["bundle", "broken.onnx", "classifier.onnx"]
    )


def test_an_output_below_a_file_is_refused(texelflow_command: RunCommand, classifier: Path) -> None:
    target = classifier / "bundle"
    texelflow_command("export", classifier, "-o", target).assert_one_error("classifier.onnx")


def test_missing_labels_are_reported(texelflow_command: RunCommand, classifier: Path) -> None:
    result = texelflow_command("export", classifier, "-o", "bundle", "--labels", "absent.txt")
    result.assert_one_error("absent.txt")
    assert not (classifier.parent / "bundle").exists()


def test_an_unknown_input_name_is_refused(texelflow_command: RunCommand, classifier: Path) -> None:
    result = texelflow_command("export", classifier, "-o", "bundle", "--input", "pictures=1,3,8,8")
    result.assert_one_error("pictures", "picture")


def test_an_input_shape_that_contradicts_the_model_is_refused(
    texelflow_command: RunCommand, classifier: Path
) -> None:
    for shape in ("1,3,8", "1,3,8,8,1"):
        result = texelflow_command("export", classifier, "-o", "bundle", "--input", f"picture={shape}")
        result.assert_one_error("picture")


def test_a_broken_bundle_is_reported(texelflow_command: RunCommand, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    texelflow_command("inspect", bundle).assert_one_error("graph.json")
    for content in ("", "not JSON", "[]", "{}", '{"formatVersion": 99}', '{"formatVersion": 2}'):
        (bundle / "graph.json").write_text(content)
        texelflow_command("inspect", bundle).assert_one_error("graph.json")
