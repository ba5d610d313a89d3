"""Products of matrices."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import PRECISE
from texelflow.importers.lowering.channels_last import matrix_product, transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import bias_of, is_precise


@lowers("FULLY_CONNECTED", inputs=(2, 3), options="FullyConnectedOptions")
def _fully_connected(step: Step) -> None:
    """The weights are [units, inputs]; all else of the input are rows, with `keep_num_dims` in its shape."""
    if step.options["format"] != "DEFAULT":
        raise step.fail(f"its weights are in the format {step.options['format']}; DEFAULT is supported")
    x, shape, weights = step.real(0), step.raw(0).shape, step.raw(1).shape
    if len(weights) != 2:
        raise step.fail(f"its weights are {step.raw(1).type}; two axes are needed")
    units, columns = weights
    keeps = step.options["keep_num_dims"] and shape and proved_equal(shape[-1], columns)
    if not keeps and not (len(shape) == 2 and proved_equal(shape[1], columns)):
        x = step.reshape("rows", x, [-1, columns])
    turned = transpose(step, "weights", step.real(1), [1, 0])
    attributes = {PRECISE: 1} if is_precise(step) else {}
    made = step.add("MatMul", "product", x, turned, **attributes)
    bias = bias_of(step, 2)
    if bias is not None:
        made = step.add("Add", "sums", made, bias)
    if step.options["keep_num_dims"] and not keeps:
        made = step.reshape("apart", made, [*shape[:-1], units])
    step.finish(made, fused=step.options["activation"])


@lowers("BATCH_MATMUL", inputs=2, options="BatchMatMulOptions")
def _batch_matmul(step: Step) -> None:
    ranks = len(step.raw(0).shape), len(step.raw(1).shape)
    if min(ranks) < 2:
        raise step.fail(f"its inputs have {ranks[0]} and {ranks[1]} axes; at least two are needed")
    made = matrix_product(
        step,
        "product",
        step.real(0),
        step.real(1),
        ranks,
        transpose_a=step.options["adj_x"],
        transpose_b=step.options["adj_y"],
    )
    step.finish(made)
