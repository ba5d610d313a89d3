"""Keras models in HDF5: groups with attributes and arrays, written anew by h5py."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import h5py
import numpy as np
import packed_arrays

from fuzz.format import Files, Format
from fuzz.formats.frozen_graph import FOLDER
from fuzz.formats.tfjs_layers import setting, words

ENTRY = "model.h5"
CONFIG = "model_config"


def seeds_of(ending: str) -> list[Files]:
    """Return the models that Keras wrote as files of an ending."""
    files = {
        name: array
        for archive in ("keras.json.xz", "sequences.json.xz")
        for name, array in packed_arrays.load(FOLDER / archive).items()
    }
    names = sorted(name for name in files if name.endswith(f"/files/{ending}"))
    return [{f"model.{ending}": files[name].tobytes()} for name in names]


def decode_hdf5(content: bytes) -> Any:
    """Return the groups and arrays of a file as records."""
    with h5py.File(io.BytesIO(content), "r") as file:
        return {"latest": False, "root": _decoded(file)}


def _decoded(item: Any) -> Any:
    attributes = {name: _attribute(name, value) for name, value in item.attrs.items()}
    if isinstance(item, h5py.Dataset):
        array = np.asarray(item[()])
        return {
            "attrs": attributes,
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "data": array.tobytes(),
        }
    return {"attrs": attributes, "members": {name: _decoded(item[name]) for name in item}}


def _attribute(name: str, value: Any) -> Any:
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, list):
        return [each.decode() if isinstance(each, bytes) else each for each in plain]
    text = plain.decode() if isinstance(plain, bytes) else plain
    return {"json": json.loads(text)} if name == CONFIG else text


def encode_hdf5(records: Any) -> bytes:
    """Return a file of records, of the newest form (which has checksums) or of the oldest."""
    target = io.BytesIO()
    with h5py.File(target, "w", libver="latest" if records["latest"] else None) as file:
        _encode_group(file, records["root"])
    return target.getvalue()


def _encode_group(group: Any, records: Any) -> None:
    for name, value in records["attrs"].items():
        if value is not None:
            group.attrs[name] = json.dumps(value["json"]) if isinstance(value, dict) else value
    for name, item in (records.get("members") or {}).items():
        if isinstance(item, str):
            group[name] = h5py.SoftLink(item)
        elif isinstance(item, int):  # so many groups up
            target = group
            for _ in range(item):
                target = target.parent
            group[name] = target
        elif isinstance(item, dict) and "data" in item:
            _encode_array(group, name, item)
        elif isinstance(item, dict):
            _encode_group(group.create_group(name), item)


def _encode_array(group: Any, name: str, item: Any) -> None:
    shape = tuple(item["shape"])
    if "fill" in item:
        created = group.create_dataset(
            name, shape=shape, dtype=item["dtype"], chunks=True, compression="gzip"
        )
    else:
        count = int(np.prod(shape, dtype=object))
        data = (item["data"] * 2)[: count * np.dtype(item["dtype"]).itemsize] if count < 2**20 else b""
        created = group.create_dataset(
            name, data=np.frombuffer(data, item["dtype"]).reshape(shape), **item.get("how", {})
        )
    for key, value in item["attrs"].items():
        created.attrs[key] = value


def arrays_of(group: Any) -> list[Any]:
    found, pending = [], [group]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            found += [item] if "data" in item else []
            pending += (item.get("members") or {}).values()
    return found


def _groups(root: Any) -> list[Any]:
    found, pending = [], [root]
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and "members" in item:
            found.append(item)
            pending += item["members"].values()
    return found


def array(choose: random.Random, records: Any) -> None:
    """Let an array be of another shape or type, compressed, or of numbers that are nowhere."""
    item = choose.choice(arrays_of(records["root"]))
    kind = choose.randrange(4)
    if kind == 0:
        item["shape"] = choose.choice(([], [0], [1] * 9, item["shape"][::-1], [2, *item["shape"]], [4]))
    elif kind == 1:
        item["dtype"] = choose.choice(("<f8", "<f2", ">f4", "<i4", "|b1", "|u1", "<i8"))
    elif kind == 2:
        item["shape"], item["fill"] = choose.choice(([2**31], [2**14, 2**14], [2**40, 2], [3, 5])), 0
    else:
        item["how"] = choose.choice(({"compression": "gzip"}, {"compression": "lzf"}, {"fletcher32": True}))


def links(choose: random.Random, records: Any) -> None:
    """Let groups be in themselves, in those around them, or elsewhere."""
    group = choose.choice(_groups(records["root"]))
    for name in choose.choice((("a",), ("layers",), ("vars",), ("a", "b", "c", "layers"))):
        group["members"][name] = choose.choice((0, 1, 2, "/", "/nowhere"))


def latest(_choose: random.Random, records: Any) -> None:
    """Write the newest form, and change nothing else."""
    records["latest"] = True


def _decode(files: Files) -> Any:
    return decode_hdf5(files[ENTRY])


def _encode(records: Any) -> Files:
    return {ENTRY: encode_hdf5(records)}


def _seeds() -> list[Files]:
    return seeds_of("h5")


FORMAT = Format(
    ENTRY, ("keras_h5",), _seeds, _decode, _encode, words, (array, links, latest, setting, setting)
)
