"""The package's entries: the runtime, its extras for verification, the profiler, and the classic script."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from bundle_builder import add_bundle
from playwright.sync_api import Page

from browser_support import REPOSITORY

Serve = Callable[[Path], str]

LOAD = """
    const load = async (api, url) => {
        const model = await api.loadModel(url);
        const x = new api.Tensor('float32', [6], new Float32Array(6));
        return {model, x, y: (await model.run({x})).y};
    };
"""


def test_the_runtime_is_one_file(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.goto(page.url)
    scripts = page.evaluate(
        "async (url) => {"
        + LOAD
        + """
            await load(await import('/dist/texelflow.js'), url);
            const requests = performance.getEntriesByType('resource').map(({name}) => name);
            return requests.filter((name) => name.endsWith('.js')).map((name) => name.split('/').pop());
        }""",
        serve(tmp_path),
    )
    assert scripts == ["texelflow.js"]


def test_extras_work_on_models_of_either_entry(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        "async (url) => {"
        + LOAD
        + """
            const plain = await import('/dist/texelflow.js');
            const [own, other] = [await load(texelflow, url), await load(plain, url)];
            const [layer] = await texelflow.runWithIntermediates(other.model, {x: own.x});
            // What one entry made, the other takes.
            const {y} = await own.model.run({x: layer.tensor});
            const wrong = await other.model.profile({x: own.x}, {runs: 0}).catch((error) => error);
            return {
                layer: Array.from(layer.data), y: Array.from(y.data), first: Array.from(other.y.data),
                draws: [own, other].map(({model}) => texelflow.statistics(model).draws),
                created: texelflow.statistics(other.model).created.programs,
                sameError: wrong instanceof texelflow.TexelflowError && wrong instanceof plain.TexelflowError,
            };
        }""",
        serve(tmp_path),
    )
    # y = 2·(x + i + 1/2)
    assert answer["layer"] == answer["first"] == [1, 3, 5, 7, 9, 11]
    assert answer["y"] == [3, 9, 15, 21, 27, 33]
    assert answer["draws"] == [1, 1] and answer["sameError"]
    assert answer["created"] == 2, "both entries share one context: the self-test's program and the model's"


def test_script(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        "async (url) => {"
        + LOAD
        + """
            delete globalThis.texelflow;
            const script = document.createElement('script');
            script.src = '/dist/texelflow.iife.js';
            const loaded = new Promise((resolve) => { script.onload = resolve; });
            document.head.append(script);
            await loaded;
            const names = Object.keys(globalThis.texelflow).sort();
            const {model, x, y} = await load(globalThis.texelflow, url);
            const {draws} = await model.profile({x}, {runs: 1});
            return [names, Array.from(y.data), draws.length];
        }""",
        serve(tmp_path),
    )
    assert answer == [["Tensor", "TexelflowError", "loadModel"], [1, 3, 5, 7, 9, 11], 1]


def test_script_imported_from_the_package(tmp_path: Path) -> None:
    """Neither the scope of modules nor a bundler that leaves out what nobody uses loses the global."""
    code = 'import "texelflow/iife"; console.log(Object.keys(texelflow).sort().join());'
    bundler = [REPOSITORY / "node_modules/.bin/esbuild", "--bundle", "--format=esm", "--log-level=warning"]
    bundled = subprocess.run(bundler, input=code, capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert bundled.stderr == ""
    for program in (code, bundled.stdout):
        node = ["node", "--input-type=module"]
        ran = subprocess.run(node, input=program, capture_output=True, text=True, cwd=REPOSITORY, check=True)
        assert ran.stdout == "Tensor,TexelflowError,loadModel\n"
