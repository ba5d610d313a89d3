"""Products of matrices."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers


@lowers("linear")
def linear(step: Step) -> None:
    """X Wᵀ + bias."""
    weight = step.tensor("weight")
    if len(weight.shape) == 1:
        made = step.add("MatMul", "product", step.x, weight)
    else:
        made = step.add("MatMul", "product", step.x, step.add("Transpose", "turned", weight, perm=[1, 0]))
    bias = step.optional("bias")
    step.add("Identity", step.result, made) if bias is None else step.add("Add", step.result, made, bias)


@lowers("matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "linalg_matmul")
def matmul(step: Step) -> None:
    """The product of matrices, of stacks of them, or of vectors."""
    first, second = (step.tensor(name) for name in list(step.arguments)[:2])
    if step.base == "inner" and len(second.shape) > 1:
        order = list(range(len(second.shape)))
        order[-2:] = order[:-3:-1] if len(order) > 2 else order[::-1]
        if len(order) > 2 or len(first.shape) > 2:
            raise step.fail("it is of more than matrices, which is not supported")
        second = step.add("Transpose", "turned", second, perm=order)
    step.add("MatMul", step.result, first, second)


@lowers("addmm", "addmv", "baddbmm", "addbmm")
def add_product(step: Step) -> None:
    """Beta · x + alpha · a b; of addbmm the sum of the products of a stack."""
    names = {"addmm": ("mat1", "mat2"), "addmv": ("mat", "vec")}.get(step.base, ("batch1", "batch2"))
    made = step.add("MatMul", "product", *(step.tensor(name) for name in names))
    if step.base == "addbmm":
        made = step.add("ReduceSum", "sum", made, step.vector("axis", [0]), keepdims=0)
    made = _scaled(step, "alpha", made)
    beta = step.number("beta", 1)
    if beta == 0:
        step.add("Identity", step.result, made)
    else:
        step.add("Add", step.result, made, _scaled(step, "beta", step.tensor("self")))


def _scaled(step: Step, name: str, value: Value) -> Value:
    factor = step.number(name, 1)
    return (
        value if factor == 1 else step.add("Mul", f"by_{name}", value, step.scalar(name, step.dtype, factor))
    )


@lowers("outer", "ger")
def outer(step: Step) -> None:
    """All products of two vectors' numbers."""
    column = step.add("Unsqueeze", "column", step.tensor("self"), step.vector("axis", [1]))
    step.add(
        "Mul", step.result, step.as_dtype(column, step.dtype) if column.type else column, step.tensor("vec2")
    )


@lowers("einsum")
def einsum(step: Step) -> None:
    """Sums of products by an equation."""
    step.add("Einsum", step.result, *step.tensors("tensors"), equation=step.text("equation"))


@lowers("tensordot")
def tensordot(step: Step) -> None:
    """The sum of products along axes of both tensors."""
    from texelflow.operators.shapes import normalize_axes

    a, b = step.tensor("self"), step.tensor("other")
    first, second = (
        normalize_axes(step.node, step.dimensions(name), len(value.shape))
        for name, value in (("dims_self", a), ("dims_other", b))
    )
    letters = "abcdefghijklmnopqrstuvwxyz"
    if len(a.shape) + len(b.shape) > len(letters) or len(first) != len(second):
        raise step.fail(f"its axes are {first} and {second}")
    left = letters[: len(a.shape)]
    right = list(letters[len(a.shape) : len(a.shape) + len(b.shape)])
    for one, other in zip(first, second, strict=True):
        right[other] = left[one]
    kept = [letter for axis, letter in enumerate(left) if axis not in first]
    kept += [letter for axis, letter in enumerate(right) if axis not in second]
    step.add("Einsum", step.result, a, b, equation=f"{left},{''.join(right)}->{''.join(kept)}")


@lowers("bilinear")
def bilinear(step: Step) -> None:
    """The products of two vectors with matrices between them."""
    names = ("input1", "weight", "input2")
    made = step.add(
        "Einsum", "product", *(step.tensor(name) for name in names), equation="...i,oij,...j->...o"
    )
    bias = step.optional("bias")
    step.add("Identity", step.result, made) if bias is None else step.add("Add", step.result, made, bias)


@lowers("_trilinear")
def trilinear(step: Step) -> None:
    """The products of three tensors, each with some axes more, summed along some."""
    from texelflow.operators.shapes import integers

    factors = []
    for index in (1, 2, 3):
        axes = sorted(integers(step.node, step.dimensions(f"expand{index}"), "axes"))
        factors.append(
            step.add("Unsqueeze", "factor", step.tensor(f"i{index}"), step.vector("axes", [*axes]))
        )
    first, second, third = factors
    made = step.add("Mul", "product", step.add("Mul", "pairs", first, second), third)
    summed = step.vector("summed", step.dimensions("sumdim"))
    step.add("ReduceSum", step.result, made, summed, keepdims=0, noop_with_empty_axes=1)


@lowers("cross", "linalg_cross")
def cross(step: Step) -> None:
    """The cross product of vectors of three."""
    axis = step.axis("dim", -1)
    turned = []
    for name in ("self", "other"):
        value = step.tensor(name)
        for order in ([1, 2, 0], [2, 0, 1]):
            turned.append(step.add("Gather", "turned", value, step.vector("order", order), axis=axis))
    a, b, c, d = turned
    step.add("Sub", step.result, step.add("Mul", "product", a, d), step.add("Mul", "product", b, c))
