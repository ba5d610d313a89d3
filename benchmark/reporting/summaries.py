"""From the JSON of a run to the numbers that tables, chart and targets show."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from runtimes import OWN, TITLES, VARIANTS, ways_of

NET_TITLES = {
    "mobilenetv2": "MobileNetV2",
    "squeezenet": "SqueezeNet 1.1",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "resnet50": "ResNet-50",
    "minilm": "MiniLM-L6, 128 tokens",
    "yolov8n": "YOLOv8n, 320",
    "style_transfer": "Style transfer, 256",
    "unet": "U-Net, 256",
    "gpt2_step": "GPT-2 step",
}

SOFTWARE_RENDERERS = ("SwiftShader", "llvmpipe", "Basic Render")


@dataclass(frozen=True)
class Spread:
    """Some measurements of one thing: the median, and the 10th and 90th percentile."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Summary:
    """One runtime on one net. What was not measured, or failed, is None. Milliseconds and bytes."""

    steady: Spread | None
    processor: Spread | None
    first_result: Spread | None
    after_last_byte: Spread | None
    """From the last byte of the model over a link of 10 MB/s to the first result."""
    script_bytes: int | None
    """Of JavaScript, WebAssembly and shaders, also where the model's files bring these."""
    model_bytes: int | None
    programs: int | None
    draws: int | None
    objects: int | None
    """GL objects that one steady run creates."""
    fences: int | None
    arrays: int | None
    """Typed arrays that one steady run creates, its outputs among them."""
    memory: int | None
    memory_beyond_weights: int | None
    """The most GPU memory from the navigation on, less the bytes of the weights."""
    heap: int | None
    error: float | None
    """The largest of any run that was compared."""
    split: dict[str, float]
    """Parts of loading and the first run as the runtime gives them: medians."""
    failure: str | None
    """Why the runtime, or one of its passes, failed."""


def spread(values: Sequence[float]) -> Spread | None:
    """Return the spread of `values`; None for no values."""
    if not values:
        return None
    return Spread(median(values), percentile(values, 0.1), percentile(values, 0.9), len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie, between neighbours by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of positive values, of which there is at least one."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


def summarize(report: dict[str, Any], net: str, runtime: str) -> Summary:
    """Return the numbers of one runtime on one net; all None if the report does not have them."""
    described = report["nets"].get(net, {})
    measured: dict[str, Any] = described.get("runtimes", {}).get(runtime, {})
    counts, steady = measured.get("counts", {}), measured.get("steady", {})
    local, throttled = (
        [one for one in measured.get(key, []) if "failure" not in one] for key in ("local", "throttled")
    )
    run, memory, heap = (counts.get(key, {}) for key in ("run", "memory", "heap"))
    peak = memory.get("peak") or None  # 0 means that the runtime does not use the GPU
    beyond = peak - described["weightBytes"] if peak is not None else None
    transferred = {kind: sums["transferred"] for kind, sums in counts.get("bytes", {}).items()}
    if transferred and runtime == OWN:
        shaders = described.get("shaderBytes")
        moved = None if shaders is None else {"runtime": shaders, "model": -shaders}
        transferred = {kind: transferred[kind] + moved[kind] for kind in moved} if moved else {}
    errors = [one["error"] for one in (steady, *local, *throttled) if "error" in one]
    return Summary(
        steady=spread(steady.get("steady", [])),
        processor=spread(steady.get("processor", [])),
        first_result=spread([one["firstResult"] for one in local]),
        after_last_byte=spread([one["firstResult"] - one["lastByte"] for one in throttled]),
        script_bytes=transferred.get("runtime"),
        model_bytes=transferred.get("model"),
        programs=counts.get("programs"),
        draws=run.get("draws"),
        objects=run.get("objects"),
        fences=run.get("fences"),
        arrays=run.get("arrays"),
        memory=peak,
        memory_beyond_weights=beyond,
        heap=sum(heap.values()) if heap else None,
        error=max(errors, default=None),
        split=median_split([one["timings"] for one in local if one.get("timings")]),
        failure=first_failure(described, measured),
    )


def median_split(timings: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each part over several loads."""
    return {part: median(one[part] for one in timings) for part in timings[0]} if timings else {}


def first_failure(described: dict[str, Any], measured: dict[str, Any]) -> str | None:
    """Return the first reason why the net, or a pass of the runtime, failed."""
    passes = [described, measured.get("steady", {}), measured.get("counts", {})]
    passes += [*measured.get("local", []), *measured.get("throttled", [])]
    return next((str(one["failure"]) for one in passes if "failure" in one), None)


def nets_of(report: dict[str, Any]) -> list[str]:
    """Return the nets of a report in the order of the tables."""
    known = [net for net in NET_TITLES if net in report["nets"]]
    return known + [net for net in report["nets"] if net not in NET_TITLES]


def runtimes_of(report: dict[str, Any]) -> list[str]:
    """Return the runtimes that occur in a report in the order of the tables."""
    found = {runtime for net in report["nets"].values() for runtime in net.get("runtimes", {})}
    return [runtime for runtime in TITLES if runtime in found]


def peers_of(report: dict[str, Any]) -> list[str]:
    """Return those that are no variant of another."""
    return [runtime for runtime in runtimes_of(report) if runtime not in VARIANTS]


def time_of(report: dict[str, Any], net: str, runtime: str, part: str) -> Spread | None:
    """Return the times `part` of a runtime; of a peer, those of its quickest variant, by the median."""
    ways = [runtime] if runtime == OWN or runtime in VARIANTS else ways_of(runtime)
    found = [getattr(summarize(report, net, way), part) for way in ways]
    return min((value for value in found if value), key=lambda value: value.median, default=None)


def settings_of(report: dict[str, Any]) -> set[str]:
    """Return the settings that Texelflow and its variants chose in any pass, in words."""
    found = set()
    for net in report["nets"].values():
        for runtime in ways_of(OWN):
            measured = net.get("runtimes", {}).get(runtime, {})
            passes = [measured.get("steady", {}), *measured.get("local", []), *measured.get("throttled", [])]
            found |= {setting_in_words(one["device"]) for one in passes if one.get("device")}
    return found


def setting_in_words(device: dict[str, Any]) -> str:
    """Return a setting of the device: "4×2 blocking, texture, 32 bits"."""
    return "{pixels}×{groups} blocking, {fetch}, {storage} bits".format_map(device)


def renderer_title(report: dict[str, Any]) -> str:
    """Return a short name of what draws: the inner part of ANGLE's description of it."""
    name = str(report["renderer"])
    if "SwiftShader" in name:
        return "SwiftShader: no GPU, all drawing on the CPU"
    if vulkan := re.search(r"^ANGLE \(([^,]+), (Vulkan) [\d.]+ \((?:\1 )?(.+) \(0x\w+\)\)", name):
        return f"{vulkan[3]}, {vulkan[2]}"
    inner = re.search(r"^ANGLE \([^,]+, (.+?),? [^,]*\)$", name)
    return inner[1] if inner else name


def draws_in_software(report: dict[str, Any]) -> bool:
    """Whether a processor drew: the targets are for machines without a GPU."""
    return any(name in report["renderer"] for name in SOFTWARE_RENDERERS)
