"""An app downloads what it uses of the package, and no more, by each bundler."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from browser_support import REPOSITORY

SCRIPT = Path(__file__).with_name("shake.mjs")

PAGES = {
    # Whose value nobody uses: an import alone does nothing.
    "nothing": (
        'import "texelflow/ends"; import { loadModel } from "texelflow"; import "texelflow/pipeline";',
        20,
    ),
    "softmax": ('import { softmax } from "texelflow/ends"; console.log(softmax([1, 2]));', 250),
    "tensors": (
        'import { Tensor } from "texelflow"; console.log(new Tensor("int8", [1], new Int8Array(1)));',
        1_600,
    ),
    "a model": ('import { loadModel } from "texelflow"; console.log(await loadModel("bundle/"));', 26_500),
    "a model in a worker": (
        'import { loadModel } from "texelflow/worker"; console.log(await loadModel("bundle/"));',
        30_000,
    ),
    "a task": (
        'import { pipeline } from "texelflow/pipeline"; console.log(pipeline("image-to-image", "bundle/"));',
        42_000,
    ),
}
"""By name, a page, and the bytes with brotli that it may load before a part is needed."""


def test_sizes(app: Path) -> None:
    cases = json.dumps({name: code for name, (code, _) in PAGES.items()})
    run = subprocess.run(
        ["node", SCRIPT, REPOSITORY, cases], cwd=app, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    for name, sizes in json.loads(run.stdout.splitlines()[-1]).items():
        _, limit = PAGES[name]
        assert {"esbuild", "rollup"} <= sizes.keys()
        # That nothing is measured would be no news.
        least = 0 if name == "nothing" else limit / 2
        assert all(least <= size <= limit for size in sizes.values()), (name, sizes)
