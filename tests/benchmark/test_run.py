"""The benchmark from end to end, on a tiny net and Texelflow alone; and the server that it uses."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from brotli_server import BrotliFiles, brotli_server

SCRIPT = Path(__file__).resolve().parent / "run_tiny_net.py"


def test_all_passes_on_a_tiny_net(tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    done = subprocess.run(
        [
            *(sys.executable, str(SCRIPT), str(tmp_path / "folder")),
            *("--nets", "tiny", "--peers", "texelflow", "--quick", "--output", str(output)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "GL objects created by a run" in done.stdout
    report = json.loads(output.read_text(encoding="utf-8"))
    net = report["nets"]["tiny"]
    assert net["weightBytes"] == 4 * (8 * 27 + 8 + 4 * 8 + 4)
    measured = net["runtimes"]["texelflow"]

    counts = measured["counts"]
    # The input is copied into blocks, and the result out of them.
    assert counts["run"] == counts["run"] | {"draws": 4, "programs": 0, "objects": 0, "arrays": 1}
    assert 2 <= counts["programs"] <= 12
    sizes = counts["bytes"]
    # The script is sent with brotli, the weights as they are.
    assert sizes["runtime"]["transferred"] < 0.5 * sizes["runtime"]["decoded"]
    bundle = tmp_path / "folder" / "nets" / "tiny" / "bundle"
    weights, graph = (bundle / name for name in ("weights.safetensors", "graph.json"))
    assert sizes["model"]["decoded"] == weights.stat().st_size + graph.stat().st_size
    assert net["graphBytes"] < sizes["model"]["transferred"] - weights.stat().st_size < graph.stat().st_size
    assert counts["memory"]["peak"] > net["weightBytes"]

    assert net["shaderBytes"] < net["graphBytes"]

    runtimes = net["runtimes"]
    assert {name: list(passes) for name, passes in runtimes.items() if name != "texelflow"} == {
        "texelflow-nonblocking": ["steady"],
        "texelflow-whole": ["throttled"],
    }
    for name in ("texelflow", "texelflow-nonblocking"):
        steady = runtimes[name]["steady"]
        assert 0 < steady["error"] < 1e-5
        assert len(steady["steady"]) == 3
    assert len(net["order"]["steady"]) == 1 + 3
    assert sorted(net["order"]["throttled"][0]) == ["texelflow", "texelflow-whole"]
    starts = [*measured["local"], *measured["throttled"], *runtimes["texelflow-whole"]["throttled"]]
    assert len(starts) == 3
    for start in starts:
        assert 0 < start["error"] < 1e-5
        assert 0 < start["lastByte"] < start["loaded"] < start["firstResult"] < start["seenFromOutside"]
        assert start["timings"]["firstRun"] > 0


def test_wrong_names_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "unused", "--nets", "tiny,none"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert "unknown: none; there are mobilenetv2" in done.stderr


def test_the_server_compresses_text_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    script = "export const answer = 42;\n" * 100
    (folder / "answer.mjs").write_text(script, encoding="utf-8")
    (folder / "weights.bin").write_bytes(gzip.compress(script.encode()))
    files = BrotliFiles(tmp_path / "copies")
    files.add([folder])
    with brotli_server([("/", folder)], files) as url:
        plain = fetch(f"{url}/answer.mjs", "gzip")
        compressed = fetch(f"{url}/answer.mjs", "gzip, br")
        weights = fetch(f"{url}/weights.bin", "gzip, br")
    assert plain == (None, "text/javascript", script.encode())
    assert compressed[:2] == ("br", "text/javascript")
    assert len(compressed[2]) < 100
    assert weights[0] is None
    assert weights[2] == (folder / "weights.bin").read_bytes()


def fetch(url: str, accepted: str) -> tuple[str | None, str, bytes]:
    """Content encoding, content type and body of an answer."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": accepted})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.headers["Content-Encoding"], response.headers["Content-Type"], response.read()
