"""Small models for the tasks of docs/pipelines.md, which give what it says that they give."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

CHARACTERS = (" ", *"Helo")
"""What the reader of a line knows; the first is no character."""
LINE = (1, 1, 0, 2, 3, 0, 3, 4, 4)
"""Which of them it sees at each step, whatever the picture."""

WORDS = (
    *("[PAD]", "[UNK]", "[MASK]", "[END]", "."),
    *("Once", "upon", "a", "time", "there", "lived", "Sarah"),
    *("I", "like", "hate", "it", "lives", "in", "London", "A", "cat", "dog", "barks"),
)
"""The vocabulary of the models of texts: a token is a word."""
TALE = "a time there lived Sarah . [END]".split()
NAMES = {"Sarah": "B-PER", "London": "B-LOC"}

LOOK_UP = "network (int64[1, n] input_ids) => (float[1, n, {1}] {0}) {{ {0} = Gather(table, input_ids) }}"

TEXTS = {
    "line": """
network (float[1, 3, 8, 32] image) => (float[1, 9, 5] characters) <float none = {0}>
{
    mean = ReduceMean<keepdims = 0>(image)
    nothing = Mul(mean, none)
    characters = Add(table, nothing)
}""",
    "features": """
network (float[1, 3, 32, 32] image) => (float[1, 3] features)
{
    pooled = GlobalAveragePool(image)
    features = Flatten(pooled)
}""",
    "barks": """
network (float[1, 8000] samples) => (float[1, 2] scores) <float[1, 2] factors = {9, -9}>
{
    magnitudes = Abs(samples)
    loudness = ReduceMean<axes = [1], keepdims = 1>(magnitudes)
    scores = Mul(loudness, factors)
}""",
    "voice": """
network (float[1, 4000] samples) => (float[1, 1] voice)
{
    magnitudes = Abs(samples)
    voice = ReduceMean<axes = [1], keepdims = 1>(magnitudes)
}""",
    "tale": LOOK_UP.format("logits", 23),
    "masked": LOOK_UP.format("logits", 23),
    "names": LOOK_UP.format("scores", 3),
    "mood": """
network (int64[1, n] input_ids) => (float[1, 2] scores)
{
    words = Gather(table, input_ids)
    scores = ReduceSum<keepdims = 0>(words, one)
}""",
    "kinds": """
network (int32[1, 8] bytes) => (float[1, 2] scores)
{
    numbers = Cast<to = 1>(bytes)
    scores = MatMul(numbers, table)
}""",
}
"""Models in ONNX's text form."""

LABELS = {
    "line": CHARACTERS,
    "barks": ("Bark", "Meow"),
    "names": ("O", *NAMES.values()),
    "mood": ("NEGATIVE", "POSITIVE"),
    "kinds": ("python", "zip"),
}
"""The classes of those that have some."""

BUNDLES: dict[str, dict[str, object]] = {
    "line": {"image": "0..1", "meanings": {"characters": "ctc,activation=softmax"}},
    "features": {"image": "0..1", "meanings": {"features": "embedding"}},
    "barks": {"meanings": {"samples": "sound,rate=16000", "scores": "classes,activation=softmax"}},
    "voice": {"meanings": {"samples": "sound,rate=16000", "voice": "curve,unit=probability,rate=4"}},
    "tale": {"meanings": {"logits": "tokens"}},
    "masked": {"meanings": {"logits": "tokens"}},
    "names": {"meanings": {"scores": "classes,activation=softmax"}},
    "mood": {"meanings": {"scores": "classes,activation=softmax"}},
    "kinds": {
        "meanings": {
            "bytes": "bytes,beginning=4,end=4,padding=0,block=64",
            "scores": "classes,activation=softmax",
        }
    },
}
"""The options that each is exported with, beside its labels."""


def tables() -> dict[str, np.ndarray]:
    """Return what the models look up."""
    line = np.zeros((1, len(LINE), len(CHARACTERS)))
    line[0, range(len(LINE)), LINE] = 9
    tale, masked = np.zeros((2, len(WORDS), len(WORDS)))
    for word, following in pairwise(TALE):
        tale[WORDS.index(word), WORDS.index(following)] = 9
    masked[WORDS.index("[MASK]"), WORDS.index("dog")] = 9
    masked[WORDS.index("[MASK]"), WORDS.index("cat")] = 7
    names, mood = np.zeros((len(WORDS), 3)), np.zeros((len(WORDS), 2))
    names[:, 0] = 9
    for place, word in enumerate(NAMES, start=1):
        names[WORDS.index(word)] = np.eye(3)[place] * 9
    mood[WORDS.index("like"), 1] = mood[WORDS.index("hate"), 0] = 5
    # "impo…" of a text in Python against "PK" of an archive.
    kinds = np.zeros((8, 2))
    kinds[0] = (0.1, 0)
    found = {"line": line, "tale": tale, "masked": masked, "names": names, "mood": mood, "kinds": kinds}
    return {name: table.astype(np.float32) for name, table in found.items()}


def write_task_models(folder: Path) -> None:
    """Write all of them, and the tokenizer of those of texts beside them."""
    found = tables()
    for name, text in TEXTS.items():
        model = onnx.parser.parse_model(HEAD + text)
        if name in found:
            model.graph.initializer.append(numpy_helper.from_array(found[name], "table"))
        if name == "mood":
            model.graph.initializer.append(numpy_helper.from_array(np.array([1]), "one"))
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    for name, labels in LABELS.items():
        (folder / f"{name}.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    write_tokenizer(folder)


def write_tokenizer(folder: Path) -> None:
    """Write the files of a tokenizer for which a token is a word."""
    special = [
        {"id": index, "content": word, "single_word": False, "lstrip": False, "rstrip": False}
        | {"normalized": False, "special": True}
        for index, word in enumerate(WORDS)
        if word[0] == "["
    ]
    tokenizer = {
        "version": "1.0",
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: index for index, word in enumerate(WORDS)},
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    config = {"unk_token": "[UNK]", "mask_token": "[MASK]", "eos_token": "[END]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
