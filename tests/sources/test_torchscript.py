"""TorchScript, scripted and traced, compared with PyTorch; needs torch."""

from __future__ import annotations

import importlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import texelflow
from model_support import find_models
from texelflow import ExportError

torch: Any = pytest.importorskip("torch", reason="torch is not installed")

from torchscript_modules import handwritten, random_modules

SEEDS = range(8)


def same(script: Any, calls: Sequence[Sequence[Any]], folder: Path, **options: Any) -> Any:
    """Convert a module, run it in ONNX Runtime with what it remembers, and compare each call with its own.

    Numbers of Python are those of all calls. Returns the session.
    """
    path = folder / "net.pt"
    torch.jit.save(script, str(path))
    [file] = texelflow.convert(
        path, folder / "net.onnx", example_inputs=tuple(calls[0]), force=True, **options
    )
    session = onnxruntime.InferenceSession(file)
    names = [one.name for one in session.get_inputs()]
    outputs = [one.name for one in session.get_outputs()]
    states = {name: f"{name}/next" for name in names if f"{name}/next" in outputs}
    memory = {
        one.name: np.zeros(one.shape, np.int64 if "int64" in one.type else np.float32)
        for one in session.get_inputs()
        if one.name in states
    }
    given = [name for name in names if name not in states]
    module = torch.jit.load(str(path)).eval()
    is_number = [str(argument.type) == "int" for argument in script.forward.schema.arguments[1:]]
    for number, call in enumerate(calls):
        own = [
            one.item() if numeric and isinstance(one, torch.Tensor) else one
            for one, numeric in zip(call, is_number, strict=False)
        ]
        with torch.no_grad():
            expected = torch.utils._pytree.tree_leaves(module(*own))
        feeds = dict(zip(given, _arrays(call), strict=True))
        results = dict(zip(outputs, session.run(None, {**feeds, **memory}), strict=True))
        memory = {name: results.pop(output) for name, output in states.items()}
        assert len(results) == len(expected)
        for (name, array), wanted in zip(results.items(), expected, strict=True):
            np.testing.assert_allclose(
                array, wanted.numpy(), rtol=1e-4, atol=1e-5, err_msg=f"{name} of call {number}"
            )
    return session


def _arrays(call: Sequence[Any]) -> list[np.ndarray]:
    """Return the tensors that a module is called with, in order; numbers of Python are no inputs."""
    leaves = torch.utils._pytree.tree_leaves(call)
    return [leaf.numpy() for leaf in leaves if isinstance(leaf, torch.Tensor)]


def floats(*shape: int) -> Any:
    return torch.randn(shape)


CALLS: dict[str, Callable[[], Sequence[Sequence[Any]]]] = {
    "Branches": lambda: [(floats(3, 6),), (floats(3, 6),)],
    "Loops": lambda: [(floats(3, 6),)],
    "InPlace": lambda: [(floats(3, 6),)],
    "Data": lambda: [(floats(3, 6) + 1,), (floats(3, 6) - 1,)],
    "Rate": lambda: [(floats(2, 6), torch.tensor(16)), (floats(2, 6), torch.tensor(8))],
    "Lazy": lambda: [(floats(3, 6),) for _ in range(4)],
    "Buffers": lambda: [(floats(3, 6),) for _ in range(4)],
    "Kept": lambda: [(floats(3, 6) + shift,) for shift in (1, -1, 1, -1)],
    "Attention": lambda: [(floats(2, 5, 8),)],
    "Recurrent": lambda: [(floats(2, 5, 6),)],
    "Image": lambda: [(floats(1, 3, 16, 16),)],
    "Containers": lambda: [(floats(2, 6),)],
    "Numbers": lambda: [(floats(2, 6),)],
    "Nested": lambda: [((floats(2, 3), floats(2, 3)), {"a": floats(2, 3)})],
}


