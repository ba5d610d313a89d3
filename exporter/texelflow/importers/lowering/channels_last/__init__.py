"""What graphs of TensorFlow and TensorFlow Lite share: images whose channels are last, built of ONNX nodes.

Every function appends nodes to a GraphBuilder and returns their result. `result` is what GraphBuilder takes
as a step: a word to name a new Value by, or the Value that is to be made. Images are [batch, *spatial,
channels] outside of a function; the Transposes around what ONNX computes with channels first are sunk by
`passes/sink_transposes.py`. Values need no type but where a function says that it reads a shape. What does
not fit raises a ValueError that says what was expected.

`windows.py` has convolutions and poolings, `padding.py` borders, `slicing.py` StridedSlice, `moving_parts.py`
parts whose place a run decides, `resizing.py` ResizeBilinear and the like, `products.py` products of matrices
and activations that are fused, `blocks.py` SpaceToBatch and its kin, `segments.py` sums of rows by numbers.
"""

from texelflow.importers.lowering.channels_last.blocks import (
    batch_to_space,
    depth_to_space,
    space_to_batch,
    space_to_depth,
)
from texelflow.importers.lowering.channels_last.layout import channels_first, channels_last, transpose
from texelflow.importers.lowering.channels_last.moving_parts import dynamic_slice, dynamic_update
from texelflow.importers.lowering.channels_last.normalization import batch_normalization
from texelflow.importers.lowering.channels_last.padding import mirror_pad, pad
from texelflow.importers.lowering.channels_last.products import activation, matrix_product
from texelflow.importers.lowering.channels_last.resizing import resize
from texelflow.importers.lowering.channels_last.segments import segments
from texelflow.importers.lowering.channels_last.slicing import SliceMasks, strided_slice
from texelflow.importers.lowering.channels_last.windows import (
    Padding,
    convolution,
    depthwise_filters,
    filters_of_hwio,
    filters_of_ohwi,
    pool,
    transposed_convolution,
)

__all__ = [
    "Padding",
    "SliceMasks",
    "activation",
    "batch_normalization",
    "batch_to_space",
    "channels_first",
    "channels_last",
    "convolution",
    "depth_to_space",
    "depthwise_filters",
    "dynamic_slice",
    "dynamic_update",
    "filters_of_hwio",
    "filters_of_ohwi",
    "matrix_product",
    "mirror_pad",
    "pad",
    "pool",
    "resize",
    "segments",
    "space_to_batch",
    "space_to_depth",
    "strided_slice",
    "transpose",
    "transposed_convolution",
]
