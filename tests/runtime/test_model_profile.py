"""model.profile(): what each draw of a run costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import ADD_FLAT, ADD_INTEGER, BundleBuilder, add_bundle, blocked_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

PROFILE = """
    async ([url, shape, options, device]) => {
        const model = await texelflow.loadModel(url, {device});
        const data = Float32Array.from({length: shape.reduce((x, y) => x * y, 1)}, (_, i) => i);
        const x = new texelflow.Tensor('float32', shape, data);
        const before = await model.run({x});
        const textures = texelflow.statistics(model).textureBytes.now;
        const profile = await model.profile({x}, options);
        const after = await model.run({x});
        return {
            profile, textures, texturesAfter: texelflow.statistics(model).textureBytes.now,
            same: after.y.data.every((value, i) => Object.is(value, before.y.data[i])),
            trace: texelflow.chromeTrace(profile, model.name),
        };
    }
"""

WITHOUT_QUERIES = """
    () => {
        const {getExtension} = WebGL2RenderingContext.prototype;
        WebGL2RenderingContext.prototype.getExtension = function (name) {
            return name === 'EXT_disjoint_timer_query_webgl2' ? null : getExtension.call(this, name);
        };
    }
"""

# A GPU whose clock is told by the test: each query of time (0x88bf) takes 2 ms a draw, and the first is void.
WITH_QUERIES = """
    () => {
        const {getExtension, getParameter, drawArrays} = WebGL2RenderingContext.prototype;
        const state = globalThis.queries = {begun: 0, deleted: 0, draws: 0, asked: 0};
        Object.assign(WebGL2RenderingContext.prototype, {
            getExtension(name) {
                return name === 'EXT_disjoint_timer_query_webgl2' ? {} : getExtension.call(this, name);
            },
            getParameter(name) {
                return name === 0x8fbb ? state.begun === 1 : getParameter.call(this, name);
            },
            createQuery: () => ({}),
            deleteQuery: (query) => { if (query.timed) state.deleted++; },
            beginQuery: (target, query) => {
                query.timed = target === 0x88bf;
                if (query.timed) Object.assign(state, {begun: state.begun + 1, draws: 0});
            },
            endQuery: () => {},
            drawArrays(...parameters) { state.draws++; drawArrays.apply(this, parameters); },
            getQueryParameter(query, name) {
                if (!query.timed) return true;
                return name === this.QUERY_RESULT ? state.draws * 2e6 : state.asked++ % 3 === 2;
            },
        });
    }
"""


def profile(
    page: Page, url: str, shape: list[int], options: dict[str, Any] | None = None, device: Any = None
) -> dict[str, Any]:
    answer = page.evaluate(PROFILE, [url, shape, options or {}, device or {}])
    assert answer["same"], "profiling changes what the model computes"
    assert answer["textures"] == answer["texturesAfter"]
    return answer


def test_a_draw(page: Page, serve: Serve, tmp_path: Path) -> None:
    graph = add_bundle(tmp_path)
    assert "flops" not in graph["plans"]["webgl2"]["entries"]["predict"][0]
    answer = profile(page, serve(tmp_path), [6])
    (draw,) = answer["profile"]["draws"]
    assert draw["node"] == "n1 Test" and draw["program"] == "add"
    # Six elements are two texels in a row of two, 16 bytes each: read from x and w, written to y.
    assert (draw["bytesRead"], draw["bytesWritten"], draw["fetches"], draw["flops"]) == (64, 32, 4, 0)
    assert draw["share"] == 1 and draw["milliseconds"] == answer["profile"]["milliseconds"]
    assert answer["profile"]["runs"] == 10


@pytest.mark.parametrize("device", [{"pixels": 4, "groups": 2}, {"pixels": 1, "groups": 1}])
def test_draws_of_a_blocked_tensor(page: Page, serve: Serve, tmp_path: Path, device: dict[str, int]) -> None:
    """Counts follow from the layouts: 1×5×3×7 elements are flat 27 texels, in a texture of 8×4."""
    blocked_bundle(tmp_path)
    answer = profile(page, serve(tmp_path), [1, 5, 3, 7], {"runs": 2}, device)
    to_blocked, to_flat = answer["profile"]["draws"]
    flat_bytes = 8 * 4 * 16
    # 4×2: one plane of 2 columns and 3 rows in 8 layers; 1×1: two planes of 7 columns side by side, 3 rows.
    blocked_bytes = (2 * 3 * 8 if device["pixels"] == 4 else 14 * 3) * 16
    assert (to_blocked["bytesRead"], to_blocked["bytesWritten"]) == (flat_bytes, blocked_bytes)
    assert (to_flat["bytesRead"], to_flat["bytesWritten"]) == (blocked_bytes, flat_bytes)
    # Each shader fetches a texel for each element and for none past the end.
    assert to_blocked["fetches"] == to_flat["fetches"] == 105
    shares = [draw["share"] for draw in answer["profile"]["draws"]]
    assert sum(shares) == pytest.approx(1) and min(shares) > 0
    times = [draw["milliseconds"] for draw in answer["profile"]["draws"]]
    assert sum(times) == pytest.approx(answer["profile"]["milliseconds"])
    assert answer["profile"]["runMilliseconds"] > 0


def test_operations_of_free_sizes(page: Page, serve: Serve, tmp_path: Path) -> None:
    builder = BundleBuilder(["n"])
    x = builder.tensor(["n", 4], lifetime=[-1, 0])
    y = builder.tensor(["n", 4], lifetime=[0, 1])
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"]), [x, x], y, floats=[1], flops=["*", "n", 100])
    builder.write(tmp_path)
    (draw,) = profile(page, serve(tmp_path), [3, 4], {"runs": 1})["profile"]["draws"]
    assert draw["flops"] == 300
    # Read twice, but it is one tensor.
    assert (draw["bytesRead"], draw["fetches"]) == (64, 8)


def test_integers_and_16_bits(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path / "float")
    draws = profile(page, serve(tmp_path / "float"), [6], {}, {"storage": 16})["profile"]["draws"]
    assert (draws[0]["bytesRead"], draws[0]["bytesWritten"], draws[0]["fetches"]) == (16 + 32, 16, 4)
    builder = BundleBuilder()
    x, y = (builder.tensor([6], "int32", lifetime=life) for life in ([-1, 0], [0, 1]))
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_INTEGER, ["a", "b"]), [x, x], y)
    builder.write(tmp_path / "integer")
    answer = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor('int32', [6], new Int32Array(6));
            return model.profile({x});
        }""",
        serve(tmp_path / "integer"),
    )
    assert answer["draws"][0]["fetches"] == 4