@pytest.mark.parametrize("name", CALLS)
def test_scripted(name: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    script = torch.jit.script(getattr(handwritten, name)().eval())
    same(script, CALLS[name](), tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_modules(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted modules of what TorchScript has, each called three times."""
    name = f"random_module_{seed}"
    (tmp_path / f"{name}.py").write_text(random_modules.source(seed))
    monkeypatch.syspath_prepend(tmp_path)
    torch.manual_seed(seed)
    script = torch.jit.script(importlib.import_module(name).Net().eval())
    calls = [(floats(3, 6) + shift, floats(3, 6)) for shift in (0.3, -0.3, 0.3)]
    same(script, calls, tmp_path)


def test_traced(tmp_path: Path) -> None:
    """What torch.jit.trace saw: sizes as numbers, constants among the nodes."""
    torch.manual_seed(4)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = torch.nn.Embedding(11, 8)
            self.layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

        def forward(self, tokens: Any, mask: Any) -> Any:
            x = self.embed(tokens) + torch.arange(tokens.shape[1]).unsqueeze(-1) / tokens.shape[0]
            x = self.layer(x * mask.unsqueeze(-1))
            return x.mean(1), x[:, 0, :].view(x.size(0), -1, 2)

    tokens, mask = torch.randint(0, 11, (2, 5)), torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]])
    net = Net().eval()
    script = torch.jit.trace(net, (tokens, mask), check_trace=False)
    same(script, [(tokens, mask), (tokens + 0, torch.ones_like(mask))], tmp_path)


@pytest.mark.parametrize("seed", (0, 3))
def test_fused_layers(seed: int, tmp_path: Path) -> None:
    """Traced where nothing is trained, encoders and attention are operators of their own, masks and all."""
    choose = random.Random(seed)
    torch.manual_seed(seed)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = torch.nn.TransformerEncoderLayer(
                8,
                choose.choice((2, 4)),
                12,
                batch_first=True,
                activation=choose.choice(("relu", "gelu")),
                norm_first=seed % 2 == 1,
            )
            self.encoder = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Any, hidden: Any) -> Any:
            causal = torch.ones(5, 5).triu(1).bool() if seed & 2 else None
            made = self.encoder(x, mask=causal, src_key_padding_mask=hidden if causal is None else None)
            return made, *self.attention(made, made, made, key_padding_mask=hidden, attn_mask=causal)

    hidden = torch.tensor([[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]).bool()
    net = Net().eval()
    with torch.no_grad():
        script = torch.jit.trace(net, (floats(2, 5, 8), hidden), check_trace=False)
        kinds = {node.kind() for node in script.inlined_graph.nodes()}
        assert {"aten::_transformer_encoder_layer_fwd", "aten::_native_multi_head_attention"} <= kinds
        same(script, [(floats(2, 5, 8), hidden), (floats(2, 5, 8), hidden.flip(0))], tmp_path)


def test_free_sizes(tmp_path: Path) -> None:
    """What follows from sizes is computed from them, and branches on them are assumptions."""
    torch.manual_seed(5)
    script = torch.jit.script(handwritten.Branches().eval())
    rows = {0: torch.export.Dim("rows", min=2, max=64)}
    calls = [(floats(3, 6),), (floats(7, 6),)]
    session = same(script, calls, tmp_path, dynamic_shapes={"x": rows, "mask": None})
    assert [type(extent) for extent in session.get_inputs()[0].shape] == [str, int]


def texelflow_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "texelflow.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_a_command_says(tmp_path: Path) -> None:
    """Shapes and numbers of inputs do where there are no examples; types are those that the module takes."""
    script = torch.jit.script(handwritten.Rate().eval())
    torch.jit.save(script, str(tmp_path / "rate.pt"))
    answer = texelflow_command("inspect", tmp_path / "rate.pt")
    assert answer.returncode == 1 and "--input" in answer.stderr
    answer = texelflow_command("inspect", tmp_path / "rate.pt", "--input", "x=2,6")
    assert answer.returncode == 1 and "--constant rate=1" in answer.stderr
    given = ("--input", "x=2,6", "--constant", "rate=16")
    facts = json.loads(texelflow_command("inspect", tmp_path / "rate.pt", *given, "--json").stdout)
    assert [[one["name"], one["shape"]] for one in facts["inputs"]] == [["x", [2, 6]]]
    answer = texelflow_command("inspect", tmp_path / "rate.pt", *given[:3], "rate=9")
    assert answer.returncode == 1 and "no such rate: 9" in answer.stderr
    torch.jit.save(torch.jit.script(Table().eval()), str(tmp_path / "table.pt"))
    facts = json.loads(
        texelflow_command("inspect", tmp_path / "table.pt", "--input", "tokens=1,4", "--json").stdout
    )
    assert facts["inputs"][0]["dtype"] == "int64"


def test_verify(tmp_path: Path) -> None:
    """A bundle is compared with the module, which remembers by itself, called as the bundle is."""
    torch.manual_seed(6)
    torch.jit.save(torch.jit.script(handwritten.Lazy().eval()), str(tmp_path / "lazy.pt"))
    texelflow.export(tmp_path / "lazy.pt", tmp_path / "bundle", example_inputs=(floats(3, 6),))
    answer = texelflow_command(
        "verify", tmp_path / "bundle", "--against", tmp_path / "lazy.pt", "--software", "--json"
    )
    assert answer.returncode == 0, answer.stderr
    assert "another file" not in answer.stderr


class Table(torch.nn.Module):
    """Takes whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 3)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.table(tokens)


def test_refusals(tmp_path: Path) -> None:
    """What cannot be read says why."""

    def refused(module: Any, *inputs: Any) -> str:
        torch.jit.save(torch.jit.script(module.eval()), str(tmp_path / "net.pt"))
        with pytest.raises(ExportError) as told:
            texelflow.convert(tmp_path / "net.pt", tmp_path / "net.onnx", example_inputs=inputs)
        return str(told.value)

    x = floats(2, 6)
    assert "each of them" in refused(handwritten.Grows(), x)
    assert "begin otherwise" in refused(handwritten.FirstCall(), x)
    assert "raises" in refused(handwritten.Branches(), floats(2, 5))
    assert "how often a loop turns" in refused(handwritten.Waits(), x)
    assert "changes a list" in refused(handwritten.ListInBranch(), x)


def test_silero(tmp_path: Path, bundle_page: Any, page_server: Any) -> None:
    """A detector of voices with its memory, in the page, on the speech that PyTorch was given."""
    from bundle_runner import LoadedBundle

    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    folder = models / "pytorch" / "silero_vad_jit"
    texelflow.export(
        folder / "silero_vad.jit",
        tmp_path / "bundle",
        example_inputs={"x": torch.randn(1, 512)},
        constants={"sr": 16000},
    )
    arrays = np.load(folder / "io.npz")
    with LoadedBundle(bundle_page, page_server.mount("/silero_jit", tmp_path / "bundle")) as bundle:
        for call in range(4):
            [answer] = bundle.run({"x": arrays[f"c{call}_in_0"].reshape(1, 512)}).values()
            assert abs(answer.item() - arrays[f"c{call}_out_0"].item()) < 1e-4
