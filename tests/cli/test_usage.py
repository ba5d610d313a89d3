"""Wrong usage of the command line: exit code 2, and the message says what would be right."""

from __future__ import annotations

import pytest
from command_support import RunCommand

import texelflow


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["export"], "MODEL"),
        (["export", "model.onnx"], "--output"),
        (["export", "model.onnx", "-o", "bundle", "--weights", "int2"], "float16"),
        (["export", "model.onnx", "-o", "bundle", "--input", "tokens"], "NAME=DIMENSIONS"),
        (["export", "model.onnx", "-o", "bundle", "--input", "tokens=1,-3"], "at least 0"),
        (["export", "model.onnx", "-o", "bundle", "--input", "{oops}"], "not JSON"),
        (["export", "model.onnx", "-o", "bundle", "--input", "a=1", "--input", "a=2"], "twice"),
        (["inspect", "model.onnx", "--image", "rainbow"], "imagenet"),
        (["inspect", "model.onnx", "--image", "0..1,deviation=0"], "deviation"),
        (["verify", "bundle"], "--against"),
        (["verify", "bundle", "--against", "model.onnx", "--dimension", "batch=two"], "NAME=SIZE"),
        (["bench", "bundle", "--runs", "0"], "--runs"),
        (["serve", "bundle", "--port", "99999"], "--port"),
        (["fly"], "fly"),
        (["export", "model.onnx", "-o", "bundle", "--wings"], "--wings"),
    ],
)
def test_wrong_usage_ends_with_exit_code_2(
    texelflow_command: RunCommand, arguments: list[str], fragment: str
) -> None:
    texelflow_command(*arguments).assert_one_error(fragment, code=2)


def test_help_and_version(texelflow_command: RunCommand) -> None:
    result = texelflow_command("--help")
    assert result.code == 0
    for command in ("export", "inspect", "verify", "bench", "serve"):
        assert command in result.stdout
        assert texelflow_command(command, "--help").code == 0
    assert texelflow_command("--version").stdout == f"texelflow {texelflow.__version__}\n"