def test_without_timer_queries(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    page.evaluate(WITHOUT_QUERIES)
    answer = profile(page, serve(tmp_path), [1, 8, 40, 40], {"runs": 3, "fetches": False})["profile"]
    assert answer["method"] == "fence"
    assert all(draw["milliseconds"] > 0 and draw["fetches"] is None for draw in answer["draws"])


def test_with_timer_queries(page: Page, serve: Serve, tmp_path: Path) -> None:
    """With a stand-in whose queries take 2 ms a draw; a void one is repeated, and all are freed."""
    blocked_bundle(tmp_path)
    page.evaluate(WITH_QUERIES)
    answer = profile(page, serve(tmp_path), [1, 8, 4, 4], {"runs": 3})["profile"]
    assert answer["method"] == "timer query"
    assert [draw["milliseconds"] for draw in answer["draws"]] == [2, 2]
    assert (answer["milliseconds"], answer["runMilliseconds"]) == (4, 4)
    queries = page.evaluate("() => globalThis.queries")
    # All draws: 4 ms at once. Each draw: 2 ms, then two of them, 4 ms. Then three runs of each; one was void.
    assert queries["begun"] == queries["deleted"] == 1 + 3 + 2 * (2 + 3) + 1


def test_trace(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    answer = profile(page, serve(tmp_path), [1, 8, 4, 4], {"runs": 1})
    named, thread, first, second = answer["trace"]["traceEvents"]
    assert (named["ph"], named["name"], named["args"]) == ("M", "process_name", {"name": "test"})
    assert (thread["ph"], thread["name"]) == ("M", "thread_name")
    for event, draw in zip((first, second), answer["profile"]["draws"], strict=True):
        assert (event["ph"], event["name"], event["cat"]) == ("X", draw["node"], draw["program"])
        assert event["dur"] == pytest.approx(draw["milliseconds"] * 1000)
        assert event["args"]["fetches"] == draw["fetches"]
    assert first["ts"] == 0 and second["ts"] == pytest.approx(first["dur"])


def test_the_profiler_is_fetched_when_it_is_asked_for(own_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rpartition("/")[2]))
    own_page.evaluate(
        """async ([url]) => {
            globalThis.model = await texelflow.loadModel(url);
            globalThis.x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            await model.run({x});
        }""",
        [serve(tmp_path)],
    )
    assert "texelflow.profile.js" not in requested
    own_page.evaluate("() => model.profile({x}, {runs: 1})")
    assert "texelflow.profile.js" in requested


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("model.profile({x}, {runs: 0})", "runs must be an integer of at least 1, but is 0"),
        ("model.profile({x}, {runs: 'many'})", "but is many"),
        ("model.profile({})", 'Input "x" is missing'),
        ("(model.dispose(), model.profile({x}))", "was disposed"),
        (
            "model.profile({x}, {runs: 1e6, fetches: false, ...lose()})",
            "The GPU context was lost while the model was profiled",
        ),
    ],
)
def test_errors(page: Page, serve: Serve, tmp_path: Path, call: str, expected: str) -> None:
    add_bundle(tmp_path)
    message = page.evaluate(
        f"""async (url) => {{
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            await model.profile({{x}}, {{runs: 1}});
            const lose = () => {{
                const {{gl}} = model.loadedModel.context;
                setTimeout(() => gl.getExtension('WEBGL_lose_context').loseContext(), 50);
                return {{}};
            }};
            return {call}.then(() => 'NO ERROR', (error) => error.message);
        }}""",
        serve(tmp_path),
    )
    assert expected in message


def test_a_model_without_draws(page: Page, serve: Serve, tmp_path: Path) -> None:
    builder = BundleBuilder()
    x = builder.tensor([4], lifetime=[-1, 0])
    builder.input("x", x)
    builder.output("y", x)
    builder.write(tmp_path)
    answer = profile(page, serve(tmp_path), [4])["profile"]
    assert (answer["draws"], answer["milliseconds"], answer["runMilliseconds"]) == ([], 0, 0)
