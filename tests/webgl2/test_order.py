"""Steps that need a symbol come after the one that binds it."""

from __future__ import annotations

import pytest

from texelflow.backends.webgl2.plan.order import order_steps
from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Program
from texelflow.dimensions import Dimension, symbol
from texelflow.errors import ExportError

K = symbol("k")


def tensor(extent: Dimension = 4) -> PlanTensor:
    return PlanTensor("float32", (extent,))


def draw(name: str, output: PlanTensor, *inputs: PlanTensor, ints: tuple[Dimension, ...] = ()) -> Draw:
    return Draw(Program("p", "", ()), list(inputs), output, list(ints), [], name)


def host(name: str, *inputs: PlanTensor, output: PlanTensor | None = None) -> HostStep:
    return HostStep("read", list(inputs), [] if output is None else [output], ["k"], [], [], name)


def names(plan: Plan) -> list[str]:
    return [step.node for step in plan.run]


def test_early_steps_are_moved_behind() -> None:
    """One by its number, one by an extent, one by a float, and what reads these."""
    a, b, c, d, e, f = tensor(), tensor(), tensor(K), tensor(), tensor(), tensor()
    by_float = draw("float", e)
    by_float.floats = [["fround", ["*", "k", 0.5]]]
    plan = Plan(
        run=[
            draw("first", a),
            draw("number", b, a, ints=(K + 1,)),
            draw("reads number", f, b),
            draw("extent", c, a),
            by_float,
            draw("apart", d, a),
            host("learn", a),
        ]
    )
    order_steps(plan)
    late = {"number", "reads number", "extent", "float"}
    assert set(names(plan)) == {"first", "apart", "learn", *late}
    for name in late:
        assert names(plan).index("learn") < names(plan).index(name)
    assert names(plan).index("number") < names(plan).index("reads number")


def test_an_order_that_fits_stays() -> None:
    a, b = tensor(), tensor(K)
    plan = Plan(run=[draw("first", a), host("learn", a), draw("last", b, a, ints=(K,))])
    order_steps(plan)
    assert names(plan) == ["first", "learn", "last"]


def test_steps_that_need_each_other_are_refused() -> None:
    a, b = tensor(), tensor()
    plan = Plan(run=[draw("first", a, ints=(K,)), draw("second", b, a), host("learn", b)])
    with pytest.raises(ExportError, match="needs a size that the run learns from what follows it"):
        order_steps(plan)
