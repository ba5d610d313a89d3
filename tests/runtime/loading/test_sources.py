"""Where bundles come from: addresses with queries, other ways to fetch, files, and stale caches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

RUN = """
    const run = async (model) => {
        const {y} = await model.run({x: new texelflow.Tensor('float32', [6], new Float32Array(6))});
        return Array.from(y.data);
    };
"""
RESULT = [1, 3, 5, 7, 9, 11]


@pytest.mark.parametrize("address", ["?token=a%20b", "/?token=a%20b", "/graph.json?token=a%20b"])
def test_a_query_goes_along_to_every_file(page: Page, serve: Serve, tmp_path: Path, address: str) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RUN
        + """
            const asked = [];
            const model = await texelflow.loadModel(url, {
                fetch: (target, options) => {
                    asked.push(target);
                    return fetch(target, {...options, headers: {'X-Token': 'b'}});
                },
            });
            return {asked: asked.map((target) => target.split('/').pop()), y: await run(model)};
        }""",
        serve(tmp_path) + address,
    )
    names = ["graph.json", "weights-1.safetensors"]
    assert answer == {"asked": [f"{name}?token=a%20b" for name in names], "y": RESULT}


def test_a_list_of_files_is_a_bundle(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RUN
        + """
            const files = [];
            for (const name of ['graph.json', 'weights-1.safetensors']) {
                files.push(new File([await (await fetch(url + '/' + name)).blob()], name));
            }
            const chosen = new DataTransfer();
            for (const file of files) chosen.items.add(file);
            const missing = await texelflow.loadModel([files[1]]).catch((error) => error.message);
            return [await run(await texelflow.loadModel(files)),
                await run(await texelflow.loadModel(chosen.files)), missing];
        }""",
        serve(tmp_path),
    )
    assert answer[:2] == [RESULT, RESULT]
    assert "no file graph.json" in answer[2]


@pytest.mark.parametrize(
    ("source", "came"),
    [
        ("undefined", "undefined"),
        ("null", "null"),
        ("5", "5"),
        ("{}", "[object Object]"),
        ("new Blob(['x'])", "[object Blob]"),
        ("new Request('/bundle/')", "[object Request]"),
        ("['bundle/']", "a list of something else"),
        ("[null]", "a list of something else"),
        ("new Map([['graph.json', '{}']])", "a list of something else"),
    ],
)
def test_invalid_sources_are_refused(module_page: Page, source: str, came: str) -> None:
    answer = module_page.evaluate(
        f"texelflow.loadModel({source}).then(() => null, ({{code, message}}) => [code, message])"
    )
    assert answer[0] == "option"
    assert answer[1].endswith(f"address of a bundle's folder was expected, or its files, but {came} came.")


def test_workers_of_blobs_take_addresses_of_the_site(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {
            const source = `import {loadModel, Tensor} from '${location.origin}/dist/texelflow.js';
                loadModel('${new URL(url).pathname}/').then(async (model) => {
                    const {y} = await model.run({x: new Tensor('float32', [6], new Float32Array(6))});
                    postMessage(Array.from(y.data));
                }).catch((error) => postMessage(error.message));`;
            const script = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
            const worker = new Worker(script, {type: 'module'});
            return new Promise((resolve) => { worker.onmessage = ({data}) => resolve(data); });
        }""",
        serve(tmp_path),
    )
    assert answer == RESULT


STALE = """
    const stale = (weights, isStale) => (target, options) =>
        target.endsWith('safetensors') && isStale(options)
            ? Promise.resolve(new Response(weights))
            : fetch(target, options);
"""


def test_an_old_file_in_the_cache_is_asked_for_again(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Of another content, or of another length: a bundle was replaced under the same address."""
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RUN
        + STALE
        + """
            const right = new Uint8Array(await (await fetch(url + '/weights-1.safetensors')).arrayBuffer());
            const altered = right.slice();
            altered[altered.length - 1] ^= 1;
            const results = [];
            for (const weights of [altered, right.slice(0, -4)]) {
                const model = await texelflow.loadModel(url, {
                    fetch: stale(weights, ({cache}) => cache !== 'reload'),
                });
                results.push(await run(model));
                results.push(await texelflow.loadModel(url, {fetch: stale(weights, () => true)})
                    .catch((error) => error.message));
            }
            return results;
        }""",
        serve(tmp_path),
    )
    assert answer[0] == answer[2] == RESULT
    assert "was altered" in answer[1] and "is not the file" in answer[3]


def test_a_body_that_breaks_off_names_the_file(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    message = page.evaluate(
        """(url) => texelflow.loadModel(url, {
            fetch: async (target, options) => {
                const response = await fetch(target, options);
                if (!target.endsWith('safetensors')) return response;
                const bytes = new Uint8Array(await response.arrayBuffer());
                let sent = false;
                return new Response(new ReadableStream({
                    pull(controller) {
                        if (sent) return controller.error(new TypeError('network error'));
                        sent = true;
                        controller.enqueue(bytes.subarray(0, 20));
                    },
                }));
            },
        }).then(() => 'NO ERROR', (error) => error.message)""",
        serve(tmp_path),
    )
    assert "weights-1.safetensors broke off after 20 of" in message and "Check the connection" in message


def test_data_of_another_frame(page: Page) -> None:
    answer = page.evaluate(
        """() => {
            const frame = document.createElement('iframe');
            document.body.append(frame);
            const other = frame.contentWindow;
            const {Tensor} = texelflow;
            const results = [
                new Tensor('float32', [2], new other.Float32Array([1.5, 2])),
                new Tensor('int64', [1], new other.BigInt64Array([7n])),
            ].map(({data}) => [data.constructor === globalThis[data.constructor.name], Number(data[0])]);
            const {Float16Array = null} = globalThis;
            const half = Float16Array && new Tensor('float16', [1], new Float16Array([1])).data[0];
            let message = '';
            const wrong = new other.Float64Array(1);
            try { new Tensor('float32', [1], wrong); } catch (error) { message = error.message; }
            frame.remove();
            return {results, half, message};
        }"""
    )
    assert answer["results"] == [[True, 1.5], [True, 7]]
    assert answer["half"] in (None, 0x3C00)
    assert "must be a Float32Array, not a Float64Array" in answer["message"]


def test_data_as_an_array_that_types_know(page: Page) -> None:
    answer = page.evaluate(
        """() => {
            const {Tensor} = texelflow;
            const float32 = new Tensor('float32', [2], new Float32Array([1.5, 2]));
            let message = '';
            try { float32.as('int32'); } catch (error) { message = error.message; }
            const other = [
                new Tensor('float16', [1], new Uint16Array([0x3e00])),
                new Tensor('float64', [1], new Float64Array([2.5])),
                new Tensor('int64', [1], new BigInt64Array([-3n])),
                new Tensor('bool', [1], new Uint8Array([1])),
            ].map((tensor) => tensor.as('float32')[0]);
            return {same: float32.as('float32') === float32.data, message, other};
        }"""
    )
    assert answer["same"] and "float32, not int32" in answer["message"]
    assert answer["other"] == [1.5, 2.5, -3, 1]
