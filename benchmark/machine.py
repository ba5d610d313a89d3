"""What a benchmark's numbers belong to: the machine, the browser's name for what draws, and versions."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import texelflow

HERE = Path(__file__).resolve().parent


def describe_machine() -> dict[str, Any]:
    """Return processor, the number of its cores that this process may use, memory and system."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor_name(),
        "cores": cores,
        "memoryGiB": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def processor_name() -> str:
    """Return the processor's name as the system gives it."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", information.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of Texelflow, its peers, and the ONNX Runtime that gives the reference."""
    packages = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    return {
        "texelflow": texelflow.__version__,
        "tfjs": packages["@tensorflow/tfjs-core"],
        "onnxruntime-web": packages["onnxruntime-web"],
        "onnxruntime": version("onnxruntime"),
    }
