"""The small languages of --image, --input and --dimension."""

from __future__ import annotations

import pytest

from texelflow.options.arguments import parse_dimensions, parse_image, parse_input_shapes


def test_image_presets() -> None:
    assert parse_image("-1..1").mean == (0.5, 0.5, 0.5)
    assert parse_image("0..255").deviation == pytest.approx((1 / 255,) * 3)
    imagenet = parse_image("imagenet,channels=bgr,fit=cover,name=data,width=320,height=240")
    assert imagenet.mean == (0.485, 0.456, 0.406)
    assert (imagenet.channels, imagenet.fit, imagenet.input) == ("bgr", "cover", "data")
    assert (imagenet.width, imagenet.height) == (320, 240)


def test_image_numbers_may_be_fractions_and_one_serves_every_channel() -> None:
    image = parse_image("mean=104/255:117/255:123/255,deviation=1/255")
    assert image.mean == pytest.approx((104 / 255, 117 / 255, 123 / 255))
    assert image.deviation == pytest.approx((1 / 255,) * 3)
    assert parse_image("channels=gray,mean=0.5").mean == (0.5,)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "imagenet,0..1",
            "imagenet,mean=0",
            "mean=1:2",
            "mean=x",
            "mean=",
            "deviation=0",
            "deviation=1/0",
        ),
        *("mean=nan", "mean=inf", "width=0", "width=-3", "width=2.5", "height=", "fit=tile", "channels=rgba"),
        *("name=", "size=3", "channels=gray,imagenet", "fit", "fit=cover,fit=cover"),
    ],
)
def test_image_mistakes(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_image(text)


def test_input_shapes() -> None:
    assert parse_input_shapes(["tokens=1,16"]) == {"tokens": [1, 16]}
    assert parse_input_shapes(["a=b:0=batch, 3"]) == {"a=b:0": ["batch", 3]}
    assert parse_input_shapes(["x=[2,2]", "scalar="]) == {"x": [2, 2], "scalar": []}
    assert parse_input_shapes(['{"x": [1, "n"], "y": []}']) == {"x": [1, "n"], "y": []}


@pytest.mark.parametrize(
    "texts", [["x"], ["=1"], ["x=-1"], ["x=1,,2"], ["x=1.5"], ['{"x": 1}'], ['{"x": [true]}'], ["x=1", "x=1"]]
)
def test_input_shape_mistakes(texts: list[str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_input_shapes(texts)


def test_dimensions() -> None:
    assert parse_dimensions(["batch=2", "n=0"]) == {"batch": 2, "n": 0}
    for text in ("batch", "=2", "batch=-1", "batch=two"):
        with pytest.raises(ValueError, match="NAME=SIZE"):
            parse_dimensions([text])
