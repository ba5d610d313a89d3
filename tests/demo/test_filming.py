"""The camera as phones have it: two of them, one like a mirror; what is allowed late, or ends by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundles import constant, save
from demo_support import Opener, picture, wait_until
from onnx import TensorProto, helper
from playwright.sync_api import Page

import texelflow

CAMERAS = """
// Whatever is filmed is red on its left. `facing` is whether the browser says which side a camera is at.
globalThis.tracks = [];
globalThis.asked = [];
globalThis.allowed = Promise.resolve();
const [facing, ids] = [FACING, ["one", "two"]];
navigator.mediaDevices.enumerateDevices = async () =>
    ids.map((deviceId) => ({ kind: "videoinput", deviceId }));
navigator.mediaDevices.getUserMedia = async ({ video }) => {
    asked.push(video.facingMode ?? video.deviceId.exact);
    await allowed;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 48];
    const context = canvas.getContext("2d");
    setInterval(() => {
        context.fillStyle = "black";
        context.fillRect(0, 0, 64, 48);
        context.fillStyle = "red";
        context.fillRect(0, 0, 32, 48);
    }, 30);
    const stream = canvas.captureStream(30);
    const [track] = stream.getVideoTracks();
    const settings = facing ? { facingMode: video.facingMode } : {};
    track.getSettings = () => ({ deviceId: video.deviceId?.exact ?? "one", ...settings });
    tracks.push(track);
    return stream;
};
"""


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says whether a picture is redder on its left or its right."""
    folder = tmp_path_factory.mktemp("sides")
    nodes = [
        helper.make_node("AveragePool", ["picture"], ["halves"], kernel_shape=[8, 4], strides=[8, 4]),
        helper.make_node("Conv", ["halves", "red"], ["map"]),
        helper.make_node("Reshape", ["map", "flat"], ["scores"]),
    ]
    flat = helper.make_tensor("flat", TensorProto.INT64, [2], [1, 2])
    constants = [constant("red", [1, 3, 1, 1], [10.0, 0.0, 0.0]), flat]
    source = save(folder / "sides.onnx", nodes, [1, 3, 8, 8], {"scores": [1, 2]}, constants)
    labels = folder / "labels.txt"
    labels.write_text("left\nright\n", encoding="utf-8")
    texelflow.export(source, folder / "sides", image="0..1", labels=labels, name="Sides")
    return folder / "sides"


def open_sides(open_demo: Opener, sides: Path, facing: bool) -> Page:
    page = open_demo(CAMERAS.replace("FACING", str(facing).lower()))
    page.set_input_files("#folder", str(sides))
    wait_until(page, "document.getElementById('model-title').textContent === 'Sides'")
    return page


def finds(page: Page, side: str) -> None:
    wait_until(page, f"document.getElementById('summary').textContent.startsWith({side!r})")


def test_the_front_camera_is_a_mirror(open_demo: Opener, sides: Path) -> None:
    """The model is shown what the visitor is."""
    page = open_sides(open_demo, sides, True)
    assert not page.is_visible("#next-camera") and not page.is_visible("#mirror")
    page.click("#camera")
    finds(page, "left")
    page.click("#next-camera")
    finds(page, "right")
    assert page.get_attribute("#mirror", "aria-pressed") == "true"
    page.click("#mirror")
    finds(page, "left")
    page.click("#next-camera")
    wait_until(page, "asked.length === 3")
    assert page.evaluate("asked") == ["environment", "user", "environment"]
    wait_until(page, "tracks.filter((track) => track.readyState === 'live').length === 1")
    page.set_input_files("#photo", picture((255, 0, 0)))
    wait_until(page, "tracks.every((track) => track.readyState === 'ended')")
    assert not page.is_visible("#next-camera") and not page.is_visible("#mirror")


def test_cameras_of_no_side_come_in_turn(open_demo: Opener, sides: Path) -> None:
    page = open_sides(open_demo, sides, False)
    page.click("#camera")
    finds(page, "left")
    for count in (2, 3):
        page.click("#next-camera")
        wait_until(page, f"asked.length === {count} && tracks.at(-1).readyState === 'live'")
        wait_until(page, "!document.getElementById('next-camera').hidden")
    assert page.evaluate("asked") == ["environment", "two", "one"]
    assert page.get_attribute("#mirror", "aria-pressed") == "false"

    # It is unplugged, or no longer allowed.
    page.evaluate("tracks.at(-1).dispatchEvent(new Event('ended'))")
    wait_until(page, "document.getElementById('bundle-error').textContent.includes('The camera stopped')")
    assert page.get_attribute("#camera", "aria-pressed") == "false"

    # What is allowed when the visitor has gone on films nothing.
    page.evaluate("void (allowed = new Promise((resolve) => { globalThis.allow = resolve; }))")
    page.click("#camera")
    wait_until(page, "asked.length === 4")
    page.set_input_files("#photo", picture((0, 255, 0)))
    wait_until(page, "document.getElementById('bundle-error').hidden")
    page.evaluate("allow()")
    wait_until(page, "tracks.length === 4 && tracks.every((track) => track.readyState === 'ended')")
    assert page.get_attribute("#camera", "aria-pressed") == "false"


def test_what_cannot_share_a_screen_does_not_offer_it(open_demo: Opener) -> None:
    page = open_demo("navigator.mediaDevices.getDisplayMedia = undefined;")
    assert not page.is_visible("#screen") and page.is_visible("#camera")
