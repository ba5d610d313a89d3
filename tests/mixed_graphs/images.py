"""Recipes of mixed graphs for what slides over images."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import DeadEndError, Growing, recipe


def window(g: Growing, spatial, dilate=True):
    kernel = [g.int(1, 3) for _ in spatial]
    dilations = [g.one_of((1, 1, 2, 3)) for _ in spatial] if dilate and g.chance(0.5) else None
    strides = [g.int(1, 3) for _ in spatial] if g.chance(0.6) else None
    dilations or [1] * len(spatial)
    kind = g.one_of(("pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID", None))
    more = {"dilations": dilations, "strides": strides}
    if kind == "pads":
        more["pads"] = [g.int(0, max((k - 1), 0)) for k in kernel * 2]
    elif kind:
        more["auto_pad"] = kind
    return kernel, more


@recipe(4)
def conv(g: Growing):
    x = g.any("float32", "float32", "float16", rank=(3, 5))
    a = g.values[x]
    if 0 in a.shape:
        raise DeadEndError
    c = a.shape[1]
    kernel, more = window(g, a.shape[2:])
    groups = g.one_of([d for d in range(1, c + 1) if c % d == 0])
    if g.chance(0.6):
        out = groups * g.int(1, 3)
        w = g.leaf([out, c // groups, *kernel], str(a.dtype))
        op = "Conv"
    else:
        per = g.int(1, 3)
        out = per * groups
        w = g.leaf([c, per, *kernel], str(a.dtype))
        op = "ConvTranspose"
        if g.chance(0.4):
            s = more["strides"] or [1] * len(kernel)
            more["output_padding"] = [g.int(0, k - 1) for k in s]
        if g.chance(0.15):
            s = more["strides"] or [1] * len(kernel)
            more.pop("pads", None)
            more["output_shape"] = [n * k + g.int(-1, 1) for n, k in zip(a.shape[2:], s, strict=False)]
    g.add(
        op,
        [x, w, *([g.leaf([out], str(a.dtype))] if g.chance(0.5) else [])],
        kernel_shape=kernel if g.chance(0.5) else None,
        group=groups if groups > 1 else None,
        **more,
    )


@recipe(4)
def pools(g: Growing):
    x = g.any("float32", "float32", "float16", "float64", "uint8", "int8", rank=(3, 5))
    a = g.values[x]
    if 0 in a.shape:
        raise DeadEndError
    op = g.one_of(
        (
            "MaxPool",
            "AveragePool",
            "LpPool",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "GlobalLpPool",
            "MaxPool",
            "AveragePool",
        )
    )
    if op.startswith("Global"):
        g.add(op, [x])
        return
    dilate = (
        (op == "MaxPool" and g.opset >= 10)
        or (op == "AveragePool" and g.opset >= 19)
        or (op == "LpPool" and g.opset >= 18)
    )
    kernel, more = window(g, a.shape[2:], dilate)
    if g.chance(0.4) and ((g.opset >= 10 and op != "LpPool") or g.opset >= 18):
        more["ceil_mode"] = 1
    if op == "AveragePool":
        more["count_include_pad"] = g.one_of((None, 0, 1))
    if op == "LpPool":
        more["p"] = g.one_of((None, 1, 2, 3))
    if op == "MaxPool" and g.opset >= 8:
        more["storage_order"] = g.one_of((None, 0, 1))
        g.add(op, [x], g.one_of((1, 1, 2)), kernel_shape=kernel, **more)
    else:
        g.add(op, [x], kernel_shape=kernel, **more)


@recipe(4)
def resize(g: Growing):
    x = g.any("float32", "float32", "float16", "uint8", "int32", rank=(2, 5))
    a = g.values[x]
    if g.opset < 11 or 0 in a.shape:
        raise DeadEndError
    mode = g.one_of(("nearest", "linear", "cubic", "nearest"))
    more = {
        "mode": mode,
        "coordinate_transformation_mode": g.one_of(
            (
                None,
                "half_pixel",
                "asymmetric",
                "align_corners",
                "pytorch_half_pixel",
                *(["half_pixel_symmetric"] if g.opset >= 19 else ()),
            )
        ),
    }
    if mode == "nearest":
        more["nearest_mode"] = g.one_of((None, "floor", "ceil", "round_prefer_floor", "round_prefer_ceil"))
    if mode == "cubic":
        more["cubic_coeff_a"] = g.one_of((None, -0.5, -0.75))
        more["exclude_outside"] = g.one_of((None, 0, 1))
    if mode != "nearest" and g.opset >= 18 and g.chance(0.4):
        more["antialias"] = 1
    moving = [g.chance(0.6) and i >= a.ndim - 2 for i in range(a.ndim)]
    axes = None
    if g.opset >= 18 and g.chance(0.4):
        axes = [i for i, m in enumerate(moving) if m or g.chance(0.1)] or [a.ndim - 1]
    ns = range(a.ndim) if axes is None else axes
    if g.chance(0.5):
        scales = [g.one_of((0.5, 2.0, 1.5, 0.6, 3.0, 0.3, 1.3)) if moving[i] else 1.0 for i in ns]
        inputs = [x, "", g.known(scales, "float32")]
    else:
        sizes = [g.int(1, 9) if moving[i] else a.shape[i] for i in ns]
        inputs = [x, "", "", g.known(sizes)]
        if g.opset >= 18 and g.chance(0.3) and all(moving[i] for i in ns):
            more["keep_aspect_ratio_policy"] = g.one_of(("not_larger", "not_smaller", "stretch"))
    g.add("Resize", inputs, axes=axes, **more)


@recipe(1)
def sample(g: Growing):
    x = g.any("float32", rank=(4, 4))
    a = g.values[x]
    if g.opset < 16 or 0 in a.shape:
        raise DeadEndError
    grid = g.put(
        np.asarray(g.random.uniform(-1.3, 1.3, [a.shape[0], g.int(1, 4), g.int(1, 4), 2]), "float32")
    )
    modes = ("linear", "nearest", "cubic") if g.opset >= 20 else ("bilinear", "nearest", "bicubic")
    g.add(
        "GridSample",
        [x, grid],
        mode=g.one_of((None, *modes)),
        padding_mode=g.one_of((None, "zeros", "border", "reflection")),
        align_corners=g.one_of((None, 0, 1)),
    )
