"""Runs documented code of PyTorch where that is not installed: with what it wrote when it ran the same code.

`recorded_torch.json` has, by the SHA-256 of a block's code, what `torch.export.save` wrote, compressed.
Code that was changed since is not in it, and fails. It is written by hand, where PyTorch is installed:

    PYTHONPATH=exporter:tests python tests/docs/recorded_torch.py
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import lzma
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

RECORDED = Path(__file__).with_name("recorded_torch.json")


def needs_torch(code: str) -> bool:
    """Whether code uses PyTorch."""
    return re.search(r"\btorch\b", code) is not None


@contextmanager
def torch_for(code: str) -> Iterator[None]:
    """Let code import torch: PyTorch itself, or what stands in for it and saves what that saved."""
    if not needs_torch(code) or importlib.util.find_spec("torch") is not None:
        yield
        return
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert digest(code) in recorded, f"PyTorch did not run this code yet: {Path(__file__).name} records it"
    saved = [lzma.decompress(base64.b64decode(text)) for text in recorded[digest(code)]["saved"]]
    STAND_IN._begin(code, saved)
    with mock.patch.dict(sys.modules, {"torch": STAND_IN}):
        yield
    assert not saved, "PyTorch saved more of this code"


def digest(code: str) -> str:
    """Return the SHA-256 of a block."""
    return hashlib.sha256(code.encode()).hexdigest()


class Module:
    """Whatever code makes of torch: the module, networks, tensors, programs. Only `save` does something.

    It has what the code mentions, and what the exporter asks of PyTorch.
    """

    def __init__(self) -> None:
        self._code, self._saved = "", [b""]

    def _begin(self, code: str, saved: list[bytes]) -> None:
        self._code, self._saved = code, saved

    def __getattr__(self, name: str) -> Any:
        own = {"save": self._save, "no_grad": nullcontext, "modules": list, "export": self, "eval": self}
        if name in own:
            return own[name]
        if name != "run_decompositions" and not re.search(rf"\.{name}\b", self._code):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Module:
        return self

    def _save(self, _: Module, target: str | os.PathLike[str]) -> None:
        Path(target).write_bytes(self._saved.pop(0))


Module.__module__ = "torch.nn.modules.module"
STAND_IN = Module()
"""One for all code: later blocks of a document go on with what earlier ones imported."""


def record() -> dict[str, dict[str, Any]]:
    """Run all documented code of PyTorch; return what is recorded of it."""
    import torch
    from documents import DOCUMENTS, blocks

    save, found = torch.export.save, {}
    for document in DOCUMENTS:
        names: dict[str, object] = {}
        for block in blocks(document):
            if block.language != "python" or not needs_torch(block.code):
                continue
            saved: list[str] = []

            def keep(program: Any, target: Any, saved: list[str] = saved) -> None:
                buffer = io.BytesIO()
                save(program, buffer)
                saved.append(base64.b64encode(lzma.compress(buffer.getvalue())).decode())
                save(program, target)

            with mock.patch.object(torch.export, "save", keep):
                exec(compile(block.code, block.place, "exec"), names)
            found[digest(block.code)] = {"torch": torch.__version__, "saved": saved}
            print(block.place, *map(len, saved))
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        RECORDED.write_text(json.dumps(record(), indent=1) + "\n", encoding="utf-8")
