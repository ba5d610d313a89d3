"""What hand-written bundles compute, on every setting of the device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import (
    ADD_FLAT,
    ADD_INTEGER,
    TO_BLOCKED,
    TO_FLAT,
    BundleBuilder,
    add_bundle,
    alias_bundle,
    blocked_bundle,
)
from playwright.sync_api import Page
from run_support import feed, run_bundle

SETTINGS = [
    {"pixels": pixels, "groups": groups, "fetch": fetch, "poison": True}
    for pixels, groups in [(4, 2), (4, 1), (1, 1)]
    for fetch in ["texture", "texelFetch"]
]


def random_array(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def test_flat_addition(module_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    add_bundle(tmp_path)
    x = random_array(6)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)})
    np.testing.assert_array_equal(answer["results"]["y"], (x + np.arange(6, dtype=np.float32) + 0.5) * 2)
    assert answer["inputs"] == [{"name": "x", "dtype": "float32", "shape": [6]}]
    assert answer["labels"] == []
    assert answer["device"]["reasons"] == []
    assert answer["device"]["integrity"] == "sha256"


@pytest.mark.parametrize("device", SETTINGS, ids=lambda setting: "-".join(map(str, setting.values())))
@pytest.mark.parametrize("shape", [(1, 3, 5, 7), (2, 9, 4, 1), (5, 1, 1, 3), (1, 40, 6, 33)])
def test_blocked_layout_there_and_back(
    module_page: Page,
    serve: Callable[[Path], str],
    tmp_path: Path,
    device: dict[str, object],
    shape: tuple[int, ...],
) -> None:
    blocked_bundle(tmp_path)
    x = random_array(*shape)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, device)
    np.testing.assert_array_equal(answer["results"]["y"], x * 3)
    for name in ("pixels", "groups", "fetch"):
        assert answer["device"][name] == device[name]


@pytest.mark.parametrize("device", SETTINGS, ids=lambda setting: "-".join(map(str, setting.values())))
@pytest.mark.parametrize("loaded", [None, 0, 1, 2])
def test_aliases_read_channels_where_they_lie(
    module_page: Page,
    serve: Callable[[Path], str],
    tmp_path: Path,
    device: dict[str, object],
    loaded: int | None,
) -> None:
    """Of an input, or of a weight in either phase."""
    x = random_array(1, 24, 2, 5)
    alias_bundle(tmp_path, None if loaded is None else x, loaded or 0)
    feeds = {"x": feed(x)} if loaded is None else {}
    answer = run_bundle(module_page, serve(tmp_path), feeds, device, repeat=2)
    np.testing.assert_array_equal(answer["results"]["y"], x[:, 8:].reshape(2, 8, 2, 5) * np.float32(3))


@pytest.mark.parametrize("blocking", [{"pixels": 1}, {"groups": 1}, {"pixels": 1, "groups": 1}, {"rows": 2}])
def test_tensor_with_its_own_blocking(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path, blocking: dict[str, int]
) -> None:
    blocked_bundle(tmp_path, **blocking)
    x = random_array(2, 6, 3, 5)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, {"poison": True})
    np.testing.assert_array_equal(answer["results"]["y"], x * 3)


@pytest.mark.parametrize("reads_any", [True, False])
def test_a_program_that_reads_any_blocking_is_compiled_once(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path, reads_any: bool
) -> None:
    """It takes rows and groups from the tensor's entries, and does not mention what would tell them."""
    builder = BundleBuilder()
    shape, axes = [2, 6, 3, 5], [[0], [1], [2], [3]]
    x = builder.tensor(shape, lifetime=[-1, 2])
    builder.input("x", x)
    to_flat = TO_FLAT
    if reads_any:
        to_flat = TO_FLAT.replace("X_ROWS", "((ints[3].w >> 1) + 1)").replace(
            "X_GROUPS", "((ints[3].w & 1) + 1)"
        )
    programs = [builder.program(TO_BLOCKED, ["x"], "to_blocked"), builder.program(to_flat, ["x"], "to_flat")]
    for name, blocking, step in (("rows", {"rows": 2}, 0), ("groups", {}, 2)):
        blocked = builder.tensor(shape, axes=axes, lifetime=[step, step + 1], **blocking)
        y = builder.tensor(shape, lifetime=[step + 1, 4])
        builder.output(name, y)
        builder.draw(programs[0], [x], blocked)
        builder.draw(programs[1], [blocked], y, floats=[3])
    builder.write(tmp_path)
    values = random_array(*shape)
    device = {"pixels": 4, "groups": 2, "poison": True}
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(values)}, device)
    for result in answer["results"].values():
        np.testing.assert_array_equal(result, values * np.float32(3))
    assert answer["statistics"]["programs"] == (3 if reads_any else 4)


