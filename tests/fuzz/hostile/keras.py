"""Configurations, HDF5 files and archives of Keras that ask for more than any machine has."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

from fuzz.format import write
from fuzz.formats import keras_archive, keras_h5


def keras_json(folder: Path, model: Any) -> Path:
    content = {"format": "layers-model", "modelTopology": {"model_config": model}, "weightsManifest": []}
    (folder / "model.json").write_text(json.dumps(content))
    return folder / "model.json"


def layer(name: str, kind: str, inbound: Any = (), **config: Any) -> dict[str, Any]:
    return {
        "name": name,
        "class_name": kind,
        "config": {"name": name, **config},
        "inbound_nodes": list(inbound),
    }


def functional(name: str, layers: list[Any], outputs: list[Any]) -> dict[str, Any]:
    first = layer("in", "InputLayer", batch_shape=[None, 4], dtype="float32")
    config = {
        "name": name,
        "layers": [first, *layers],
        "input_layers": [["in", 0, 0]],
        "output_layers": outputs,
    }
    return {"class_name": "Functional", "config": config}


def models_in_models(folder: Path) -> Path:
    """Each model calls the one in it a hundred times; there is no layer at all."""
    model = functional("m", [], [["in", 0, 0]])
    for _ in range(10):
        calls = [[["m", index, 0, {}] if index else ["in", 0, 0, {}]] for index in range(100)]
        inner = {"name": "m", **model, "inbound_nodes": calls}
        model = functional("m", [inner], [["m", 99, 0]])
    return keras_json(folder, model)


def outputs_again(folder: Path) -> Path:
    layers = [layer("r", "ReLU", [[["in", 0, 0, {}]]])]
    return keras_json(folder, functional("m", layers, [["r", 0, 0]] * 30_000 + [["s", 0, 0]]))


def unknown_outputs(folder: Path) -> Path:
    layers = [layer(f"u{i}", "Unknown", [[["in", 0, 0, {}]]]) for i in range(100)]
    return keras_json(folder, functional("m", layers, [[f"u{i}", 0, 999_999] for i in range(100)]))


def layers_around_layers(folder: Path) -> Path:
    inner: dict[str, Any] = {"class_name": "Dense", "config": {"name": "d"}}
    for index in range(300):
        inner = {"class_name": "TimeDistributed", "config": {"name": f"t{index}", "layer": inner}}
    return keras_json(
        folder,
        functional("m", [{**inner, "name": "t", "inbound_nodes": [[["in", 0, 0, {}]]]}], [["t", 0, 0]]),
    )


def hdf5(folder: Path, change: Callable[[Any], None]) -> Path:
    """The model of a layer, its file changed by h5py."""
    path = write(folder, keras_h5.seeds_of("h5")[0]) / "model.h5"
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def first_array(file: Any) -> tuple[Any, str]:
    found: list[str] = []
    file["model_weights"].visititems(
        lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None
    )
    group, _, name = f"model_weights/{found[0]}".rpartition("/")
    return file[group], name


def array_of_nothing(folder: Path) -> Path:
    def change(file: Any) -> None:
        group, name = first_array(file)
        del group[name]
        group.create_dataset(name, shape=(2**16, 2**15), dtype="f4", chunks=(2**10, 2**10))

    return hdf5(folder, change)


def chunk_that_unpacks(folder: Path) -> Path:
    """A chunk of 400 bytes that unpacks to a hundred megabytes."""

    def change(file: Any) -> None:
        group, name = first_array(file)
        del group[name]
        made = group.create_dataset(name, shape=(100,), dtype="f4", chunks=(100,), compression="gzip")
        packer = zlib.compressobj(9)
        bomb = b"".join(packer.compress(bytes(2**22)) for _ in range(32)) + packer.flush()
        made.id.write_direct_chunk((0,), bomb)

    return hdf5(folder, change)


def heap_without_end(folder: Path) -> Path:
    """A heap of texts whose first object is so long that the next one begins where it does."""
    path = hdf5(folder, lambda file: file.attrs.update(text="of any length"))
    content = bytearray(path.read_bytes())
    struct.pack_into("<Q", content, content.index(b"GCOL") + 24, 2**64 - 16)
    path.write_bytes(content)
    return path


def groups_in_themselves(folder: Path) -> Path:
    """An archive of which each group is in itself, five times."""
    records = keras_archive.FORMAT.decode(keras_archive.FORMAT.seeds()[-1])
    content = keras_h5.encode_hdf5(records)
    target = io.BytesIO(content)
    with h5py.File(target, "r+") as file:
        groups: list[Any] = []
        file.visititems(lambda _name, item: groups.append(item) if isinstance(item, h5py.Group) else None)
        for group in groups:
            if "vars" in group:
                del group["vars"]
            for name in "abcde":
                group[name] = group
    return archive(folder, {**members(records), keras_archive.WEIGHTS: target.getvalue()})


def members(records: Any) -> dict[str, bytes]:
    return {name: json.dumps(content).encode() for name, content in records["json"].items()}


def archive(folder: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w", method) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def zip_bomb(folder: Path) -> Path:
    records = keras_archive.FORMAT.decode(keras_archive.FORMAT.seeds()[0])
    return archive(folder, {**members(records), keras_archive.WEIGHTS: bytes(2**27)}, zipfile.ZIP_DEFLATED)


def lzma_archive(folder: Path) -> Path:
    records = keras_archive.FORMAT.decode(keras_archive.FORMAT.seeds()[0])
    return archive(folder, {**members(records), keras_archive.WEIGHTS: bytes(64)}, zipfile.ZIP_LZMA)


HOSTILE: dict[Callable[[Path], Path], str] = {
    models_in_models: "more than 20000 layers",
    outputs_again: "'s'",
    unknown_outputs: "more than 20000 layers",
    layers_around_layers: "t",
    array_of_nothing: "of which the file stores few",
    chunk_that_unpacks: "unpacks to more than 404 bytes",
    heap_without_end: "has an object of 18446744073709551600 bytes",
    groups_in_themselves: "nested too deeply, or too many",
    zip_bomb: "too many to be one",
    lzma_archive: "compressed in a way that is not read",
}
