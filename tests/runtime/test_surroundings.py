"""Pages unlike the usual one: with a base, in frames, isolated, with many contexts, or two copies of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Page

from browser_support import REPOSITORY, PageServer

ENTRIES = ("texelflow.js", "texelflow.worker.js")

USE = """
const x = (value = 0) => ({dtype: 'float32', shape: [6], data: new Float32Array(6).fill(value)});
const use = async (address, bundle) => {
    const model = await (await import(address)).loadModel(bundle);
    const {y} = await model.run({x: x()});
    model.dispose();
    return [...y.data];
};
"""
Y = [1, 3, 5, 7, 9, 11]
"""2·(x + i + 1/2) of zeros."""


@pytest.fixture(scope="module")
def servers(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[PageServer]]:
    """That of the page, and another whose files any page may read; both have the runtime and the bundle."""
    folder = tmp_path_factory.mktemp("site")
    add_bundle(folder / "app" / "bundle")
    other = PageServer(is_open=True)
    other.mount("/dist", REPOSITORY / "dist")
    for server in (page_server, other):
        server.mount("/surroundings", folder)
    yield [page_server, other]
    other.close()


@pytest.fixture
def opened(blank_page: Page, page_server: PageServer) -> Callable[..., Any]:
    """Opens a page of some content; gives what the body of a function gives there."""

    def open_page(content: str, body: str, argument: object = None) -> Any:
        page_server.fixed["/deep/page.html"] = (200, "text/html", f"<!doctype html>{content}".encode())
        blank_page.goto(page_server.url("/deep/page.html"))
        return blank_page.evaluate(f"async (given) => {{ {USE} {body} }}", argument)

    return open_page


FRAME = """
    const frame = document.createElement('iframe');
    if (given.sandbox) frame.sandbox = given.sandbox;
    const answer = new Promise((resolve) => addEventListener('message', ({data}) => resolve(data)));
    frame.srcdoc = `<script type="module">${given.use}
        const each = (entry) => use('${given.server}/dist/' + entry, '${given.bundle}');
        const told = Promise.all(['texelflow.js', 'texelflow.worker.js'].map(each));
        parent.postMessage(await told.catch((error) => String(error)), '*');<` + `/script>`;
    document.body.append(frame);
    return answer;
"""


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize("entry", ENTRIES)
def test_addresses_are_relative_to_the_base(opened: Callable[..., Any], entry: str) -> None:
    """As those of fetch are: pages of Angular have a `<base>`, and many routes."""
    base = '<base href="/surroundings/app/">'
    assert opened(base, "return use(given, 'bundle/')", f"/dist/{entry}") == Y


def test_a_frame_without_an_address(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    given = {"use": USE, "server": servers[0].url(""), "bundle": "../surroundings/app/bundle"}
    assert opened("", FRAME, given) == [Y, Y]


def test_a_frame_in_a_sandbox(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    """It is of no server, so that every other one has to let it read, and starts no worker from there."""
    url = servers[1].url("")
    given = {
        "use": USE,
        "server": url,
        "bundle": f"{url}/surroundings/app/bundle",
        "sandbox": "allow-scripts",
    }
    assert opened("", FRAME, given) == [Y, Y]


def test_a_shared_worker(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    body = """
        const code = `${given.use} onconnect = ({ports: [port]}) =>
            use('${given.server}/dist/texelflow.js', '/surroundings/app/bundle').then(
                (y) => port.postMessage(y), (error) => port.postMessage(String(error)));`;
        const url = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
        const {port} = new SharedWorker(url, {type: 'module'});
        return new Promise((resolve) => { port.onmessage = ({data}) => resolve(data); });
    """
    assert opened("", body, {"use": USE, "server": servers[0].url("")}) == Y


def test_two_copies_on_a_page(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    """They take each other's tensors; those on a GPU they refuse, of which each has a context."""
    servers[0].mount("/copy", REPOSITORY / "dist")
    body = """
        const [own, other] = [await import('/dist/texelflow.js'), await import('/copy/texelflow.js')];
        const [model, another] = [await own.loadModel(given), await other.loadModel(given)];
        const zeros = new own.Tensor('float32', [6], new Float32Array(6));
        const {y} = await another.run({x: zeros});
        const crossed = (await model.run({x: y})).y;
        const kept = (await model.run({x: x(5)}, {keep: ['y']})).y;
        const refused = await another.run({x: kept}).then(({y}) => y, (error) => error);
        const worker = await (await import('/dist/texelflow.worker.js')).loadModel(given);
        const away = await worker.run({x: kept}).catch((error) => error);
        const read = (await another.run({x: await kept.read()})).y;
        return [own === other, [...crossed.data], refused.code, refused.message, away.code, [...read.data]];
    """
    answer = opened("", body, "/surroundings/app/bundle")
    assert answer[:3] == [False, [2 * (y + i) + 1 for i, y in enumerate(Y)], "input"]
    assert "read()" in answer[3] and answer[4] == "input"
    assert answer[5] == [2 * (2 * (5 + i) + 1 + i) + 1 for i in range(6)]


def test_a_page_that_is_isolated(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    """COOP and COEP: the worker's script says the same; bundles may come from servers that let pages read."""
    own, other = servers
    isolation = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
    body = """
        const shared = await use('/dist/texelflow.worker.js', given);
        return [crossOriginIsolated, shared, await use('/dist/texelflow.js', given)];
    """
    bundle = other.url("/surroundings/app/bundle")
    try:
        own.headers.update({"/deep/": isolation, "/dist/texelflow.thread.js": isolation})
        assert opened("", body, bundle) == [True, Y, Y]
    finally:
        for prefix in ("/deep/", "/dist/texelflow.thread.js"):
            del own.headers[prefix]


def test_a_page_with_many_contexts(opened: Callable[..., Any], servers: list[PageServer]) -> None:
    """Browsers take the oldest away, which is the model's: it begins anew, in the latest."""
    body = """
        const {loadModel} = await import('/dist/texelflow.js');
        const model = await loadModel(given);
        const numbers = [(await model.run({x: x()})).y.data];
        const made = () => document.createElement('canvas').getContext('webgl2');
        const contexts = Array.from({length: 16}, made);
        for (let i = 0; i < 2; i++) numbers.push((await model.run({x: x()})).y.data);
        return [numbers.map((each) => [...each]), contexts.filter((gl) => gl.isContextLost()).length];
    """
    assert opened("", body, "/surroundings/app/bundle") == [[Y, Y, Y], 1]
