"""A report as benchmark/run.py writes it, with numbers that are easy to check by hand."""

from __future__ import annotations

from typing import Any

NETS = ("mobilenetv2", "squeezenet", "efficientnet_lite0", "resnet50", "minilm")
WEIGHT_BYTES = 1_000_000

STEADY = {"texelflow": 100.0, "tfjs": 320.0, "ort-webgl": 400.0, "ort-wasm": 20.0}
FIRST = {"texelflow": 500.0, "tfjs": 1600.0, "ort-webgl": 1200.0, "ort-wasm": 600.0}
AFTER = {"texelflow": 100.0, "tfjs": 900.0, "ort-webgl": 300.0, "ort-wasm": 150.0}
BEYOND = {"texelflow": 500_000, "tfjs": 2_000_000, "ort-webgl": 900_000, "ort-wasm": 0}
SCRIPTS = {"texelflow": 15_000, "tfjs": 150_000, "ort-webgl": 84_000, "ort-wasm": 2_400_000}


def measured(runtime: str) -> dict[str, Any]:
    """What one runtime did with one net."""
    on_gpu = runtime != "ort-wasm"
    timings = {"download": 40.0, "compile": 80.0, "firstRun": 110.0} if runtime == "texelflow" else None
    last_byte = 1400.0
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
            "steady": [STEADY[runtime] + shift for shift in (10, 0, -10, 20, -5)],
            "processor": [STEADY[runtime]] * 5,
        },
        "local": [{"firstResult": FIRST[runtime], "lastByte": 60.0, "timings": timings}],
        "throttled": [{"firstResult": last_byte + AFTER[runtime], "lastByte": last_byte, "timings": timings}],
    }


def sample_report() -> dict[str, Any]:
    """Five nets on four runtimes; ORT webgl fails on MiniLM."""
    nets: dict[str, Any] = {
        net: {
            "weightBytes": WEIGHT_BYTES,
            "outputs": 1,
            "graphBytes": 30_000,
            "seconds": 12.0,
            "runtimes": {runtime: measured(runtime) for runtime in STEADY},
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
        "settings": {"runs": 5, "starts": 1, "seconds": 8.0, "quick": False},
        "nets": nets,
    }
