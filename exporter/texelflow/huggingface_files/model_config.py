"""`config.json`, which Hugging Face keeps beside a model: what its outputs are, and its classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from texelflow.graph import Graph, Value
from texelflow.huggingface_files.beside import MODULES, POOLING, beside

FILE_NAME = "config.json"
LARGEST = 8 * 2**20

CLASSIFIERS = (
    *("ForImageClassification", "ForSequenceClassification", "ForTokenClassification"),
    *("ForAudioClassification",),
)
WITH_NO_OBJECT = frozenset({"detr", "table-transformer", "yolos"})
"""Types of detectors with one class more than there are labels, the last, for places without an object."""

LOGITS = "logits"

Role = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What the file says of outputs; empty where it leaves a doubt."""

    roles: dict[Value, Role] = field(default_factory=dict)
    labels: dict[Value, list[str]] = field(default_factory=dict)


def read_model_config(model: Path, graph: Graph) -> ModelConfig:
    """Read what the file beside a model says of its outputs, whose types are known."""
    config = _read(beside(model, FILE_NAME))
    architectures = config.get("architectures")
    if not (
        isinstance(architectures, list) and len(architectures) == 1 and isinstance(architectures[0], str)
    ):
        return ModelConfig()
    (architecture,) = architectures
    outputs = {value.name: value for value in graph.outputs}
    logits = outputs.get(LOGITS)
    if logits is None:
        return ModelConfig(_embedding(model, architecture, outputs))
    if architecture.endswith(("ForMaskedLM", "ForCausalLM", "LMHeadModel")):
        return ModelConfig({logits: {"kind": "tokens"}})
    labels = _labels(config)
    if labels is None:
        return ModelConfig()
    if architecture.endswith(CLASSIFIERS):
        return _classes(config, logits, labels)
    if architecture.endswith("ForSemanticSegmentation") and _extent(logits, 1) == len(labels):
        return ModelConfig({logits: {"kind": "mask", "activation": "softmax"}}, {logits: labels})
    boxes = outputs.get("pred_boxes")
    if architecture.endswith("ForObjectDetection") and boxes is not None:
        return _boxes(config, logits, boxes, labels)
    return ModelConfig()


def _classes(config: Mapping[str, Any], logits: Value, labels: list[str]) -> ModelConfig:
    activations = {None: "softmax", "single_label_classification": "softmax"}
    activations["multi_label_classification"] = "sigmoid"
    problem = config.get("problem_type")
    # One number is a measure, not a class.
    if problem not in activations or len(labels) < 2 or _extent(logits, -1) != len(labels):
        return ModelConfig()
    return ModelConfig({logits: {"kind": "classes", "activation": activations[problem]}}, {logits: labels})


def _boxes(config: Mapping[str, Any], logits: Value, boxes: Value, labels: list[str]) -> ModelConfig:
    if config.get("model_type") not in WITH_NO_OBJECT or _extent(logits, -1) != len(labels) + 1:
        return ModelConfig()
    scores = {"kind": "boxes", "part": "scores", "activation": "softmax", "background": len(labels)}
    return ModelConfig(
        {boxes: {"kind": "boxes", "form": "centre", "overlap": 1}, logits: scores}, {logits: labels}
    )


def _embedding(model: Path, architecture: str, outputs: Mapping[str, Value]) -> dict[Value, Role]:
    """Return what sentence-transformers' files say of the vectors of a text's tokens."""
    pooled, whole = outputs.get("sentence_embedding"), outputs.get("last_hidden_state")
    if pooled is not None:
        return {pooled: {"kind": "embedding"}}
    pooling = _read(beside(model, POOLING))
    means = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first"}
    modes = [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value]
    if whole is None or not architecture.endswith("Model") or len(modes) != 1 or modes[0] not in means:
        return {}
    modules = _read_json(beside(model, MODULES))
    kinds = [module.get("type") for module in modules] if _are_objects(modules) else []
    known = {f"sentence_transformers.models.{name}" for name in ("Transformer", "Pooling", "Normalize")}
    if not kinds or not set(kinds) <= known:
        return {}
    normalize = {"normalize": True} if kinds[-1] == "sentence_transformers.models.Normalize" else {}
    return {whole: {"kind": "embedding", "pooling": means[modes[0]], **normalize}}


def _labels(config: Mapping[str, Any]) -> list[str] | None:
    """Return the names of the classes, if the file has one for each index from 0 on."""
    names = config.get("id2label")
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        return None
    labels = [names.get(str(index)) for index in range(len(names))]
    return None if None in labels else [str(label) for label in labels]


def _extent(value: Value, axis: int) -> object:
    return value.shape[axis] if len(value.shape) > 1 else None


def _are_objects(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(item, dict) for item in content)


def _read(path: Path) -> dict[str, Any]:
    content = _read_json(path)
    return content if isinstance(content, dict) else {}


def _read_json(path: Path) -> Any:
    """Return what a file has; None if it is not there, too large or no JSON: then it says nothing."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return None
