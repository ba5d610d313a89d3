"""Folders of Hugging Face: config.json, and safetensors, whose header is JSON with its length before it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from fuzz.format import Files, Format
from texelflow.importers.files.safetensors import NAMES
from texelflow.importers.language.families import FAMILIES

CONFIG, WEIGHTS = "config.json", "model.safetensors"
FOLDER = Path(__file__).resolve().parents[2] / "importers" / "language_models"


def _seeds() -> list[Files]:
    folders = sorted(path.parent for path in FOLDER.glob(f"*/{CONFIG}"))
    return [{name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS)} for folder in folders]


def _decode(files: Files) -> Any:
    content = files[WEIGHTS]
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return {"config": json.loads(files[CONFIG]), "header": header, "data": content[8 + length :]}


def _encode(records: Any) -> Files:
    header = json.dumps(records["header"]).encode()
    data = records["data"] if isinstance(records["data"], bytes) else b""
    config = json.dumps(records["config"]).encode()
    return {CONFIG: config, WEIGHTS: len(header).to_bytes(8, "little") + header + data}


def _setting(choose: random.Random, records: Any) -> None:
    """Give the model another setting, of those that it need not have, too."""
    optional = (
        "head_dim num_key_value_heads sliding_window rope_scaling rope_divisors rope_interleaved layer_types"
    )
    more = "norm_offset query_pre_attn_scalar rope_theta text_config final_logit_softcapping"
    key = choose.choice([*records["config"], "partial_rotary_factor", *optional.split(), *more.split()])
    numbers = (0, -1, 1, 2, 3, 7, 2**31 - 2, 2**40, 0.5, 1e300, float("nan"), True)
    others = (
        None,
        "",
        "linear",
        [],
        [0.0],
        [1, 2],
        "ab",
        {},
        {"rope_type": "linear", "factor": 1e-320},
        [[]],
    )
    records["config"][key] = choose.choice((*numbers, *others, *FAMILIES))


def _tensor(choose: random.Random, records: Any) -> None:
    """Let a tensor lie over another, or be of another type, shape or name."""
    header = records["header"]
    names = [name for name in header if name != "__metadata__"]
    one, other = choose.choice(names), choose.choice(names)
    kind = choose.randrange(4)
    if kind == 0:
        header[one] = dict(header[other])
    elif kind == 1:
        header[one]["dtype"] = choose.choice((*NAMES, "F8_E4M3", "", 3, []))
    elif kind == 2:
        header[one]["data_offsets"] = choose.choice(
            ([0, 2**63], [2**64, 0], [8, 0], [0.0, 1], [True, 2], [0], "ab")
        )
    else:
        header[one], header[other] = header[other], header[one]


def _words() -> list[str]:
    return [*FAMILIES, *NAMES]


FORMAT = Format(
    "",
    ("huggingface", "files/safetensors.py"),
    _seeds,
    _decode,
    _encode,
    _words,
    (_setting, _setting, _tensor),
)
