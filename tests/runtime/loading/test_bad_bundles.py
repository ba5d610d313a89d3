"""Bad bundles: one clear error each, never a hang."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle, alias_bundle, change_graph
from playwright.sync_api import Error, Page
from run_support import feed, load_error, run_bundle

from browser_support import PageServer

Serve = Callable[[Path], str]
WEIGHTS = "weights-1.safetensors"


LEAVING_NAMES = ("../secret", "..", ".", "%2e%2e", ".%2E", ".\t.", "", "?key", "#", "a\\b", "c:d", "\ud800")
"""What an address, or a folder, takes for more than the name of a file in it."""


def rename(graph: dict[str, Any], name: str) -> None:
    """Give the weight file another name, throughout."""
    graph["files"][0]["name"] = graph["weights"][0]["parts"][0]["file"] = name


def constrain(graph: dict[str, Any], **changed: object) -> None:
    constraint = {"left": 1, "relation": "=", "right": 1, "node": "Add 'x'", "meaning": "both"}
    graph["constraints"].append({**constraint, **changed})


@pytest.mark.parametrize(
    ("version", "remedy"), [(3, "Update the runtime of this page"), (1, "Export the model again")]
)
def test_bundles_of_another_version_are_refused(
    module_page: Page, serve: Serve, tmp_path: Path, version: int, remedy: str
) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: graph.update(formatVersion=version))
    message = load_error(module_page, serve(tmp_path))
    assert f"format version {version}" in message and "bundle_builder" in message and remedy in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda graph: graph.pop("formatVersion"), "no formatVersion"),
        (lambda graph: graph["plans"].pop("webgl2"), "plans.webgl2 must be an object, but is missing"),
        (lambda graph: graph.pop("weights"), "weights must be a list, but is missing"),
        (lambda graph: graph["weights"][0]["parts"].clear(), "weights[0].parts must be a list of 1 or more"),
        (lambda graph: tensor(graph, 0).update(lifetime=[0]), "tensors[0].lifetime must be a list of 2, but"),
        (
            lambda graph: tensor(graph, 0).update(storage=1),
            "tensors[0].storage must be float32 or int8, but is 1",
        ),
        (lambda graph: tensor(graph, 0).update(pixels=2), "tensors[0].pixels must be 1, but is 2"),
        (lambda graph: tensor(graph, 0).update(dtype="float8"), 'must be an element type, but is "float8"'),
        (lambda graph: tensor(graph, 0).update(shape=[6.5]), "shape[0] must be an expression, but is 6.5"),
        (lambda graph: tensor(graph, 0).update(shape=["n"]), 'shape[0] must be an expression, but is "n"'),
        (lambda graph: tensor(graph, 0).update(shape=[["^", 2, 3]]), 'but is ["^",2,3]'),
        (lambda graph: tensor(graph, 0).update(shape=[["toString", 2]]), 'but is ["toString",2]'),
        (lambda graph: tensor(graph, 0).update(shape=[["select", 1, 2]]), 'but is ["select",1,2]'),
        (lambda graph: tensor(graph, 0).update(shape=[["+"]]), 'but is ["+"]'),
        (lambda graph: tensor(graph, 0).update(shape=[["floor", 2]]), 'but is ["floor",2]'),
        (lambda graph: tensor(graph, 0).update(shape=[["trunc", 2.5, 1]]), 'but is ["trunc",2.5,1]'),
        (lambda graph: graph.pop("constraints"), "constraints must be a list, but is missing"),
        (lambda graph: constrain(graph, relation="<"), "constraints[0].relation must be = or >= or 1 or ="),
        (lambda graph: constrain(graph, left="n"), "constraints[0].left must be an expression"),
        (
            lambda graph: graph.update(derived=[{"name": "a", "value": "b"}, {"name": "b", "value": 1}]),
            'derived[0].value must be an expression, but is "b"',
        ),
        (
            lambda graph: graph.update(derived=[{"name": "a", "value": 1}] * 2),
            "derived[1].name must be a name of its own",
        ),
        (
            lambda graph: tensor(graph, 0).update(axes=[[0], [], [], [0]]),
            "must be each axis of the shape once",
        ),
        (
            lambda graph: tensor(graph, 0).update(axes=[[1], [], [], []]),
            "must be each axis of the shape once",
        ),
        (
            lambda graph: draw(graph).update(program=9),
            "predict[0].program must be the index of a program, but is 9",
        ),
        (
            lambda graph: draw(graph).update(inputs=[0]),
            "inputs must be a list of 2 tensors, one for each sampler",
        ),
        (
            lambda graph: draw(graph).update(inputs=[0, 77]),
            "predict[0].inputs[1] must be the index of a tensor",
        ),
        (
            lambda graph: draw(graph).update(inputs=[0, -1]),
            "predict[0].inputs[1] must be the index of a tensor",
        ),
        (lambda graph: draw(graph).update(inputs=[0, 1]), "inputs[1] must be a tensor that is filled before"),
        (
            lambda graph: draw(graph).update(output=0),
            "predict[0].output must be a tensor that nothing else fills",
        ),
        (lambda graph: draw(graph).update(floats=["infinite"]), "floats[0] must be an expression"),
        (lambda graph: draw(graph).update(floats=[None]), "floats[0] must be an expression, but is null"),
        (
            lambda graph: tensor(graph, 0).update(lifetime=[-1, -1]),
            "must be a tensor with a fitting lifetime",
        ),
        (lambda graph: tensor(graph, 1).update(lifetime=[1, 1]), "must be a tensor with a fitting lifetime"),
        (lambda graph: tensor(graph, 1).pop("lifetime"), "output must be a tensor with a fitting lifetime"),
        (
            lambda graph: graph["inputs"][0].update(tensor=99),
            "inputs[0].tensor must be the index of a tensor",
        ),
        (lambda graph: graph["inputs"][0].update(tensor=2), "must be a tensor that nothing else fills"),
        (
            lambda graph: graph["outputs"][0].update(tensor=-1),
            "outputs[0].tensor must be the index of a tensor",
        ),
        (
            lambda graph: graph["weights"][0]["parts"][0].update(file="other"),
            "weights[0].parts[0].file must be",
        ),
        *(
            (lambda graph, name=name: rename(graph, name), "files[0].name must be a name of letters,")
            for name in LEAVING_NAMES
        ),
        (lambda graph: graph["files"].append({"name": "a/b", "bytes": 1, "sha256": ""}), "files[1].name"),
        (
            lambda graph: graph["files"][0].update(bytes=2**53 - 1),
            "files[0].bytes must be at most",
        ),
        (lambda graph: graph["files"][0].update(bytes=-1), "files[0].bytes must be an integer of at least 0"),
        (
            lambda graph: graph["weights"].clear(),
            "inputs[1] must be a tensor that is filled before, but is 2",
        ),
    ],
)
def test_damage_in_graph_json_is_refused_with_its_place(
    module_page: Page,
    serve: Serve,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    expected: str,
) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, change)
    message = load_error(module_page, serve(tmp_path))
    assert "graph.json is" in message and expected in message


def test_output_that_is_a_blocked_image(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    alias_bundle(tmp_path)

    def apply(graph: dict[str, Any]) -> None:
        graph["outputs"][0].update(tensor=1)
        tensor(graph, 1)["lifetime"][1] = len(graph["plans"]["webgl2"]["entries"]["predict"])

    change_graph(tmp_path, apply)
    message = load_error(module_page, serve(tmp_path))
    assert "outputs[0].tensor must be a flat tensor or one of one pixel" in message


@pytest.mark.parametrize(
    ("index", "change", "expected"),
    [
        (
            2,
            {"alias": {"tensor": 9, "start": 8, "step": 8}},
            "alias.tensor must be the index of a tensor",
        ),
        (2, {"alias": {"tensor": 2, "start": 8, "step": 8}}, "with a texture of its own, but is 2"),
        (2, {"alias": {"tensor": 0, "start": 8, "step": 8}}, "of the same type and blocking"),
        (2, {"alias": {"tensor": 1, "start": 4, "step": 8}}, "start must be a multiple of 8, but is 4"),
        (2, {"alias": {"tensor": 1, "start": 8, "step": 6}}, "step must be a multiple of 8, but is 6"),
        (2, {"alias": {"tensor": 1, "start": -8, "step": 8}}, "start must be an integer of at least 0"),
        (2, {"alias": {"tensor": 1}}, "alias.start must be an integer of at least 0, but is missing"),
        (2, {"dtype": "int32"}, "of the same type and blocking"),
        (2, {"groups": 1}, "of the same type and blocking"),
        (2, {"pixels": 1}, "of the same type and blocking"),
        (2, {"lifetime": [0, 1]}, "tensors[2].lifetime must be absent from a tensor without a texture"),
        (1, {"lifetime": [0, 0]}, "predict[1].inputs[0] must be a tensor with a fitting lifetime"),
        (
            1,
            {"alias": {"tensor": 2, "start": 0, "step": 8}, "lifetime": None},
            "with a texture of its own, but is 2",
        ),
        (3, {"alias": {"tensor": 1, "start": 0, "step": 8}}, "of the same type and blocking"),
    ],
)
def test_damaged_aliases_are_refused(
    module_page: Page, serve: Serve, tmp_path: Path, index: int, change: dict[str, Any], expected: str
) -> None:
    alias_bundle(tmp_path)
    changed = {key: value for key, value in change.items() if value is not None}
    removed = change.keys() - changed.keys()

    def apply(graph: dict[str, Any]) -> None:
        tensor(graph, index).update(changed)
        for key in removed:
            tensor(graph, index).pop(key)

    change_graph(tmp_path, apply)
    message = load_error(module_page, serve(tmp_path))
    assert "graph.json is damaged" in message and expected in message


@pytest.mark.parametrize(
    "change", [{"shape": [3, 8, 2, 5]}, {"shape": [2, 8, 1, 5]}, {"shape": [2, 8, 2, 4]}]
)
def test_alias_beyond_its_holder(
    module_page: Page, serve: Serve, tmp_path: Path, change: dict[str, Any]
) -> None:
    """Extents may be symbolic, so that this is only known once there are inputs."""
    alias_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: tensor(graph, 2).update(change))
    with pytest.raises(Error, match="is not within the tensor"):
        run_bundle(module_page, serve(tmp_path), {"x": feed(np.ones((1, 24, 2, 5), np.float32))})


def test_numbers_too_large_for_json(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """JSON can write 1e999, which JavaScript reads as infinite."""
    add_bundle(tmp_path)
    graph = (tmp_path / "graph.json").read_text()
    (tmp_path / "graph.json").write_text(graph.replace('"floats": [2]', '"floats": [1e999]'))
    assert "floats[0] must be an expression" in load_error(module_page, serve(tmp_path))


def test_expressions_nested_without_end(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: draw(graph).update(floats=["here"]))
    path = tmp_path / "graph.json"
    path.write_text(path.read_text().replace('"here"', '["-",' * 100_000 + "1" + "]" * 100_000))
    message = load_error(module_page, serve(tmp_path))
    assert "floats[0] must be an expression, but is" in message and len(message) < 300


def test_draws_in_a_circle_are_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """Two draws that read each other's result."""
    builder = BundleBuilder()
    x, first, second = (builder.tensor([6], lifetime=[-1, 2]) for _ in range(3))
    program = builder.program(ADD_FLAT, ["a", "b"])
    builder.input("x", x)
    builder.draw(program, [x, second], first, floats=[1])
    builder.draw(program, [x, first], second, floats=[1])
    builder.output("y", second)
    builder.write(tmp_path)
    message = load_error(module_page, serve(tmp_path))
    expected = "plans.webgl2.entries.predict[0].inputs[1] must be a tensor that is filled before, but is 2"
    assert expected in message


