"""Archives of Keras: a zip of JSON and HDF5, checksums as they must be."""

from __future__ import annotations

import io
import json
import random
import warnings
import zipfile
from typing import Any

from fuzz.format import Files, Format
from fuzz.formats.keras_h5 import array, decode_hdf5, encode_hdf5, latest, links, seeds_of
from fuzz.formats.tfjs_layers import setting, words

ENTRY = "model.keras"
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def _seeds() -> list[Files]:
    return seeds_of("keras")


def _decode(files: Files) -> Any:
    with zipfile.ZipFile(io.BytesIO(files[ENTRY])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return {
        "method": 0,
        "twice": [],
        "json": {name: json.loads(members[name]) for name in (CONFIG, METADATA)},
        **decode_hdf5(members[WEIGHTS]),
    }


def _encode(records: Any) -> Files:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", METHODS[records["method"]]) as archive:
        warnings.simplefilter("ignore")  # of names that are there already
        for name, content in records["json"].items():
            if content is not None:
                archive.writestr(name, json.dumps(content))
        archive.writestr(WEIGHTS, encode_hdf5(records))
        for name in records["twice"]:
            archive.writestr(str(name), b"{}")
    return {ENTRY: target.getvalue()}


def _members(choose: random.Random, records: Any) -> None:
    """Compress in another way, or add members: of the same names, or of names that lead elsewhere."""
    records["method"] = choose.randrange(len(METHODS))
    if choose.random() < 0.4:
        records["twice"] = [choose.choice((CONFIG, WEIGHTS, "../x", "/etc/passwd", "x/", "\0"))]


CHANGES = (array, links, latest, _members, setting, setting)
FORMAT = Format(ENTRY, ("keras_archive",), _seeds, _decode, _encode, words, CHANGES)
