"""Bundles that the page keeps: by content, without network, and whatever the storage does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Browser, Page

from browser_support import REPOSITORY, PageServer, open_runtime_page

Serve = Callable[[Path], str]

RESULT = [1, 3, 5, 7, 9, 11]
WEIGHTS = "weights-1.safetensors"
HELPERS = """
    const load = (options) => texelflow.loadModel(url, {cache: true, ...options});
    const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
    const run = async (model) => Array.from((await model.run({x})).y.data);
    const failed = (promise) => promise.then(() => 'NO ERROR', (error) => error.code ?? error.message);
    const keys = async () => (await (await caches.open('texelflow')).keys()).map(({url}) => url);
    const later = () => new Promise((resolve) => setTimeout(resolve, 5));
    const kept = async (count) => { while ((await keys()).length !== count) await later(); };
"""


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what the body of a function of the page gives."""
    return page.evaluate(f"async (url) => {{ {HELPERS} {body} }}", url)


@pytest.fixture
def own_server() -> Iterator[PageServer]:
    """A server that a test may stop."""
    server = PageServer()
    server.mount("/dist", REPOSITORY / "dist")
    yield server
    server.close()


def stop(server: PageServer) -> None:
    """Let a server answer nobody any more, on connections that are open neither."""

    def refuse(path: str) -> tuple[int, str, bytes]:
        raise ConnectionAbortedError(path)

    server.answer = refuse
    server.server.shutdown()
    server.server.socket.close()


def test_contents_are_downloaded_once(
    own_page: Page, page_server: PageServer, serve: Serve, tmp_path: Path
) -> None:
    """Also from another address; graph.json is asked for each time."""
    for name in "ab":
        add_bundle(tmp_path / name)
    urls = [serve(tmp_path / name) for name in "ab"]
    first = len(page_server.requests)
    results = [
        evaluate(own_page, urls[0], "const y = await run(await load()); await kept(2); return y;"),
        evaluate(own_page, urls[0], "return run(await load())"),
        evaluate(own_page, urls[1], "return run(await load({streaming: true}))"),
    ]
    assert results == [RESULT] * 3
    asked = [path.rpartition("/")[2] for path in page_server.requests[first:]]
    assert asked.count(WEIGHTS) == 1 and asked.count("graph.json") == 3
    assert asked.count("texelflow.cache.js") == 1


def test_without_the_option_nothing_is_kept(own_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rpartition("/")[2]))
    answer = evaluate(
        own_page, serve(tmp_path), "return [await run(await texelflow.loadModel(url)), await caches.keys()]"
    )
    assert answer == [RESULT, []]
    assert "texelflow.cache.js" not in requested


def test_it_loads_and_is_restored_without_network(
    browser: Browser, own_server: PageServer, tmp_path: Path
) -> None:
    add_bundle(tmp_path)
    url = own_server.mount("/bundle", tmp_path)
    context = browser.new_context()
    page = open_runtime_page(context, own_server)
    evaluate(page, url, "globalThis.model = await load(); await kept(2); await run(model)")
    stop(own_server)
    answer = evaluate(
        page,
        url,
        """
        const plain = await failed(texelflow.loadModel(url));
        const unknown = await failed(texelflow.loadModel(url + '/other', {cache: true}));
        const again = await run(await load());
        const {gl} = model.loadedModel.context;
        gl.getExtension('WEBGL_lose_context').loseContext();
        return {plain, unknown, again, restored: await run(model)};
        """,
    )
    context.close()
    assert answer == {"plain": "network", "again": RESULT, "restored": RESULT, "unknown": "network"}


def test_what_is_damaged_in_the_storage_is_replaced(own_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = evaluate(
        own_page,
        serve(tmp_path),
        """
        await load();
        await kept(2);
        const cache = await caches.open('texelflow');
        const key = (await keys()).find((name) => name.includes('sha256'));
        const bytes = async () => new Uint8Array(await (await cache.match(key)).arrayBuffer());
        const right = await bytes();
        const wrong = right.slice();
        wrong[wrong.length - 1] ^= 1;
        await cache.put(key, new Response(wrong));
        const y = await run(await load());
        while ((await bytes()).join() !== right.join()) await later();
        return y;
        """,
    )
    assert answer == RESULT


@pytest.mark.parametrize(
    "harm",
    [
        "Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))",
        "Cache.prototype.match = () => Promise.reject(new DOMException('broken', 'UnknownError'))",
        "CacheStorage.prototype.open = () => Promise.reject(new DOMException('no', 'SecurityError'))",
        "delete Object.getPrototypeOf(globalThis).caches; delete globalThis.caches; "
        "const get = () => { throw new DOMException('no', 'SecurityError'); };"
        "Object.defineProperty(globalThis, 'caches', {get})",
    ],
    ids=["full", "broken", "forbidden", "absent"],
)
def test_no_storage_fails_no_load(own_page: Page, serve: Serve, tmp_path: Path, harm: str) -> None:
    add_bundle(tmp_path)
    answer = evaluate(
        own_page,
        serve(tmp_path),
        f"""
        const unhandled = [];
        addEventListener('unhandledrejection', ({{reason}}) => unhandled.push(String(reason)));
        {harm};
        const results = [await run(await load()), await run(await load())];
        await new Promise((resolve) => setTimeout(resolve, 50));
        return {{results, unhandled}};
        """,
    )
    assert answer == {"results": [RESULT, RESULT], "unhandled": []}


def test_contents_that_no_bundle_names_are_deleted(own_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path / "other")
    other = serve(tmp_path / "other")
    evaluate(own_page, other, "await load(); await kept(2)")
    add_bundle(tmp_path / "other", np.full(6, 2, np.float32))
    answer = evaluate(
        own_page,
        other,
        """
        const before = (await keys()).filter((name) => name.includes('sha256'));
        const y = await run(await load());
        const contents = async () => (await keys()).filter((name) => name.includes('sha256'));
        while ((await contents()).length !== 1 || (await contents())[0] === before[0]) {
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return y;
        """,
    )
    assert answer == [4] * 6


def test_a_page_in_place_of_the_bundle_displaces_nothing(
    browser: Browser, own_server: PageServer, tmp_path: Path
) -> None:
    """As networks give where one has to log in first."""
    add_bundle(tmp_path)
    url = own_server.mount("/bundle", tmp_path)
    context = browser.new_context()
    page = open_runtime_page(context, own_server)
    evaluate(page, url, "await load(); await kept(2)")
    own_server.fixed["/bundle/graph.json"] = (200, "text/html", b"<!doctype html>Log in")
    assert evaluate(page, url, "return failed(load())") == "damaged"
    stop(own_server)
    assert evaluate(page, url, "return run(await load())") == RESULT
    context.close()