def test_faked_limits(module_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    """With 64 texels a side the planes of 30 channels fold into several tile columns."""
    blocked_bundle(tmp_path)
    limits = {"maxTextureSize": 64, "drawBuffers": 4, "textureUnits": 16}
    x = random_array(3, 30, 20, 9)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, {"limits": limits, "poison": True})
    np.testing.assert_array_equal(answer["results"]["y"], x * 3)
    assert (answer["device"]["pixels"], answer["device"]["groups"]) == (4, 1)


def test_half_storage(module_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    x = random_array(2, 5, 3, 6)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, {"storage": 16, "poison": True})
    error = np.abs(answer["results"]["y"] - x * 3).max()
    assert 0 < error < 2e-2


def test_half_storage_clamps_inputs(module_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    add_bundle(tmp_path, np.zeros(2, dtype=np.float32))
    x = np.array([-1e9, 4], dtype=np.float32)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, {"storage": 16})
    assert answer["results"]["y"][1] == 8


@pytest.mark.parametrize("repeat", [1, 3])
def test_large_output_is_read_whole(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path, repeat: int
) -> None:
    weight = random_array(100_003)
    add_bundle(tmp_path, weight)
    x = random_array(100_003)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)}, repeat=repeat)
    np.testing.assert_array_equal(answer["results"]["y"], (x + weight) * 2)


@pytest.mark.parametrize(
    ("dtype", "x", "w", "expected"),
    [
        ("int64", [1, -5, 2**31 - 1], [0, 3, 0], [1, -2, 2**31 - 1]),
        ("uint64", [1, 2, 2**32 - 2], [0, 3, 1], [1, 5, 2**32 - 1]),
        ("int32", [1, -5, 7], [2, 3, -9], [3, -2, -2]),
        ("uint32", [1, 2**31, 7], [2, 3, 9], [3, 2**31 + 3, 16]),
        ("uint8", [1, 5, 200], [2, 3, 9], [3, 8, 209]),
        ("int8", [-1, 5, 100], [2, 3, -9], [1, 8, 91]),
        ("int16", [-1, 5, 30000], [2, 3, -9], [1, 8, 29991]),
        ("uint16", [1, 5, 60000], [2, 3, 9], [3, 8, 60009]),
        ("bool", [0, 1, 0], [0, 0, 1], [0, 1, 1]),
    ],
)
def test_integer_types(
    module_page: Page,
    serve: Callable[[Path], str],
    tmp_path: Path,
    dtype: str,
    x: list[int],
    w: list[int],
    expected: list[int],
) -> None:
    builder = BundleBuilder()
    x_tensor = builder.tensor([3], dtype, lifetime=[-1, 0])
    y_tensor = builder.tensor([3], dtype, lifetime=[0, 1])
    w_tensor = builder.weight("w", [np.array(w, dtype=dtype)])
    builder.input("x", x_tensor)
    builder.output("y", y_tensor)
    builder.draw(builder.program(ADD_INTEGER, ["a", "b"]), [x_tensor, w_tensor], y_tensor)
    builder.write(tmp_path)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(np.array(x, dtype=dtype))}, {"poison": True})
    np.testing.assert_array_equal(answer["results"]["y"], np.array(expected, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_float_types(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path, dtype: str
) -> None:
    """Weights, inputs and outputs in another float type, all values exact in it."""
    x = np.array([1.5, -0.25, 0, 96, 2**-16], dtype=np.float32)
    w = np.array([0.5, 0.25, -1, 4, 2**-16], dtype=np.float32)

    def stored(values: np.ndarray) -> np.ndarray:
        if dtype == "float64":
            return values.astype(np.float64)
        if dtype == "float16":
            return values.astype(np.float16)
        return (values.view(np.uint32) >> 16).astype(np.uint16)

    add_bundle(tmp_path, stored(w), dtype=dtype)
    graph = (tmp_path / "graph.json").read_text()
    (tmp_path / "graph.json").write_text(graph.replace('"dtype": "float32"', f'"dtype": "{dtype}"'))
    bits = stored(x).view(np.uint16) if dtype == "float16" else stored(x)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(bits, dtype)})
    result = answer["results"]["y"]
    expected = stored((x + w) * 2)
    np.testing.assert_array_equal(result, expected.view(np.uint16) if dtype == "float16" else expected)


