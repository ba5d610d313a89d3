"""Files of every format that ask for more than any machine has, or lead elsewhere: refused at once, by name.

Random damage does not find these: each was thought out. What is measured is the time and memory of all.
"""

from __future__ import annotations

import importlib
import random
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fuzz.format import write
from fuzz.formats import keras_archive, keras_h5
from texelflow import ExportError
from texelflow.options import Options
from texelflow.pipeline import build

MEMORY = 1 << 30
SECONDS = 8.0


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """More than any of these may take ends the test instead of the machine."""
    pages = (
        int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 2**21
    )
    former = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, former[1]))
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    yield
    resource.setrlimit(resource.RLIMIT_AS, former)
    assert sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - used < SECONDS


def refusal(path: Path) -> str:
    with pytest.raises(ExportError) as caught:
        build(path, Options())
    assert str(path) in str(caught.value)
    return str(caught.value)


HOSTILE = {
    make: expected
    for path in sorted((Path(__file__).parent / "hostile").glob("*.py"))
    for make, expected in importlib.import_module(f"fuzz.hostile.{path.stem}").HOSTILE.items()
}
"""What makes a file, and what is said of it."""


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__qualname__.partition(".")[0])
def test_refused_at_once(make: Callable[[Path], Path], tmp_path: Path) -> None:
    assert HOSTILE[make] in refusal(make(tmp_path))


def test_small_archives_of_large_weights_are_read(tmp_path: Path) -> None:
    """What compresses well for a model, zeros a million times, is no bomb."""
    choose = random.Random(1)
    records = keras_archive.FORMAT.decode(keras_archive.FORMAT.seeds()[0])
    for item in keras_h5.arrays_of(records["root"]):
        item["how"] = {
            "compression": "gzip",
            "shuffle": choose.random() < 0.5,
            "fletcher32": choose.random() < 0.5,
        }
        item["how"] = item["how"] if item["shape"] else {}
    plain = build(write(tmp_path / "plain", keras_archive.FORMAT.seeds()[0]) / keras_archive.ENTRY, Options())
    packed = build(
        write(tmp_path / "packed", keras_archive.FORMAT.encode(records)) / keras_archive.ENTRY, Options()
    )
    assert [value.constant.tobytes() for value in packed.weights if value.constant] == [
        value.constant.tobytes() for value in plain.weights if value.constant
    ]


def test_reasons_are_short() -> None:
    """Whatever names a file has."""
    error = ExportError("model.onnx cannot be exported: 1 problem", ["a" * 10**6 + "the end"])
    assert len(str(error)) < 5000
    assert str(error).endswith("the end")
