"""ONNX's own backend node tests as bundles, and what became of each."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from onnx_node_tests import WAVES, NodeTest, is_by_chance, node_tests
from texelflow.errors import ExportError
from texelflow.graph import Element, Node, Value
from texelflow.importers.onnx.nodes import default_domain
from texelflow.operators import registry
from texelflow.pipeline import Bundle, Options, build, write

AS_ONNX_RUNTIME = frozenset(
    f"test_resize_downsample_scales_{mode}_align_corners" for mode in ("linear", "cubic")
)
"""Tests that expect corners to be aligned by a length that is not whole: ONNX Runtime and PyTorch, whose
exporter writes align_corners, go by the length of the output, and so does Texelflow.
"""

CONSTANT = ("", "Constant")
"""An operator that is not registered, since importers make a value of it."""

FEW = 16
"""Most whole numbers of an input that may be what shapes a computation by way of others."""

TOLERANCES = {"float16": (2e-3, 2e-3), "bfloat16": (1e-2, 1e-2)}
"""(relative, absolute) by element type, where wider than the test's own."""


@dataclass(slots=True)
class Case:
    """One node test.

    `status` is passed (fed as the test says), with constants (it passed with some inputs made constant),
    known at export (it passed, but only copies of a constant were drawn), failed or not supported; `reason`
    says why it did not pass.
    """

    name: str
    operators: list[str]
    model: onnx.ModelProto
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    relative: float
    absolute: float
    largest: float = np.inf
    """The largest magnitude that numbers can have, on both sides."""
    status: str = ""
    reason: str = ""
    folder: Path | None = None
    known_at_export: bool = False
    has_constants: bool = False
    has_host_step: bool = False
    """Whether the page computes, and does not only read numbers back."""


def node_cases(operator: str | None = None, constants: bool = False) -> Iterator[Case]:
    """Yield the tests whose operators are all registered and whose data are tensors; or those of one.

    With `constants` also those that have the operator Constant: what ONNX itself expands operators to.
    """
    for test in _tests_of(operator):
        model = test.model
        operators = [node.op_type for node in model.graph.node]
        used = {(default_domain(node.domain), node.op_type) for node in model.graph.node}
        if constants:
            used.discard(CONSTANT)
        if not used <= registry().keys():
            continue
        for inputs, outputs in test.data_sets:
            if any(isinstance(value, list) and not value for value in outputs):
                continue
            made = [each for value in outputs for each in (value if isinstance(value, list) else [value])]
            if any(
                not hasattr(value, "dtype") and not isinstance(value, onnx.TensorProto)
                for value in (*inputs, *made)
            ):
                continue
            results = dict(_unfolded(model.graph, outputs))
            case = _case(test, model, operators, list(map(_array, inputs)), results)
            if case.name in AS_ONNX_RUNTIME:
                session = onnxruntime.InferenceSession(case.model.SerializeToString())
                case.outputs = dict(zip(case.outputs, session.run(None, case.inputs), strict=True))
            yield case


def _tests_of(operator: str | None) -> list[NodeTest]:
    """Return all tests, or those of one operator and of what ONNX expands it to."""
    if operator is None:
        return node_tests()
    names = tuple(
        test.name for test in node_tests() if operator in {node.op_type for node in test.model.graph.node}
    )
    return [test for test in node_tests() if test.name.startswith(names)]


def _case(
    test: NodeTest,
    model: onnx.ModelProto,
    operators: list[str],
    inputs: Sequence[np.ndarray],
    outputs: dict[str, np.ndarray],
) -> Case:
    graph = model.graph
    return Case(
        test.name,
        operators,
        model,
        {value.name: array for value, array in zip(graph.input, inputs, strict=False)},
        outputs,
        test.rtol,
        test.atol,
    )


