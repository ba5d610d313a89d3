"""Modules of PyTorch and Keras models as sources: with stand-ins for their libraries, and with torch."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tarfile
import types
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import texelflow
from texelflow import ExportError

NETWORKS = Path(__file__).parents[1] / "importers" / "pytorch_files" / "networks.tar.xz"
HAS_TORCH = importlib.util.find_spec("torch") is not None


class Module:
    """A stand-in for torch.nn.Module."""

    def __init__(self) -> None:
        self.training = True

    def modules(self) -> list[Module]:
        return [self]

    def eval(self) -> None:
        self.training = False


Module.__module__ = "torch.nn.modules.module"


class Net(Module):
    """A user's own module."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """A stand-in for torch whose export gives a program that is there; what it was called with."""
    with tarfile.open(NETWORKS) as archive:
        archive.extract("perceptron/plain", tmp_path, filter="data")
    found: list[Any] = []

    class Program:
        def run_decompositions(self, table: dict[str, Any]) -> Program:
            assert table == {}
            return self

    def export(module: Net, arguments: Any, named: Any, *, dynamic_shapes: Any, strict: bool) -> Program:
        if arguments == ("wrong",):
            raise RuntimeError("shapes\n  do not fit")
        found.append((arguments, named, dynamic_shapes, module.training, strict))
        return Program()

    def save(_: Program, path: Path) -> None:
        shutil.copyfile(tmp_path / "perceptron" / "plain", path)

    def load(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such operator")

    torch: Any = types.ModuleType("torch")
    torch.export = types.SimpleNamespace(export=export, save=save)
    torch.no_grad = nullcontext
    torch.jit = types.SimpleNamespace(load=load)
    monkeypatch.setitem(sys.modules, "torch", torch)
    return found


def test_modules(calls: list[Any], tmp_path: Path) -> None:
    """They are exported as outside of training, and are in training again behind it."""
    module = Net()
    summary = texelflow.export(
        module, tmp_path / "bundle", example_inputs=("x",), dynamic_shapes={"x": {0: 1}}
    )
    assert [value.name for value in summary.inputs] == ["features"]
    assert [value.name for value in summary.outputs] == ["scores", "shares"]
    assert texelflow.convert(module, tmp_path / "net.onnx", example_inputs={"x": "y"})
    texelflow.convert(module, tmp_path / "net.onnx", example_inputs="x", force=True)
    assert calls == [
        (("x",), {}, {"x": {0: 1}}, False, False),
        ((), {"x": "y"}, None, False, False),
        (("x",), {}, None, False, False),
    ]
    assert module.training


def test_refused_modules(calls: list[Any], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"Net does not tell its inputs: give example_inputs="):
        texelflow.inspect(Net())
    module = Net()
    with pytest.raises(ExportError, match=r"cannot export Net \(RuntimeError: shapes do not fit\)"):
        texelflow.export(module, tmp_path / "bundle", example_inputs=("wrong",))
    assert module.training and not calls and not (tmp_path / "bundle").exists()


def script(path: Path) -> Path:
    """Write what looks like a file of TorchScript."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x/data.pkl", "x/code/__torch__.py"):
            archive.writestr(name, "")
    return path


def test_torchscript(calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read by PyTorch where it is told what it is called with."""
    path = script(tmp_path / "net.pt")
    with pytest.raises(ExportError, match=r"torch\.export\.export.*torch\.export\.save"):
        texelflow.inspect(path)
    with pytest.raises(ExportError, match=r"PyTorch cannot load .*net\.pt: no such operator"):
        texelflow.export(path, tmp_path / "bundle", example_inputs=("x",))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ExportError, match="pip install torch"):
        texelflow.export(path, tmp_path / "bundle", example_inputs=("x",))


@pytest.mark.parametrize("base", ["keras.src.models.model", "tf_keras.src.engine.training"])
def test_keras_models(base: str, tmp_path: Path) -> None:
    """They are saved by their own library; what it says is told."""
    parent = type("Model", (), {"__module__": base})

    def net(save: Callable[[Any, Path], None]) -> Any:
        return type("Net", (parent,), {"save": save, "name": "net"})()

    def write(_: Any, path: Path) -> None:
        assert path.name == "net.keras"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("metadata.json", "{}")

    def fail(_: Any, path: Path) -> None:
        raise ValueError(f"not {path.suffix}")

    with pytest.raises(ExportError, match=r"net\.keras has no model\.weights\.h5"):
        texelflow.inspect(net(write))
    with pytest.raises(ExportError, match=r"cannot be saved \(ValueError: not \.keras\)"):
        texelflow.inspect(net(fail))


@pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed")
def test_with_torch(tmp_path: Path) -> None:
    import onnxruntime
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.ReLU(inplace=True))
    x = torch.randn(3, 4)
    batch = {0: torch.export.Dim("batch")}
    for source in (module, torch.jit.script(module)):
        shapes = {"dynamic_shapes": {"input": batch}} if source is module else {}
        [file] = texelflow.convert(source, tmp_path / "net.onnx", example_inputs=(x,), force=True, **shapes)
        session = onnxruntime.InferenceSession(file)
        [answer] = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        with torch.no_grad():
            expected = module.eval()(x).numpy()
        assert np.allclose(answer, expected, atol=1e-6)
        module.train()