def test_long_values_are_shortened_in_messages(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: graph.update(symbols={"long": "x" * 10_000}))
    message = load_error(module_page, serve(tmp_path))
    assert "symbols must be a list" in message and len(message) < 300


def tensor(graph: dict[str, Any], index: int) -> dict[str, Any]:
    """A tensor of the plan: x is 0, y is 1, w is 2."""
    return graph["plans"]["webgl2"]["tensors"][index]


def draw(graph: dict[str, Any]) -> dict[str, Any]:
    """The only draw."""
    return graph["plans"]["webgl2"]["entries"]["predict"][0]


def test_a_graph_that_is_not_json_is_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text('{"formatVersion": 2, "sym')
    assert "graph.json is not valid JSON" in load_error(module_page, serve(tmp_path))


@pytest.mark.parametrize("content", ["null", "[]", "7", '"text"'])
def test_json_that_is_no_graph(module_page: Page, serve: Serve, tmp_path: Path, content: str) -> None:
    (tmp_path / "graph.json").write_text(content)
    assert "not a Texelflow graph.json" in load_error(module_page, serve(tmp_path))


def test_html_page_instead_of_graph(module_page: Page, page_server: PageServer) -> None:
    """A development server that answers with its start page for whatever it does not have."""
    page_server.fixed["/fallback/graph.json"] = (200, "text/html", b"<!doctype html><p>Hello")
    message = load_error(module_page, page_server.url("/fallback/"))
    assert "is an HTML page, not a Texelflow graph.json" in message