def test_float16_file_behind_a_float32_tensor(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    w = np.array([0.5, 1.25, -3], dtype=np.float16)
    add_bundle(tmp_path, w, dtype="float32")
    x = random_array(3)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(x)})
    np.testing.assert_array_equal(answer["results"]["y"], (x + w.astype(np.float32)) * 2)


def test_weight_split_over_files_at_odd_places(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    builder = BundleBuilder()
    parts = [random_array(5, 3), random_array(1, 3), random_array(2, 3), random_array(70, 3)]
    w = builder.weight("w", parts)
    x = builder.tensor([78, 3], lifetime=[-1, 0])
    y = builder.tensor([78, 3], lifetime=[0, 1])
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"]), [x, w], y, floats=[1])
    builder.write(tmp_path)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(np.zeros((78, 3), np.float32))})
    np.testing.assert_array_equal(answer["results"]["y"], np.concatenate(parts))


def test_load_phase_runs_once_and_frees_what_runs_do_not_read(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    """sum = (a + b) · 1, double = (sum + sum) · 1 at load; y = (x + double) · 1 at run."""
    builder = BundleBuilder()
    size = 1000
    a = builder.weight("a", [random_array(size)])
    b = builder.weight("b", [random_array(size) + 1])
    total = builder.tensor([size])
    double = builder.tensor([size])
    x = builder.tensor([size], lifetime=[-1, 0])
    y = builder.tensor([size], lifetime=[0, 1])
    builder.input("x", x)
    builder.output("y", y)
    add = builder.program(ADD_FLAT, ["a", "b"])
    builder.draw(add, [a, b], total, "load", floats=[1])
    builder.draw(add, [total, total], double, "load", floats=[1])
    builder.draw(add, [x, double], y, floats=[1])
    builder.write(tmp_path)
    values = random_array(size)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(values)}, repeat=2)
    expected = values + 2 * (random_array(size) + (random_array(size) + 1))
    np.testing.assert_allclose(answer["results"]["y"], expected, rtol=1e-6)
    # Of the four constant tensors only `double` is left: 250 texels in 16 columns and 16 rows.
    assert answer["statistics"]["textureBytes"]["weights"] == 16 * 16 * 16
    assert answer["statistics"]["draws"] == 1 and answer["statistics"]["loadDraws"] == 2


def test_empty_tensors_draw_nothing(module_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    answer = run_bundle(module_page, serve(tmp_path), {"x": feed(np.zeros((0, 3, 2, 2), np.float32))})
    assert answer["results"]["y"].shape == (0, 3, 2, 2)


def test_intermediates_are_logical_and_their_idle_lanes_are_zero(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    blocked_bundle(tmp_path)
    x = random_array(2, 5, 3, 6)
    answer = module_page.evaluate(
        """async ({url, x}) => {
            const model = await texelflow.loadModel(url, {device: {poison: true}});
            const feeds = {x: new texelflow.Tensor('float32', x.shape, Float32Array.from(x.data, Number))};
            const layers = await texelflow.runWithIntermediates(model, feeds);
            model.dispose();
            return layers.map(({node, value, shape, data, dirtyLanes}) =>
                ({node, value, shape, data: Array.from(data), dirtyLanes}));
        }""",
        {"url": serve(tmp_path), "x": feed(x)},
    )
    assert [entry["value"] for entry in answer] == ["blocked", "y"]
    np.testing.assert_array_equal(np.float32(answer[0]["data"]).reshape(answer[0]["shape"]), x)
    np.testing.assert_array_equal(np.float32(answer[1]["data"]).reshape(answer[1]["shape"]), x * 3)
    assert [entry["dirtyLanes"] for entry in answer] == [0, 0]
