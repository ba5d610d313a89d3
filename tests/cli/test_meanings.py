"""What outputs and inputs are in a task: told, read of config.json, or known of the model itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper, save

import texelflow
from texelflow import ExportError, export
from texelflow.bundle.reader import read_graph
from texelflow.bundle.tokenizer import TOKENIZER_FILES
from texelflow.options import role_text
from texelflow.options.arguments import parse_meanings
from texelflow.options.roles import kinds, parse_role

Save = Callable[..., Path]
SCHEMA = json.loads((Path(texelflow.__file__).parent / "bundle/graph.schema.json").read_text())["definitions"]
ROLES = [SCHEMA[choice["$ref"].rpartition("/")[2]] for choice in SCHEMA["Role"]["anyOf"]]


def samples(schema: dict[str, Any]) -> list[str]:
    """Texts of values that the schema allows for a key."""
    if "$ref" in schema:
        return samples(SCHEMA[schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return list(schema["enum"])
    if schema["type"] == "array":
        item = schema["items"]
        fewest = schema.get("minItems", 1)
        separator = "+" if item.get("type") == "array" else ":"
        text = samples(item)[0]
        return [separator.join([text] * count) for count in (fewest, schema.get("maxItems", fewest + 1))]
    if schema["type"] == "number":
        return ["0.25", str(schema.get("maximum", -3))]
    least = str(schema.get("minimum", 0))
    return {"integer": [least, "17"], "boolean": ["true", "false"], "string": ["a.json"]}[schema["type"]]


@pytest.mark.parametrize("kind", kinds())
def test_roles_are_written_as_they_are_read(kind: str) -> None:
    """Each key of each kind, alone and with those that the kind cannot be without."""
    schema = next(each for each in ROLES if each["properties"]["kind"]["const"] == kind)
    keys = {name: inner for name, inner in schema["properties"].items() if name != "kind"}
    needed = {name: samples(keys[name])[0] for name in schema["required"] if name != "kind"}
    for name, inner in keys.items():
        for text in samples(inner):
            given = {**needed, name: text}
            role = parse_role(",".join([kind, *(f"{key}={value}" for key, value in given.items())]))
            assert role.keys() == {"kind", *given}
            assert parse_role(role_text(role)) == role
    for name in needed:
        rest = [f"{key}={value}" for key, value in needed.items() if key != name]
        with pytest.raises(ValueError, match=f"does not say.*{name}"):
            parse_role(",".join([kind, *rest]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scores", "is not NAME=KIND"),
        ("scores=classess", "is none of classes, boxes"),
        ("scores=classes,labels=a", "'labels' of 'classes,labels=a' is none of activation"),
        ("scores=classes,activation=none,activation=none", "given twice"),
        ("scores=classes,activation=relu", "one of none, softmax, sigmoid, not 'relu'"),
        ("scores=boxes,points=-1", "points must be a whole number"),
        ("scores=boxes,points=1.5", "points must be a whole number"),
        ("scores=boxes,threshold=nan", "threshold must be a number, not 'nan'"),
        ("scores=boxes,transposed=yes", "true or false"),
        ("scores=boxes,anchors=8:x", "anchors must be a number, not 'x'"),
        ("scores=sound", "does not say rate"),
        ("scores=sound,rate=0", "rate: 0 is less than 1"),
        ("scores=curve,rate=-3", "rate: -3 is not above 0"),
        ("scores=sound,rate=16000,window=1000000000", "window: 1000000000 is more than"),
        ("scores=boxes,anchors=8", r"anchors\[0\]: 1 items"),
    ],
)
def test_what_is_no_meaning_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_meanings([text])
    with pytest.raises(ValueError, match="given twice"):
        parse_meanings(["a=classes", "a=mask"])


@pytest.fixture
def model(tmp_path: Path) -> Save:
    """Save a model with outputs of some shapes, each from one node."""

    def save_model(outputs: dict[str, list[int | str]], operator: str = "Relu", **attributes: Any) -> Path:
        inputs = [helper.make_tensor_value_info(f"in_{n}", TensorProto.FLOAT, s) for n, s in outputs.items()]
        results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()]
        nodes = [helper.make_node(operator, [f"in_{n}"], [n], **attributes) for n in outputs]
        graph = helper.make_graph(nodes, "meant", inputs, results)
        path = tmp_path / "model.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        return path

    return save_model


def meanings(path: Path, **options: Any) -> dict[str, Any]:
    """What the bundle of a model says, by the names of inputs and outputs."""
    export(path, path.parent / "bundle", force=True, **options)
    graph = read_graph(path.parent / "bundle")
    values = (*graph["inputs"], *graph["outputs"])
    return {value["name"]: value["meaning"] for value in values if "meaning" in value}


def test_told_meanings(model: Save) -> None:
    """They are written, with the labels where they belong; names of nothing are refused."""
    path = model({"boxes": [1, 8, 4], "scores": [1, 8, 1]})
    labels = path.with_name("labels.txt")
    labels.write_text("face\n", encoding="utf-8")
    told = {
        "boxes": "boxes,form=centre,points=0",
        "scores": "boxes,part=scores",
        "in_scores": "sound,rate=8000",
    }
    assert meanings(path, meanings=told, labels=labels) == {
        "boxes": {"role": {"kind": "boxes", "form": "centre", "points": 0}},
        "scores": {"labels": ["face"], "role": {"kind": "boxes", "part": "scores"}},
        "in_scores": {"role": {"kind": "sound", "rate": 8000}},
    }
    graph = read_graph(path.parent / "bundle")
    assert "meaning=boxes:boxes,form=centre,points=0" in graph["provenance"]["options"]
    for name, role in (("box", "boxes"), ("in_boxes", "boxes"), ("boxes", "sound,rate=8000")):
        with pytest.raises(ExportError, match=f"told of '{name}', which is no (in|out)put; the .*boxes"):
            export(path, path.parent / "other", meanings={name: role})


@pytest.mark.parametrize(
    ("operator", "attributes", "activation"),
    [
        ("Softmax", {"axis": -1}, {"activation": "none"}),
        ("Softmax", {"axis": 1}, {"activation": "none"}),
        ("Softmax", {"axis": 0}, {}),
        ("Sigmoid", {}, {"activation": "none"}),
        ("Relu", {}, {}),
    ],
)
def test_classes_are_known_by_their_labels(
    model: Save, operator: str, attributes: dict[str, int], activation: dict[str, str]
) -> None:
    """And whether they are probabilities, where what computes them tells; a map is no classes."""
    path = model({"scores": [1, 3], "map": [1, 4, 4, 3]}, operator, **attributes)
    labels = path.with_name("labels.txt")
    labels.write_text("a\nb\nc", encoding="utf-8")
    found = meanings(path, labels=labels)
    assert found["scores"] == {"labels": ["a", "b", "c"], "role": {"kind": "classes", **activation}}
    assert found["map"] == {"labels": ["a", "b", "c"]}
    assert meanings(path) == {}


NAMES = {"id2label": {"1": "dog", "0": "cat"}}
LABELS = {"labels": ["cat", "dog"]}


@pytest.mark.parametrize(
    ("config", "shapes", "expected"),
    [
        (
            {"architectures": ["ViTForImageClassification"], **NAMES},
            {"logits": [1, 2]},
            {"logits": {**LABELS, "role": {"kind": "classes", "activation": "softmax"}}},
        ),
        (
            {"architectures": ["BertForTokenClassification"], **NAMES},
            {"logits": [1, "n", 2]},
            {"logits": {**LABELS, "role": {"kind": "classes", "activation": "softmax"}}},
        ),
        (
            {
                "architectures": ["ViTForImageClassification"],
                "problem_type": "multi_label_classification",
                **NAMES,
            },
            {"logits": [1, 2]},
            {"logits": {**LABELS, "role": {"kind": "classes", "activation": "sigmoid"}}},
        ),
        (
            {"architectures": ["BertForSequenceClassification"], "problem_type": "regression", **NAMES},
            {"logits": [1, 2]},
            {},
        ),
        ({"architectures": ["ViTForImageClassification"], **NAMES}, {"logits": [1, 3]}, {}),
        (
            {"architectures": ["ViTForImageClassification"], "id2label": {"0": "a", "2": "b"}},
            {"logits": [1, 2]},
            {},
        ),
        (
            {"architectures": ["DetrForObjectDetection"], "model_type": "detr", **NAMES},
            {"logits": [1, 5, 3], "pred_boxes": [1, 5, 4]},
            {
                "logits": {
                    **LABELS,
                    "role": {"kind": "boxes", "part": "scores", "activation": "softmax", "background": 2},
                },
                "pred_boxes": {"role": {"kind": "boxes", "form": "centre", "overlap": 1}},
            },
        ),
        (
            {"architectures": ["RTDetrForObjectDetection"], "model_type": "rt_detr", **NAMES},
            {"logits": [1, 5, 3], "pred_boxes": [1, 5, 4]},
            {},
        ),
        (
            {"architectures": ["SegformerForSemanticSegmentation"], **NAMES},
            {"logits": [1, 2, 8, 8]},
            {"logits": {**LABELS, "role": {"kind": "mask", "activation": "softmax"}}},
        ),
        (
            {"architectures": ["BertForMaskedLM"]},
            {"logits": [1, 4, 9]},
            {"logits": {"role": {"kind": "tokens"}}},
        ),
        ({"architectures": ["BertForMaskedLM", "BertModel"]}, {"logits": [1, 4, 9]}, {}),
        ({"architectures": "BertForMaskedLM"}, {"logits": [1, 4, 9]}, {}),
        ({"architectures": ["BertModel"]}, {"last_hidden_state": [1, "n", 8]}, {}),
        ([], {"logits": [1, 2]}, {}),
    ],
)
def test_what_hugging_face_says(
    model: Save, config: Any, shapes: dict[str, list[int | str]], expected: dict[str, Any]
) -> None:
    path = model(shapes)
    path.with_name("config.json").write_text(json.dumps(config), encoding="utf-8")
    assert meanings(path) == expected


def test_what_sentence_transformers_says(model: Save) -> None:
    """How tokens are pooled, if one way alone is said, and all that follows is known."""
    path = model({"last_hidden_state": [1, "n", 8]})
    path.with_name("config.json").write_text('{"architectures": ["BertModel"]}', encoding="utf-8")
    (path.parent / "1_Pooling").mkdir()
    pooling, modules = path.parent / "1_Pooling/config.json", path.with_name("modules.json")

    def role(modes: list[str], types: list[str]) -> Any:
        said = {f"pooling_mode_{name}": name in modes for name in ("cls_token", "mean_tokens", "max_tokens")}
        pooling.write_text(json.dumps({"word_embedding_dimension": 8, **said}), encoding="utf-8")
        listed = [{"idx": n, "type": f"sentence_transformers.models.{name}"} for n, name in enumerate(types)]
        modules.write_text(json.dumps(listed), encoding="utf-8")
        return meanings(path).get("last_hidden_state", {}).get("role")

    plain = {"kind": "embedding", "pooling": "mean"}
    assert role(["mean_tokens"], ["Transformer", "Pooling"]) == plain
    assert role(["mean_tokens"], ["Transformer", "Pooling", "Normalize"]) == {**plain, "normalize": True}
    assert role(["cls_token"], ["Transformer", "Pooling"]) == {"kind": "embedding", "pooling": "first"}
    assert role(["max_tokens"], ["Transformer", "Pooling"]) is None
    assert role(["mean_tokens", "cls_token"], ["Transformer", "Pooling"]) is None
    assert role(["mean_tokens"], ["Transformer", "Pooling", "Dense"]) is None


TOKENIZER = {
    "chat_template.jinja": "{{ messages[0].content }}",
    "tokenizer.json": '{"model": {}}',
    "tokenizer_config.json": '{"eos_token": "größe"}',
}


@pytest.mark.parametrize("folder", [".", "onnx"])
def test_a_tokenizer_comes_along(tmp_path: Path, folder: str) -> None:
    """What lies beside a model of texts, or above a folder `onnx` of a repository, is in the bundle."""
    path = tmp_path / folder / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    (tmp_path / "config.json").write_text('{"architectures": ["BertForMaskedLM"]}', encoding="utf-8")

    def exported(name: str) -> dict[str, str]:
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "length"])]
        results = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "length", 9])]
        nodes = [helper.make_node("Gather", ["table", name], ["logits"])]
        table = helper.make_tensor("table", TensorProto.FLOAT, [4, 9], [0.0] * 36)
        graph = helper.make_graph(nodes, "texts", inputs, results, [table])
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        summary = export(path, tmp_path / "bundle", force=True)
        files = {each.name: each for each in (tmp_path / "bundle").iterdir()}
        copied = {each: files[each].read_text(encoding="utf-8") for each in TOKENIZER if each in files}
        assert summary.tokenizer == [each for each in TOKENIZER_FILES if each in copied]
        graph = read_graph(tmp_path / "bundle")
        assert graph["outputs"][0]["meaning"] == {"role": {"kind": "tokens"}}
        text = {"role": {"kind": "text", "files": summary.tokenizer}} if copied else None
        assert graph["inputs"][0].get("meaning") == text
        return copied

    assert exported("input_ids") == {}
    for name, text in TOKENIZER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert exported("input_ids") == TOKENIZER
    assert exported("positions") == {}
    (tmp_path / "chat_template.jinja").unlink()
    assert exported("input_ids").keys() == {"tokenizer.json", "tokenizer_config.json"}
    (tmp_path / "tokenizer.json").unlink()
    assert exported("input_ids") == {}
    with pytest.raises(ExportError, match=r"'input_ids' is told to be text, but .* has no tokenizer.json"):
        export(path, tmp_path / "bundle", force=True, meanings={"input_ids": "text,files=tokenizer.json"})
