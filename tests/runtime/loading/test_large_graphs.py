"""A graph.json of many names is checked in time that grows with them, and no faster."""

from __future__ import annotations

import json
from pathlib import Path

from bundle_builder import add_bundle
from playwright.sync_api import Page

FEW, MANY = 10_000, 80_000


def test_many_names(page: Page, tmp_path: Path) -> None:
    """Eight times the names take eight times as long, not sixty-four times."""
    add_bundle(tmp_path)
    files = {path.name: list(path.read_bytes()) for path in tmp_path.iterdir()}
    graph = json.loads((tmp_path / "graph.json").read_text())
    took = page.evaluate(
        """async ([files, graph, counts]) => {
            const blobOf = (bytes) => new Blob([Uint8Array.from(bytes)]);
            const blobs = Object.entries(files).map(([name, bytes]) => [name, blobOf(bytes)]);
            const load = async (count) => {
                const names = Array.from({length: count}, (_, index) => index);
                const valueOf = (index) => (index ? ["+", `d${index - 1}`, 1] : 1);
                const derived = names.map((index) => ({name: `d${index}`, value: valueOf(index)}));
                const content = JSON.stringify({...graph, derived: [...graph.derived, ...derived]});
                const began = performance.now();
                const files = new Map([...blobs, ["graph.json", new Blob([content])]]);
                const model = await texelflow.loadModel(files);
                const took = performance.now() - began;
                model.dispose();
                return took;
            };
            await load(1);
            const took = [];
            for (const count of counts) took.push(Math.min(await load(count), await load(count)));
            return took;
        }""",
        [files, graph, [FEW, MANY]],
    )
    assert took[1] < 30 * took[0], took
