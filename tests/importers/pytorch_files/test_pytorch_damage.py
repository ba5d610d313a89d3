"""Programs of PyTorch that tell of what is not there, bombs, and pickles that would do something."""

from __future__ import annotations

import io
import json
import pickle
import random
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from test_pytorch_operators import PROGRAMS

from fuzz.damage import damaged_bytes
from texelflow.dimensions import assuming
from texelflow.errors import Choice, ExportError
from texelflow.importers import read_model, recognised
from texelflow.passes import infer_types, remove_dead_nodes


def refuses(path: Path) -> bool:
    """Read and infer a model; return whether it was refused."""
    start = time.process_time()
    try:
        graph = read_model(path)
        remove_dead_nodes.run(graph)
        with assuming(graph.facts):
            infer_types.run(graph)
    except ExportError as error:
        assert str(error)
        return True
    finally:
        assert time.process_time() - start < 10
    return False


def members(content: bytes) -> dict[str, bytes]:
    """The members of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, content: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def member(content: Mapping[str, bytes], ending: str) -> str:
    """The name of the member that ends so."""
    return next(name for name in content if name.endswith(ending))


def _linear() -> dict[str, bytes]:
    return members(PROGRAMS["embedding/plain"])


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    """Missing, cut, or outside of what is stored."""
    content = _linear()
    weight = member(content, "weights/weight_0")
    for changed, says in (
        ({**content, weight: content[weight][:-8]}, "bytes"),
        ({name: data for name, data in content.items() if name != weight}, "has no 'data/weights/weight_0'"),
    ):
        with pytest.raises(ExportError, match=says):
            read_model(write(tmp_path / "model.pt2", changed))

    def told(change: Callable[[dict[str, Any]], None]) -> str:
        name = member(content, "weights_config.json")
        record = json.loads(content[name])
        change(next(iter(record["config"].values())))
        with pytest.raises(ExportError) as raised:
            read_model(write(tmp_path / "model.pt2", {**content, name: json.dumps(record).encode()}))
        return str(raised.value)

    assert "bytes" in told(lambda entry: entry["tensor_meta"].update(storage_offset={"as_int": 2**40}))
    assert "more elements" in told(
        lambda entry: entry["tensor_meta"].update(sizes=[{"as_int": 2**20}] * 2, strides=[{"as_int": 0}] * 2)
    )
    assert "negative" in told(
        lambda entry: entry["tensor_meta"].update(strides=[{"as_int": -1}, {"as_int": 1}])
    )
    assert "dense" in told(lambda entry: entry["tensor_meta"].update(layout=1))
    assert "has no 'data/weights/../../x'" in told(lambda entry: entry.update(path_name="../../x"))


def test_bombs(tmp_path: Path) -> None:
    """A member that unpacks to more than is read; JSON nested without end."""
    content = _linear()
    name = member(content, "models/model.json")
    path = write(tmp_path / "model.pt2", {**content, name: b" " * (2**29 + 2)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ExportError, match="too large"):
        read_model(path)
    with pytest.raises(ExportError, match="no JSON"):
        read_model(write(path, {**content, name: b"[" * 100_000}))


class _Harm:
    """What runs a command if it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("echo harm > harmed",)


def _legacy(pickled: bytes) -> dict[str, bytes]:
    """The members of an archive as PyTorch before 2.8 wrote it, with a pickle of weights."""
    content = _linear()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", bytes(1024))
    program = content[member(content, "models/model.json")]
    return {"serialized_exported_program.json": program, "serialized_state_dict.pt": inner.getvalue()}


def test_pickles_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pickle calls, beside what makes tensors, is refused by name and not run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pt2"
    for protocol in (2, 4):
        for harmful in (_Harm(), {"weight": _Harm()}):
            with pytest.raises(ExportError, match=r"calls (posix|nt)\.system, which is not allowed"):
                read_model(write(path, _legacy(pickle.dumps(harmful, protocol))))
    assert not (tmp_path / "harmed").exists()
    for pickled, says in (
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02]q\x00.", "does EMPTY_LIST, which is not allowed"),
        (b"\x80\x02}r\xff\xff\xff\xffX\x01\x00\x00\x00aK\x01s.", "is no tensor"),
        (b"\x80\x02}", "damaged"),
        (b"", "damaged"),
        (b"\x80\x02ccollections\nOrderedDict\n)R(.", "is not in the file"),
    ):
        with pytest.raises(ExportError, match=says):
            read_model(write(path, _legacy(pickled)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pickletools")
def test_pickles_changed(tmp_path: Path) -> None:
    """Pickles of weights with changed bytes."""
    source, path = random.Random(3), tmp_path / "model.pt2"
    good = (
        b"\x80\x02}q\x00X\x0c\x00\x00\x00inner.weightq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02(("
        b"X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x1c"
        b"tq\x07QK\x00K\x07K\x04\x86q\x08K\x04K\x01\x86q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds."
    )
    refused = sum(refuses(write(path, _legacy(damaged_bytes(source, good)))) for _ in range(150))
    assert refused > 60


def test_what_is_no_program(tmp_path: Path) -> None:
    """Compiled programs, other versions, and several programs are told apart."""
    content = _linear()
    name = member(content, "models/model.json")
    path = tmp_path / "model.pt2"
    other = {key: data for key, data in content.items() if key != name}
    with pytest.raises(ExportError, match=r"no program of torch\.export, but"):
        read_model(write(path, other))
    both = {**content, name.replace("model.json", "other.json"): content[name]}
    assert recognised(write(path, both)).has_signatures
    with pytest.raises(
        ExportError, match="several programs: choose one by --signature, model, other"
    ) as told:
        read_model(path)
    assert told.value.choice == Choice("signature", ("model", "other"))
    assert read_model(path, signature="model").outputs
    with pytest.raises(ExportError, match="has no program 'third'; it has model, other"):
        read_model(path, signature="third")
    record = json.loads(content[name])
    record["schema_version"]["major"] = 99
    with pytest.raises(ExportError, match="version 99 of PyTorch's schema"):
        read_model(write(path, {**content, name: json.dumps(record).encode()}))