def _unfolded(graph: onnx.GraphProto, outputs: Sequence[Any]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield outputs by name; those of a sequence, as the exporter calls them."""
    for declared, value in zip(graph.output, outputs, strict=False):
        if isinstance(value, list):
            yield from ((f"{declared.name}[{index}]", _array(each)) for index, each in enumerate(value))
        else:
            yield declared.name, _array(value)


def _array(value: Any) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def export_case(case: Case, directory: Path) -> None:
    """Export a case to a bundle; sets `status` to "not supported" where the exporter refuses it."""
    attempt = _attempt(case.name, case.model)
    if attempt.bundle is None:
        given = len(case.inputs)
        attempt = attempt_with_constants(case)
        case.has_constants = len(case.inputs) < given
    if attempt.bundle is None:
        case.status, case.reason = "not supported", attempt.refusal
    else:
        write(attempt.bundle, directory / case.name)
        case.folder = directory / case.name
        case.known_at_export = _is_known_at_export(attempt.bundle.graph_file)
        steps = attempt.bundle.graph_file["plans"]["webgl2"]["entries"]["predict"]
        case.has_host_step = any(step.get("host", "read") != "read" for step in steps)


def _is_known_at_export(content: dict[str, Any]) -> bool:
    """Whether nothing is left to draw but constants."""
    plan = content["plans"]["webgl2"]
    inputs = {value["tensor"] for value in content["inputs"]}
    return all(
        draw["node"].startswith(("Output ", "Identity ")) and inputs.isdisjoint(draw["inputs"])
        for draw in (*plan["load"], *plan["entries"]["predict"])
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A model that was exported, its bundle or the reason why there is none, and the inputs asked for."""

    model: onnx.ModelProto
    bundle: Bundle | None
    refusal: str
    asked_for: list[str]


def attempt_with_constants(case: Case) -> Attempt:
    """Export a case's model with the inputs whose elements the exporter asks for made constant.

    They shape a computation; the case's `inputs` have them no more.
    """
    attempt = _attempt(case.name, copy.deepcopy(case.model))
    while attempt.asked_for:
        model = attempt.model
        for name in attempt.asked_for:
            model.graph.initializer.append(numpy_helper.from_array(case.inputs.pop(name), name))
        kept = [value for value in model.graph.input if value.name not in attempt.asked_for]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        attempt = _attempt(case.name, model)
    return attempt


def _attempt(name: str, model: onnx.ModelProto) -> Attempt:
    asked: dict[str, None] = {}
    known = Node.known

    def record(node: Node, index: int, meaning: str) -> list[Element]:
        value = node.input(index)
        if value is not None and not value.is_known:
            asked.update(dict.fromkeys(_whole_numbers_behind(value)))
            asked[value.name] = None
        return known(node, index, meaning)

    bundle, refusal = None, ""
    with TemporaryDirectory() as folder, patch.object(Node, "known", record):
        path = Path(folder) / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        try:
            bundle = build(path, Options())
        except ExportError as error:
            # The report must not differ by the folder that the model happens to be in.
            refusal = error.problems[0].replace(f"{folder}/", "")
    return Attempt(model, bundle, refusal, [value.name for value in model.graph.input if value.name in asked])


def _whole_numbers_behind(value: Value) -> Iterator[str]:
    """Yield the names of the inputs of the model of a few whole numbers from which a value is computed."""
    behind, seen = [value], {value}
    while behind:
        one = behind.pop()
        read = one.producer.reads if one.producer is not None else []
        behind.extend(other for other in read if other not in seen)
        seen.update(read)
        size = one.type.size if one.producer is None and one.type is not None else None
        if isinstance(size, int) and size <= FEW and one.dtype in ("int32", "int64"):
            yield one.name


def judge(case: Case, results: dict[str, np.ndarray]) -> None:
    """Compare results with the test's outputs and set the case's status."""
    for name, expected in case.outputs.items():
        actual = results[name]
        if tuple(actual.shape) != tuple(expected.shape):
            case.status, case.reason = "failed", f"{name} has shape {actual.shape}, not {expected.shape}"
            return
        if is_by_chance(case.name):
            continue
        if str(expected.dtype) == "bfloat16":
            actual = actual.view(expected.dtype)
        relative, absolute = TOLERANCES.get(str(expected.dtype), (case.relative, case.absolute))
        a, b = (np.clip(x.astype(np.float64), -case.largest, case.largest) for x in (actual, expected))
        absolute = max(absolute, 1e-6)
        if WAVES.intersection(case.operators) and b.size:
            absolute = max(absolute, 2.0**-23 * np.abs(b).max())
        if not np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True):
            with np.errstate(invalid="ignore"):
                error = np.nanmax(np.abs(a - b)) if a.size else 0.0
            case.status, case.reason = "failed", f"{name} is off by {error:.3g}"
            return
    passed = "with constants" if case.has_constants else "passed"
    case.status = "known at export" if case.known_at_export else passed
