"""The inputs and the types of attributes that operators rely on are those of ONNX's own schemas."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import onnx.defs
import onnxruntime
import pytest

from model_support import REPOSITORY, read_text
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.importers.onnx.read import OLDEST_OPSET
from texelflow.operators import MANY, registry
from texelflow.operators.ml.categories import Refused
from texelflow.operators.signatures import ATTRIBUTES, FLAGS

KINDS = {
    "INT": ("a whole number", "0 or 1", *FLAGS),
    "INTS": ("a list of whole numbers",),
    "FLOAT": ("a number",),
    "FLOATS": ("a list of numbers",),
    "STRING": ("a text",),
    "STRINGS": ("a list of texts",),
    "TENSOR": ("a tensor",),
}
"""Our words for ONNX's types."""

OF_TEXELFLOW = {"activation", "activation_params", "shape", "to_last_axis"}
"""Attributes that are none of ONNX's: of other domains, or set by passes."""


NO_LONGER_ONNX = {"Affine", "Crop", "ImageScaler"}
"""Experimental operators that ONNX has given up."""

OF_ONNX_RUNTIME = {"SimplifiedLayerNormalization"}
"""Operators that ONNX Runtime added to ONNX's own domain."""


def _schemas() -> list[onnx.defs.OpSchema]:
    """Return the forms of registered operators that can be read."""
    newest: dict[str, list[onnx.defs.OpSchema]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if (("", schema.name) in registry() or schema.name == "Constant") and not schema.domain:
            newest.setdefault(schema.name, []).append(schema)
    return [
        schema
        for forms in newest.values()
        for schema in forms
        if schema.since_version
        >= max((f.since_version for f in forms if f.since_version <= OLDEST_OPSET), default=0)
    ]


def test_types_are_those_of_the_schemas() -> None:
    checked = set()
    for schema in _schemas():
        own = {} if schema.name == "Constant" else registry()["", schema.name].attributes
        for name, attribute in schema.attributes.items():
            if name in ("sparse_value", "value_string", "value_strings"):  # refused where they are read
                continue
            if attribute.type.name in ("GRAPH", "TYPE_PROTO"):  # the importer reads bodies, and no types
                continue
            kind = (ATTRIBUTES | own).get(name)
            assert kind in KINDS[attribute.type.name], f"{schema.name}.{name}"
            if kind == "0 or 1":
                assert attribute.default_value.i in (0, 1)
            checked.add(name)
    assert checked >= set(ATTRIBUTES) - OF_TEXELFLOW


def test_types_of_ai_onnx_ml_are_those_of_the_schemas() -> None:
    checked = set()
    for schema in onnx.defs.get_all_schemas_with_history():
        operator = registry().get(("ai.onnx.ml", schema.name))
        if schema.domain != "ai.onnx.ml" or operator is None or isinstance(operator, Refused):
            continue
        for name, attribute in schema.attributes.items():
            assert operator.attributes[name] in KINDS[attribute.type.name], f"{schema.name}.{name}"
        assert operator.inputs == (schema.min_input, schema.max_input)
        checked.add(schema.name)
    written = {key: one for key, one in registry().items() if not isinstance(one, Refused)}
    assert checked and checked == {name for domain, name in written if domain == "ai.onnx.ml"}


def test_numbers_of_inputs_are_those_of_the_schemas() -> None:
    expected: dict[str, tuple[int, int]] = {}
    for schema in _schemas():
        least, most = expected.get(schema.name, (schema.min_input, schema.max_input))
        expected[schema.name] = (min(least, schema.min_input), max(most, schema.max_input))
    del expected["Constant"]
    expected |= dict.fromkeys(
        ("If", "Loop", "Scan"), (1, MANY)
    )  # what their bodies read is among their inputs
    found = {name: one.inputs for (domain, name), one in registry().items() if domain == ""}
    assert expected == {
        name: inputs for name, inputs in found.items() if name not in NO_LONGER_ONNX | OF_ONNX_RUNTIME
    }


def test_no_other_attribute_is_read() -> None:
    """Every name by which the exporter reads an attribute has a type."""
    package = REPOSITORY / "exporter" / "texelflow"
    # Those of other formats are checked by their importers.
    paths = [path for path in package.rglob("*.py") if "importers" not in path.relative_to(package).parts]
    source = "\n".join(path.read_text() for path in paths)
    names = set(re.findall(r'attributes(?:\.get\(|\.pop\(|\[)"(\w+)"', source))
    assert len(names) > 30
    own = {name for operator in registry().values() for name in operator.attributes}
    assert names <= set(ATTRIBUTES) | own | OF_TEXELFLOW


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ("Concat <axis = 0> ()", "the number of its inputs is 0; 1 or more is needed"),
        ("MatMul (x, x, x)", "the number of its inputs is 3; 2 is needed"),
        ("Softmax <axis = [1]> (x)", "its attribute 'axis' is [1]; a whole number is expected"),
        ('Softmax <axis = "last"> (x)', "its attribute 'axis' is 'last'; a whole number is expected"),
        ("Transpose <perm = 1> (x)", "its attribute 'perm' is 1; a list of whole numbers is expected"),
        ("Elu <alpha = 1> (x)", "its attribute 'alpha' is 1; a number is expected"),
        ("Gelu <approximate = 1.5> (x)", "its attribute 'approximate' is 1.5; a text is expected"),
        ("Mod <fmod = 3> (x, x)", "its attribute 'fmod' is 3; 0 or 1 is expected"),
        ("Transpose <perm = [0.5, 1.5]> (x)", "'perm' is [0.5, 1.5]; a list of whole numbers is expected"),
        ("Softmax <axis = int64[1] {1}> (x)", "its attribute 'axis' is a tensor; a whole number is expected"),
    ],
)
def test_another_type_is_refused(tmp_path: Path, node: str, reason: str) -> None:
    with pytest.raises(ExportError) as caught:
        read_text(f"g (float[2, 3] x) => (float[a, b] y) {{ y = {node} }}", tmp_path)
    assert len(caught.value.problems) == 1
    assert reason in caught.value.problems[0]


