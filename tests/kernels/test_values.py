"""Values that the kernels' tolerance does not tell apart, against NumPy: in float64, or whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from kernels.sheet import Shape, run_reference
from texelflow.pipeline import Options, build, write

Array = np.ndarray
random = np.random.default_rng(14)


@dataclass(frozen=True, slots=True)
class Case:
    """Nodes that make y of x and some constants, x itself, and the y that is expected.

    `error` is the largest that y may have, relative to its largest number; 0 for whole numbers. None compares
    with ONNX Runtime's error: it may be twice as large. `shape` is how x is declared.
    """

    nodes: Sequence[onnx.NodeProto]
    x: Array
    expected: Array
    error: float | None = 0.0
    constants: dict[str, Array] = field(default_factory=dict)
    shape: Shape | None = None


def node(operator: str, inputs: str, output: str = "y", **attributes: object) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(" "), [output], **attributes)


def sums() -> dict[str, Case]:
    """Sums and means of so many numbers that one float sum stands still or drifts."""
    tall = np.ones((17_000, 1), np.float32)
    wide = {"zeros": np.zeros((1, 1000), np.float32), "axes": np.int64([0, 1])}
    nodes = [node("Add", "x zeros", "all"), node("ReduceSum", "all axes")]
    cases = {
        "17 million ones": Case(nodes, tall, np.array([[1.7e7]]), 1e-7, wide),
        "17 million ones, free": Case(nodes, tall, np.array([[1.7e7]]), 1e-7, wide, ["n", 1]),
    }
    near = random.normal(200, 1, (1, 1, 1024, 1024)).astype(np.float32)
    same = np.full((1, 5, 600, 600), 200.007, np.float32)
    free = ["n", 1, "h", "w"]
    image = node("MaxPool", "x", "image", kernel_shape=[1, 1])
    for label, x, shape in (
        ("near 200", near, None),
        ("near 200, free", near, free),
        ("the same", same, None),
    ):
        mean = x.astype(np.float64).mean(axis=(2, 3), keepdims=True)
        axes = {"axes": np.int64([2, 3])}
        flat = [node("ReduceMean", "x axes")]
        cases[f"mean of flat {label}"] = Case(flat, x, mean, 1e-6, axes, shape)
        blocked = [image, node("ReduceMean", "image axes")]
        cases[f"mean of blocked {label}"] = Case(blocked, x, mean, 1e-6, axes, shape)
    return cases


def normalisations() -> dict[str, Case]:
    """Normalizations of numbers whose deviation is a ten thousandth of their mean."""

    def normal(shape: Sequence[int], axes: tuple[int, ...], epsilon: float = 1e-5) -> tuple[Array, Array]:
        x = random.normal(1000, 0.1, shape).astype(np.float32)
        wide = x.astype(np.float64)
        deviation = np.sqrt(wide.var(axis=axes, keepdims=True) + epsilon)
        return x, (wide - wide.mean(axis=axes, keepdims=True)) / deviation

    five = {"ones": np.ones(5, np.float32), "zeros": np.zeros(5, np.float32)}
    image = node("MaxPool", "x", "image", kernel_shape=[1, 1])
    cases = {}
    for side in (16, 128):
        instance = [image, node("InstanceNormalization", "image ones zeros")]
        cases[f"instance, {side}"] = Case(instance, *normal((1, 5, side, side), (2, 3)), 1e-3, five)
    for length in (48, 768):
        x, expected = normal((7, length), (1,))
        ones = {"ones": np.ones(length, np.float32)}
        cases[f"layer, {length}"] = Case([node("LayerNormalization", "x ones")], x, expected, None, ones)
        by_hand = [
            node("ReduceMean", "x last", "mean"),
            node("Sub", "x mean", "centred"),
            node("Pow", "centred two", "square"),
            node("ReduceMean", "square last", "variance"),
            node("Add", "variance epsilon", "raised"),
            node("Sqrt", "raised", "deviation"),
            node("Div", "centred deviation"),
        ]
        constants = {"last": np.int64([-1]), "two": np.float32(2), "epsilon": np.float32(1e-5)}
        cases[f"by hand, {length}"] = Case(by_hand, x, expected, None, constants)
    x, expected = normal((2, 5, 20, 20), (0, 2, 3), 0)
    cases["mean and variance"] = Case([image, node("MeanVarianceNormalization", "image")], x, expected, 1e-3)
    return cases


def whole_numbers() -> dict[str, Case]:
    """Reductions that ONNX Runtime has not for these types, numbers with the first bit set among them."""
    cases: dict[str, Case] = {}
    for dtype, most in (("uint32", 2**32), ("uint64", 2**32), ("int32", 2**31), ("uint8", 256)):
        low = -most if dtype == "int32" else 0
        x = random.integers(low, most, (2, 3, 1500)).astype(dtype)
        x[0, 0, 7] = 0
        for operator, function in (("ReduceMax", np.max), ("ReduceMin", np.min)):
            for axes in ((2,), (1,), (0, 1, 2)):
                expected = function(x, axis=axes, keepdims=True)
                case = Case([node(operator, "x axes")], x, expected, 0, {"axes": np.int64(axes)})
                cases[f"{operator} of {dtype} along {axes}"] = case
        image = node("MaxPool", "x", "image", kernel_shape=[1])
        if dtype == "uint8":
            blocked = [image, node("ReduceMax", "image axes")]
            largest = x.max(axis=(1,), keepdims=True)
            cases["blocked uint8"] = Case(blocked, x, largest, 0, {"axes": np.int64([1])})
        for operator, find in (("ArgMax", np.argmax), ("ArgMin", np.argmin)):
            expected = find(x, axis=2)[..., None].astype(np.int64)
            cases[f"{operator} of {dtype}"] = Case([node(operator, "x", axis=2)], x, expected)
        small = x // np.asarray(most // 64, dtype)
        total = small.astype(np.int64).sum(axis=2, keepdims=True)
        mean = (np.sign(total) * (np.abs(total) // 1500)).astype(dtype)
        axes = {"axes": np.int64([2])}
        cases[f"mean of {dtype}"] = Case([node("ReduceMean", "x axes")], small, mean, 0, axes)
    large = np.full((1, 2), 2**31 - 1, np.uint32)
    cases["large mean"] = Case([node("ReduceMean", "x")], large, large[:, :1])
    return cases


def model_of(case: Case) -> onnx.ModelProto:
    dtype = helper.np_dtype_to_tensor_dtype(case.x.dtype)
    result = helper.np_dtype_to_tensor_dtype(case.expected.dtype) if case.error == 0 else TensorProto.FLOAT
    graph = helper.make_graph(
        case.nodes,
        "values",
        [helper.make_tensor_value_info("x", dtype, case.shape or case.x.shape)],
        [helper.make_tensor_value_info("y", result, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in case.constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def error_of(actual: Array, expected: Array) -> float:
    return float(np.abs(actual.astype(np.float64) - expected).max() / np.abs(expected).max())


def check(cases: dict[str, Case], page: Page, server: PageServer, folder: Path) -> None:
    url = server.mount(f"/values/{folder.name}", folder)
    jobs = []
    for number, case in enumerate(cases.values()):
        model = folder / f"{number}.onnx"
        onnx.save(model_of(case), model)
        write(build(model, Options()), folder / str(number))
        jobs.append(Job(f"{url}/{number}", {"x": case.x}))
    wrong = []
    for number, ((label, case), answer) in enumerate(zip(cases.items(), run_jobs(page, jobs), strict=True)):
        if answer.error is not None:
            wrong.append(f"{label}: {answer.error}")
            continue
        y = answer.outputs["y"]
        if y.shape != case.expected.shape:
            wrong.append(f"{label}: {y.shape} instead of {case.expected.shape}")
        elif case.error == 0:
            if count := int((y != case.expected).sum()):
                wrong.append(f"{label}: {count} of {y.size} differ")
        else:
            allowed = case.error
            if allowed is None:
                reference = run_reference(folder / f"{number}.onnx", {"x": case.x})["y"]
                allowed = 2 * error_of(reference, case.expected)
            if (error := error_of(y, case.expected)) > allowed:
                wrong.append(f"{label}: off by {error:.2g}, {allowed:.2g} is allowed")
    assert not wrong, "\n".join(wrong)


def test_sums(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    check(sums(), bundle_page, page_server, tmp_path)


def test_normalisations(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    check(normalisations(), bundle_page, page_server, tmp_path)


def test_whole_numbers(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    check(whole_numbers(), bundle_page, page_server, tmp_path)
