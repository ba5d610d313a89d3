"""Damaged models through a whole export: ExportError or a bundle, no other exception, no hang, no rest."""

from __future__ import annotations

import json
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import pytest

import texelflow
from fuzz.damage import damage_model, damaged_bytes
from fuzz.small_models import MODELS
from kernels.sheet import Sheet
from texelflow.bundle.validation import violations
from texelflow.operators import registry

SECONDS = 10
"""No damage may keep an export that takes milliseconds busy for longer."""


class TooSlowError(BaseException):
    """Not an Exception, which the exporter might take for a fault of the model."""


@contextmanager
def _time_limit() -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise TooSlowError(f"the export took more than {SECONDS} s")

    former = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def _export(content: bytes, folder: Path, number: int) -> bool:
    """Export a damaged model; return whether it was accepted. What is wrong with either outcome is raised."""
    source, target = folder / f"damaged{number}.onnx", folder / "bundle"
    source.write_bytes(content)
    try:
        with _time_limit():
            texelflow.export(source, target)
        graph_file = json.loads((target / "graph.json").read_text(encoding="utf-8"))
        assert not list(violations(graph_file))
        shutil.rmtree(target)
        accepted = True
    except texelflow.ExportError as error:
        assert error.problems
        assert source.name in str(error), f"the error does not name the file: {error}"
        accepted = False
    except BaseException as error:
        raise AssertionError(f"{source} ended as {type(error).__name__}: {error}") from error
    assert [path.name for path in folder.iterdir()] == [source.name], "something was left behind"
    source.unlink()
    return accepted


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> onnx.ModelProto:
    """A small valid model."""
    sheet: Sheet = MODELS[request.param]()
    return sheet.model()


def test_whole_model(model: onnx.ModelProto, tmp_path: Path) -> None:
    assert _export(model.SerializeToString(), tmp_path, 0)


def test_damaged_bytes(model: onnx.ModelProto, tmp_path: Path) -> None:
    content = model.SerializeToString()
    source = random.Random(1)
    outcomes = [_export(damaged_bytes(source, content), tmp_path, number) for number in range(700)]
    assert 35 < sum(outcomes) < 665


def test_damaged_structure(model: onnx.ModelProto, tmp_path: Path) -> None:
    """Well-formed models of which one to three things are wrong."""
    content = model.SerializeToString()
    operators = sorted(name for domain, name in registry() if not domain)
    source = random.Random(2)
    outcomes = []
    for number in range(900):
        damaged = onnx.ModelProto.FromString(content)
        for _ in range(source.choice((1, 1, 1, 2, 3))):
            damage_model(source, damaged, operators)
        outcomes.append(_export(damaged.SerializeToString(), tmp_path, number))
    assert 90 < sum(outcomes) < 810


def test_random_bytes(tmp_path: Path) -> None:
    source = random.Random(3)
    for number in range(300):
        start = source.choice((b"", b"\x08\x0a", b"\x08\x08\x12\x05torch:"))
        assert not _export(start + source.randbytes(source.randrange(200)), tmp_path, number)