@pytest.mark.parametrize("number", [-5, 0, 1, 2])
@pytest.mark.parametrize(
    "node",
    [
        "ReduceMax <keepdims = {}> (x)",
        "ArgMax <keepdims = {}> (x)",
        "ArgMax <select_last_index = {}> (same)",
        "ReduceMax <noop_with_empty_axes = {}> (x)",
        "Gemm <transA = {}> (x, x)",
        "Gemm <transB = {}> (x, x)",
        "Trilu <upper = {}> (x)",
        "IsInf <detect_negative = {}> (ends)",
        "IsInf <detect_positive = {}> (ends)",
        "AveragePool <kernel_shape = [2], pads = [1, 1], count_include_pad = {}> (line)",
        "MaxPool <kernel_shape = [2], strides = [3], ceil_mode = {}> (line)",
        "AffineGrid <align_corners = {}> (map, size)",
    ],
)
def test_flags_are_those_of_onnx_runtime(tmp_path: Path, node: str, number: int) -> None:
    """Another number than 0 and 1 is taken for the one that ONNX Runtime takes it for."""

    def model(flag: int) -> str:
        dtype = "int64" if "ArgMax" in node else "bool" if "IsInf" in node else "float"
        inputs = "float[3,3] x, float[3,3] same, float[2] ends, float[1,1,4] line, float[1,2,3] map"
        constants = "<int64[4] size = {1, 1, 2, 2}>"
        return f"g ({inputs}) => ({dtype}[a] y) {constants} {{ y = {node.format(flag)} }}"

    def result(flag: int) -> np.ndarray:
        parsed = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 20]>' + model(flag))
        parsed.graph.output[0].type.tensor_type.ClearField("shape")
        session = onnxruntime.InferenceSession(parsed.SerializeToString())
        feeds = {
            "x": np.arange(9, dtype=np.float32).reshape(3, 3),
            "same": np.ones((3, 3), np.float32),
            "ends": np.float32([-np.inf, np.inf]),
            "line": np.arange(4, dtype=np.float32).reshape(1, 1, 4),
            "map": np.ones((1, 2, 3), np.float32),
        }
        return np.asarray(session.run(None, feeds)[0])

    text = model(number).replace("g (", '<ir_version: 10, opset_import: ["" : 20]> g (', 1)
    path = tmp_path / "model.onnx"
    onnx.save(onnx.parser.parse_model(text), path)
    (read,) = read_model(path).nodes
    (taken,) = (value for name, value in read.attributes.items() if name in node and isinstance(value, int))
    assert np.array_equal(result(number), result(taken))
    assert not np.array_equal(result(0), result(1))
