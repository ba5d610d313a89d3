"""What a model of free sizes is executed as, beside the same model of fixed sizes.

The draws of both have the same programs, on tensors that are blocked alike: so they fetch the same texels.
The copy of the input is another program where its extents are free: it cannot know the texels of a row.
What a fused operand is read by is left out: one that may be broadcast is read by other words, but as often.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from model_support import save_text
from texelflow.pipeline import Options, build

PYRAMID = """
pyramid (float[%s,3,%s,%s] x, float[8,3,3,3] w, float[8,8,1,1] v) => (float[batch,8,rows,columns] y)
<float[4] s = {1, 1, 2, 2}> {
  a = Conv <pads = [1, 1, 1, 1]> (x, w)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
  q = Conv (p, v)
  r = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (q, , s)
  y = Add (r, a)
}"""

TWO_LEVELS = """
two_levels (float[%s,3,%s,%s] x, float[8,3,3,3] w, float[8,8,3,3] v, float[8,8,1,1] l)
    => (float[batch,8,rows,columns] y, float[batch,8,lower_rows,lower_columns] y1)
<float[4] s = {1, 1, 2, 2}> {
  a = Conv <pads = [1, 1, 1, 1]> (x, w)
  ra = Relu (a)
  b = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (ra, v)
  rb = Relu (b)
  c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (rb, v)
  lc = Conv (c, l)
  lb = Conv (rb, l)
  la = Conv (ra, l)
  uc = Resize <mode = "nearest"> (lc, , s)
  y1 = Add (uc, lb)
  ub = Resize <mode = "linear"> (y1, , s)
  y = Add (ub, la)
}"""

U_NET = """
u_net (float[%s,3,%s,%s] x, float[8,3,3,3] w, float[8,8,1,1] v, float[8,8,2,2] t, float[4,16,3,3] o)
    => (float[batch,4,rows,columns] y)
{
  a = Conv <pads = [1, 1, 1, 1]> (x, w)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
  q = Conv (p, v)
  u = ConvTranspose <strides = [2, 2]> (q, t)
  c = Concat <axis = 1> (u, a)
  y = Conv <pads = [1, 1, 1, 1]> (c, o)
}"""

READS_OPERAND = re.compile(r"#if OPERAND_\d+_PIXELS.*?#endif|vec4 operand_\d+_at\(.*?\n}", re.DOTALL)

LAYOUT = ("dtype", "axes", "groups", "rows", "storage")

MODELS = {"pyramid": PYRAMID, "two levels": TWO_LEVELS, "u-net": U_NET}


def draws(text: str, extents: tuple[str, str, str], folder: Path) -> list[dict[str, Any]]:
    """Return what each draw of a run executes: its node, its shader and how its tensors are laid out."""
    plan = build(save_text(text % extents, folder), Options()).graph_file["plans"]["webgl2"]
    return [
        {
            "node": draw["node"],
            "shader": READS_OPERAND.sub("", plan["programs"][draw["program"]]["source"]),
            "layouts": [
                {key: plan["tensors"][index].get(key) for key in LAYOUT}
                for index in (*draw["inputs"], draw["output"])
            ],
        }
        for draw in plan["entries"]["predict"]
    ]


@pytest.mark.parametrize("name", MODELS)
def test_draws_are_those_of_fixed_sizes(name: str, tmp_path: Path) -> None:
    """Free sizes cost neither a draw nor a fetch, but for the copy of the images that are the first input."""
    free = draws(MODELS[name], ("n", "h", "w"), tmp_path)
    fixed = draws(MODELS[name], ("2", "64", "96"), tmp_path)
    assert [draw["node"] for draw in free] == [draw["node"] for draw in fixed]
    assert free[1:] == fixed[1:]
