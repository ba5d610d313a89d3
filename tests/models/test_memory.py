"""The GPU memory that export reports is the memory that the runtime allocates, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from browser_support import PageServer
from models.model_cases import MODELS
from texelflow.pipeline import DeviceProfile, Options, build, write

CASES = [
    *((model.name, "float32") for model in MODELS),
    *((name, "float16") for name in ("squeezenet_f32_derived", "yolox_nano", "stories260k_derived")),
]

# Integer inputs are zero: an index that exists everywhere. The sizes are those of the exporter's examples.
MEASURE = """
async ({url, device}) => {
    const model = await texelflow.loadModel(url, {device});
    try {
        const {loadPeak, weights: loaded} = texelflow.statistics(model).textureBytes;
        const inputs = Object.fromEntries(model.inputs.map(({name, dtype, shape}) => {
            const side = shape.length === 4 ? 224 : 16;
            const sizes = shape.map((extent, axis) => typeof extent === 'number' ? extent : axis ? side : 1);
            const count = sizes.reduce((product, extent) => product * extent, 1);
            const array = {int64: BigInt64Array, float16: Uint16Array}[dtype] ?? Float32Array;
            return [name, new texelflow.Tensor(dtype, sizes, new array(count))];
        }));
        await model.run(inputs);
        const {weights, intermediates} = texelflow.statistics(model).textureBytes;
        return {weights, intermediates, loadPeak, loaded};
    } finally {
        model.dispose();
    }
}
"""


def profile_options(profile: DeviceProfile) -> dict[str, Any]:
    """Make the browser a device of this profile, as far as the real one has its limits."""
    limits = {"maxTextureSize": profile.max_texture_size, "drawBuffers": profile.draw_buffers}
    blocking = {"pixels": profile.pixels, "groups": profile.groups}
    return {**blocking, "storage": profile.storage, "limits": limits}


@pytest.mark.parametrize(("name", "weights"), CASES)
def test_memory_is_as_reported(
    name: str,
    weights: str,
    source_of: Callable[[str], Path],
    page_server: PageServer,
    module_page: Page,
    tmp_path: Path,
) -> None:
    bundle = build(source_of(name), Options(weights=weights))
    write(bundle, tmp_path / "bundle")
    url = page_server.mount(f"/memory/{name}-{weights}", tmp_path) + "/bundle"
    reported, allocated = {}, {}
    for profile in bundle.summary.profiles:
        request = {"url": url, "device": profile_options(profile)}
        if not profile.fits:
            with pytest.raises(Error, match="needs a texture of"):
                module_page.evaluate(MEASURE, request)
            continue
        answer = module_page.evaluate(MEASURE, request)
        reported[profile.name] = (profile.weight_texture_bytes, profile.peak_bytes)
        allocated[profile.name] = (answer["weights"], answer["intermediates"])
        assert answer["loaded"] == answer["weights"], "the load phase left more than the run needs"
        assert answer["weights"] <= answer["loadPeak"] <= profile.load_peak_bytes
    assert allocated == reported