def test_a_missing_graph_json_is_reported(module_page: Page, page_server: PageServer) -> None:
    message = load_error(module_page, page_server.url("/nowhere"))
    assert "/nowhere/graph.json" in message and "404" in message


@pytest.mark.parametrize(("status", "code"), [(403, "not-found"), (410, "not-found"), (503, "network")])
def test_answers_of_servers_have_their_error_codes(
    module_page: Page, page_server: PageServer, tmp_path: Path, status: int, code: str
) -> None:
    """A server that is busy may have the file another time."""
    page_server.fixed[f"/answer{status}/graph.json"] = (status, "text/plain", b"no")
    answer = module_page.evaluate(
        "(url) => texelflow.loadModel(url).catch(({code, message}) => [code, message])",
        page_server.url(f"/answer{status}/"),
    )
    assert answer[0] == code and answer[1].endswith(
        f"/graph.json cannot be fetched: the server answered {status}."
    )


def test_graph_that_breaks_off(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """The server ends within the file; and an abort meanwhile is told by its reason."""
    add_bundle(tmp_path)
    answer = module_page.evaluate(
        """async (url) => {
            const controller = new AbortController();
            const breaks = (before) => async (address) => new Response(new ReadableStream({
                pull(stream) { before(); stream.error(new TypeError('network error')); },
            }));
            const load = (options) => texelflow.loadModel(url, options)
                .catch((error) => error.code ? [error.code, error.message] : error);
            return [
                await load({fetch: breaks(() => {})}),
                await load({fetch: breaks(() => controller.abort('enough')), signal: controller.signal}),
            ];
        }""",
        serve(tmp_path),
    )
    assert answer[0][0] == "network" and "/graph.json cannot be fetched (" in answer[0][1]
    assert answer[1] == "enough"


def test_an_unreachable_server_is_a_network_error(module_page: Page) -> None:
    assert "cannot be fetched" in load_error(module_page, "http://127.0.0.1:9/model/")
