"""Bad bundles: one clear error each, never a hang."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle, alias_bundle, safetensors
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


def change_graph(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    graph = json.loads((folder / "graph.json").read_text())
    change(graph)
    (folder / "graph.json").write_text(json.dumps(graph))


@pytest.mark.parametrize(
    ("version", "remedy"), [(3, "Update the texelflow runtime"), (1, "Export the model again")]
)
def test_wrong_version(module_page: Page, serve: Serve, tmp_path: Path, version: int, remedy: str) -> None:
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
        (lambda graph: tensor(graph, 0).update(precise=1), "tensors[0].precise must be true, but is 1"),
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
            "run[0].program must be the index of a program, but is 9",
        ),
        (
            lambda graph: draw(graph).update(inputs=[0]),
            "inputs must be a list of 2 tensors, one for each sampler",
        ),
        (lambda graph: draw(graph).update(inputs=[0, 77]), "run[0].inputs[1] must be the index of a tensor"),
        (lambda graph: draw(graph).update(inputs=[0, -1]), "run[0].inputs[1] must be the index of a tensor"),
        (lambda graph: draw(graph).update(inputs=[0, 1]), "inputs[1] must be a tensor that is filled before"),
        (
            lambda graph: draw(graph).update(output=0),
            "run[0].output must be a tensor that nothing else fills",
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
def test_damaged_graph(
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
        tensor(graph, 1)["lifetime"][1] = len(graph["plans"]["webgl2"]["run"])

    change_graph(tmp_path, apply)
    message = load_error(module_page, serve(tmp_path))
    assert "outputs[0].tensor must be a flat tensor or one of one pixel" in message


@pytest.mark.parametrize(
    ("index", "change", "expected"),
    [
        (
            2,
            {"storage": {"tensor": 9, "start": 8, "step": 8}},
            "storage.tensor must be the index of a tensor",
        ),
        (2, {"storage": {"tensor": 2, "start": 8, "step": 8}}, "with a texture of its own, but is 2"),
        (2, {"storage": {"tensor": 0, "start": 8, "step": 8}}, "of the same type and blocking"),
        (2, {"storage": {"tensor": 1, "start": 4, "step": 8}}, "start must be a multiple of 8, but is 4"),
        (2, {"storage": {"tensor": 1, "start": 8, "step": 6}}, "step must be a multiple of 8, but is 6"),
        (2, {"storage": {"tensor": 1, "start": -8, "step": 8}}, "start must be an integer of at least 0"),
        (2, {"storage": {"tensor": 1}}, "storage.start must be an integer of at least 0, but is missing"),
        (2, {"dtype": "int32"}, "of the same type and blocking"),
        (2, {"groups": 1}, "of the same type and blocking"),
        (2, {"pixels": 1}, "of the same type and blocking"),
        (2, {"lifetime": [0, 1]}, "tensors[2].lifetime must be absent from a tensor without a texture"),
        (1, {"lifetime": [0, 0]}, "run[1].inputs[0] must be a tensor with a fitting lifetime"),
        (
            1,
            {"storage": {"tensor": 2, "start": 0, "step": 8}, "lifetime": None},
            "with a texture of its own, but is 2",
        ),
        (3, {"storage": {"tensor": 1, "start": 0, "step": 8}}, "of the same type and blocking"),
    ],
)
def test_damaged_alias(
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
def test_alias_beyond_its_storage(
    module_page: Page, serve: Serve, tmp_path: Path, change: dict[str, Any]
) -> None:
    """Extents may be symbolic, so that this is only known once there are inputs."""
    alias_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: tensor(graph, 2).update(change))
    with pytest.raises(Error, match="is not within its storage"):
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


def test_draws_in_a_circle(module_page: Page, serve: Serve, tmp_path: Path) -> None:
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
    assert "plans.webgl2.run[0].inputs[1] must be a tensor that is filled before, but is 2" in message


def test_long_values_are_cut(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: graph.update(symbols={"long": "x" * 10_000}))
    message = load_error(module_page, serve(tmp_path))
    assert "symbols must be a list" in message and len(message) < 300


def tensor(graph: dict[str, Any], index: int) -> dict[str, Any]:
    """A tensor of the plan: x is 0, y is 1, w is 2."""
    return graph["plans"]["webgl2"]["tensors"][index]


def draw(graph: dict[str, Any]) -> dict[str, Any]:
    """The only draw."""
    return graph["plans"]["webgl2"]["run"][0]


def test_not_json(module_page: Page, serve: Serve, tmp_path: Path) -> None:
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


def test_missing_graph(module_page: Page, page_server: PageServer) -> None:
    message = load_error(module_page, page_server.url("/nowhere"))
    assert "/nowhere/graph.json" in message and "404" in message


def test_unreachable_server(module_page: Page) -> None:
    assert "cannot be fetched" in load_error(module_page, "http://127.0.0.1:9/model/")


def test_missing_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    message = load_error(module_page, serve(tmp_path))
    assert WEIGHTS in message and "404" in message


def test_cut_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content[:-5])
    message = load_error(module_page, serve(tmp_path))
    assert f"{len(content)} bytes expected, {len(content) - 5} came" in message


def test_weights_too_long(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content + b"tail")
    assert f"{len(content)} bytes expected, more came" in load_error(module_page, serve(tmp_path))


def test_altered_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    message = load_error(module_page, serve(tmp_path))
    assert WEIGHTS in message and "altered" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "bytes expected, 0 came"),
        ((10**9).to_bytes(8, "little") + b"{}" * 30, "longer than the file"),
        ((16).to_bytes(8, "little") + b"no json at all!!" + b"\0" * 30, "not JSON"),
        (safetensors({"w.0": ("F8", [4], b"1234")}), "unknown type F8"),
        (safetensors({"w.0": ("constructor", [4], b"1234")}), "unknown type constructor"),
        (safetensors({"w.0": ("__proto__", [4], b"1234")}), "unknown type __proto__"),
        ((8).to_bytes(8, "little") + b"null    ", "its header is no JSON object"),
        (safetensors({"other": ("F32", [6], bytes(24))}), 'no tensor "w.0"'),
        (safetensors({"w.0": ("F32", [5], bytes(20))}), "5 elements"),
        (safetensors({"w.0": ("I32", [6], bytes(24))}), "stored as int32"),
        (safetensors({"w.0": ("F32", [6], bytes(23))}), "extent"),
    ],
)
def test_damaged_weights(
    module_page: Page, serve: Serve, tmp_path: Path, content: bytes, expected: str
) -> None:
    add_bundle(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(content)
    if content:
        change_graph(tmp_path, lambda graph: graph["files"][0].update(bytes=len(content)))
    assert expected in load_error(module_page, serve(tmp_path))


def test_weight_out_of_32_bits(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.array([1, 2**40]), dtype="int64")
    assert "1099511627776" in load_error(module_page, serve(tmp_path))


def test_shader_that_does_not_compile(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    change_graph(
        tmp_path,
        lambda graph: graph["plans"]["webgl2"]["programs"][0].update(
            source=ADD_FLAT.replace("void main", "mistake;\nvoid main")
        ),
    )
    message = load_error(module_page, serve(tmp_path))
    assert 'Program "add" of node «n1 Test» does not compile' in message
    assert "| mistake;" in message and "'mistake'" in message


def test_page_without_hashing_checks_byte_counts(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A page on plain http has no crypto.subtle."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    page.evaluate("() => Object.defineProperty(crypto, 'subtle', {value: undefined})")
    answer = run_bundle(page, url, {"x": feed(np.ones(6, np.float32))})
    assert answer["device"]["integrity"] == "byte count"
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-1])
    assert "bytes expected" in load_error(page, url)


def test_missing_blob(module_page: Page) -> None:
    message = module_page.evaluate(
        "() => texelflow.loadModel(new Map([['a.txt', new Blob(['hi'])]])).catch((error) => error.message)"
    )
    assert "no file graph.json" in message and "a.txt" in message


def test_abort(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    url = serve(tmp_path)
    assert "AbortError" in load_error(module_page, url, "{signal: AbortSignal.abort()}")
    outcome = module_page.evaluate(
        """async (url) => {
            const controller = new AbortController();
            const onProgress = ({phase}) => { if (phase !== 'ready') controller.abort(new Error('enough')); };
            return texelflow.loadModel(url, {signal: controller.signal, onProgress}).catch((e) => e.message);
        }""",
        url,
    )
    assert outcome == "enough"


def test_stalled_download_can_be_aborted(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """A server that sends half a file and then nothing."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    outcome = module_page.evaluate(
        """async (url) => {
            const original = globalThis.fetch;
            globalThis.fetch = async (address, options) => {
                if (!String(address).endsWith('safetensors')) return original(address, options);
                return new Response(new ReadableStream({start: (c) => c.enqueue(new Uint8Array(7))}));
            };
            try {
                const signal = AbortSignal.timeout(300);
                return await texelflow.loadModel(url, {signal}).catch((error) => String(error));
            } finally {
                globalThis.fetch = original;
            }
        }""",
        url,
    )
    assert outcome.startswith("TimeoutError")
