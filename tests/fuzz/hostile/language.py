"""Language models that ask for more than any machine has, or lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz.format import write
from fuzz.formats import gguf, huggingface


def llama(folder: Path, change: Callable[[Any], None]) -> Path:
    records = huggingface.FORMAT.decode(huggingface.FORMAT.seeds()[0])
    change(records)
    return write(folder / "model", huggingface.FORMAT.encode(records))


def configured(**entries: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        return llama(folder, lambda records: records["config"].update(entries))

    return make


def same_bytes(folder: Path) -> Path:
    def change(records: Any) -> None:
        header = records["header"]
        header["model.layers.0.mlp.gate_proj.weight"] = header["model.layers.0.mlp.up_proj.weight"]

    return llama(folder, change)


def linked_weights(folder: Path) -> Path:
    path = llama(folder, lambda _records: None)
    weights = path / huggingface.WEIGHTS
    weights.rename(folder / "elsewhere")
    weights.symlink_to(folder / "elsewhere")
    return path


def gguf_with(change: Callable[[Any], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        seed = next(each for each in gguf.FORMAT.seeds() if b"llama" in each[gguf.ENTRY][:200])
        records = gguf.FORMAT.decode(seed)
        change(records)
        return write(folder, gguf.FORMAT.encode(records)) / gguf.ENTRY

    return make


def _entry(records: Any, key: str) -> Any:
    return next(entry for entry in records["metadata"] if entry["key"] == key)


def _long_heads(records: Any) -> None:
    for key in ("key_length", "value_length"):
        _entry(records, f"llama.attention.{key}")["value"] = 2**31 - 2
    _entry(records, "llama.rope.dimension_count")["value"] = 2**31 - 2


def _listed_architecture(records: Any) -> None:
    _entry(records, "general.architecture").update(kind=9, value={"kind": 4, "items": [1]})


def _one_place(records: Any) -> None:
    records["tensors"][0]["offset"] = records["tensors"][1]["offset"]


HOSTILE: dict[Callable[[Path], Path], str] = {
    configured(head_dim=2**31 - 2): "at most 65536",
    configured(rms_norm_eps=10**400): "a number is needed",
    configured(rope_divisors=5, num_hidden_layers=9): "is the model complete",
    same_bytes: "have the same bytes",
    linked_weights: "leads out of the model's folder",
    gguf_with(_long_heads): "at most 65536",
    gguf_with(_listed_architecture): "has the architecture [1], which is not supported",
    gguf_with(_one_place): "have the same bytes",
}
