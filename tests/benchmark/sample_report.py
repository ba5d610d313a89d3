"""A report as benchmark/run.py writes it, with numbers that are easy to check by hand."""

from __future__ import annotations

from typing import Any

NETS = ("mobilenetv2", "squeezenet", "efficientnet_lite0", "resnet50", "minilm")
WEIGHT_BYTES = 1_000_000

STEADY = {"texelflow": 100.0, "tfjs": 320.0, "ort-webgl": 400.0, "ort-wasm": 20.0}
FIRST = {"texelflow": 500.0, "tfjs": 1600.0, "ort-webgl": 1200.0, "ort-wasm": 600.0}
AFTER = {"texelflow": 100.0, "tfjs": 900.0, "ort-webgl": 300.0, "ort-wasm": 150.0}
BEYOND = {"texelflow": 500_000, "tfjs": 2_000_000, "ort-webgl": 900_000, "ort-wasm": 0}
NEVER_BLOCKING = 125.0
"""Of Texelflow: a steady run without blocking the page."""
NOT_STREAMING = 600.0
"""Of Texelflow: from the last byte, without streaming."""
PARALLEL = {"local": 1500.0, "throttled": 1000.0}
"""Of TF.js compiling in parallel: from the navigation, quicker than its default, and from the last byte."""
SHADER_BYTES = 3_000
SCRIPTS = {"texelflow": 15_000, "tfjs": 150_000, "ort-webgl": 84_000, "ort-wasm": 2_400_000}


def measured(runtime: str) -> dict[str, Any]:
    """What one runtime did with one net."""
    on_gpu = runtime != "ort-wasm"
    device = (
        {"pixels": 4, "groups": 1, "fetch": "texelFetch", "storage": 32} if runtime == "texelflow" else None
    )
    timings = {"download": 40.0, "compile": 80.0, "firstRun": 110.0} if runtime == "texelflow" else None
    return {
        "counts": {
            "bytes": {
                "runtime": {"transferred": SCRIPTS[runtime], "decoded": 4 * SCRIPTS[runtime]},
                "model": {"transferred": WEIGHT_BYTES + 5_000, "decoded": WEIGHT_BYTES + 20_000},
            },
            "programs": 12 if runtime == "texelflow" else 80 if on_gpu else 0,
            "run": {"draws": 56, "programs": 0, "objects": 0, "fences": 1, "arrays": 1},
            "memory": {"peak": WEIGHT_BYTES + BEYOND[runtime] if on_gpu else 0, "kept": 0},
            "heap": {"javascript": 2_000_000, "buffers": 1_000_000, "wasm": 500_000},
        },
        "steady": {
            "error": 1e-6,
            "device": device,
            "steady": [STEADY[runtime] + shift for shift in (10, 0, -10, 20, -5)],
            "processor": [STEADY[runtime]] * 5,
        },
        "local": [start(FIRST[runtime], 60.0, timings, device)],
        "throttled": [start(LAST_BYTE + AFTER[runtime], LAST_BYTE, timings, device)],
    }


LAST_BYTE = 1400.0


def start(first_result: float, last_byte: float, timings: Any = None, device: Any = None) -> dict[str, Any]:
    """One measurement of start-up."""
    times = {"firstResult": first_result, "lastByte": last_byte, "timings": timings}
    return {**times, "device": device, "error": 1e-7}


def variants() -> dict[str, Any]:
    """What the variants did with one net, each in its passes."""
    return {
        "texelflow-nonblocking": {"steady": {"error": 1e-6, "steady": [NEVER_BLOCKING] * 5, "processor": []}},
        "texelflow-whole": {"throttled": [start(LAST_BYTE + NOT_STREAMING, LAST_BYTE)]},
        "tfjs-parallel": {
            "local": [start(PARALLEL["local"], 60.0)],
            "throttled": [start(LAST_BYTE + PARALLEL["throttled"], LAST_BYTE)],
        },
    }


def sample_report() -> dict[str, Any]:
    """Five nets on four runtimes; ORT webgl fails on MiniLM."""
    nets: dict[str, Any] = {
        net: {
            "weightBytes": WEIGHT_BYTES,
            "outputs": 1,
            "graphBytes": 30_000,
            "shaderBytes": SHADER_BYTES,
            "seconds": 12.0,
            "runtimes": {runtime: measured(runtime) for runtime in STEADY} | variants(),
            "order": {"steady": [list(STEADY)] * 5},
        }
        for net in NETS
    }
    reason = "TypeError: cannot resolve operator 'Where' | opsets: <17>"
    nets["minilm"]["runtimes"]["ort-webgl"] = {
        "counts": {"failure": reason},
        "steady": {"failure": reason},
        "local": [{"failure": reason}],
        "throttled": [{"failure": reason}],
    }
    return {
        "date": "2026-11-23",
        "renderer": "ANGLE (Example Inc., Example GPU & Co <9>, Example driver)",
        "browser": "156.0",
        "machine": {"processor": "Example CPU", "cores": 4, "memoryGiB": 8.0, "system": "Linux 6"},
        "versions": {
            "texelflow": "0.1.0",
            "tfjs": "4.22.0",
            "onnxruntime-web": "1.30.0",
            "onnxruntime": "1.32.0",
        },
        "settings": {"runs": 5, "starts": 1, "seconds": 8.0, "seed": 1, "quick": False},
        "nets": nets,
    }
