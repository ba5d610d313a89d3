"""Cases of operators that move elements, pick them, or resize pictures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.case import Case, Out
from tflite_models.float_cases import CASES as OF_FLOATS
from tflite_models.float_cases import f32, floats, i32, ints


def movements() -> Iterator[Case]:
    yield Case("", "RESHAPE", [f32(2, 6), ints(3, -1)])
    yield Case("options", "RESHAPE", [f32(2, 6)], options="ReshapeOptions", fields={"newShape": [4, 3]})
    yield Case("free", "RESHAPE", [f32(2, 6, free=(0,)), ints(-1, 3)])
    yield Case("", "SQUEEZE", [f32(1, 3, 1, 2)], options="SqueezeOptions", fields={"squeezeDims": [2]})
    yield Case("all", "SQUEEZE", [f32(1, 3, 1, 2)], options="SqueezeOptions", fields={"squeezeDims": []})
    yield Case("", "EXPAND_DIMS", [f32(3, 2), ints(-1)[0]])
    yield Case("", "TRANSPOSE", [f32(2, 3, 4), ints(2, 0, 1)])
    yield Case(
        "", "SHAPE", [f32(2, 3, 4)], [Out("int32")], "ShapeOptions", {"outType": schema.TensorType.INT32}
    )
    yield Case("", "RANK", [f32(2, 3, 4)], [Out("int32")])
    yield Case("", "FILL", [ints(2, 3), f32()], [Out()])
    yield Case("", "BROADCAST_TO", [f32(3, 1), ints(2, 3, 4)], [Out(rank=3)], version=2)
    yield Case("", "BROADCAST_ARGS", [ints(2, 1, 4), ints(3, 1)], [Out("int32")])
    yield Case("", "RANGE", [ints(2)[0], ints(11)[0], ints(3)[0]], [Out("int32")])
    yield Case("", "TILE", [f32(2, 3), ints(2, 3)])
    for axis in (0, -1):
        yield Case(
            f"{axis}",
            "CONCATENATION",
            [f32(2, 3), f32(2, 3)],
            options="ConcatenationOptions",
            fields={"axis": axis},
        )
        yield Case(
            f"{axis}",
            "PACK",
            [f32(2, 3), f32(2, 3)],
            options="PackOptions",
            fields={"axis": axis, "valuesCount": 2},
        )
    yield Case("", "UNPACK", [f32(2, 3)], [Out()] * 3, "UnpackOptions", {"axis": 1, "num": 3})
    yield Case("", "SPLIT", [ints(1)[0], f32(2, 6)], [Out()] * 3, "SplitOptions", {"numSplits": 3})
    yield Case(
        "", "SPLIT_V", [f32(2, 7), ints(2, -1, 1), ints(1)[0]], [Out()] * 3, "SplitVOptions", {"numSplits": 3}
    )
    yield Case("", "SLICE", [f32(4, 5), ints(1, 2), ints(2, -1)], [Out(shape=(2, 3))])
    for begin, end, strides, masks in (
        ((1, 0, 2), (3, 4, 5), (1, 2, 1), {}),
        ((-2, 0, -1), (9, -1, 0), (1, 1, -1), {}),
        ((1, 9, 9), (0, 9, 9), (1, 1, 2), {"beginMask": 6, "endMask": 6, "shrinkAxisMask": 1}),
        ((0, -1), (0, 0), (1, 1), {"ellipsisMask": 1, "shrinkAxisMask": 2}),
        ((0, 0, 1), (0, 0, 3), (1, 1, 1), {"newAxisMask": 2, "beginMask": 1, "endMask": 1}),
        ((3, 3, 3), (0, 0, 0), (-1, -2, -1), {"endMask": 7, "beginMask": 4}),
    ):
        yield Case(
            f"{begin} {end} {masks}",
            "STRIDED_SLICE",
            [f32(4, 5, 6), ints(*begin), ints(*end), ints(*strides)],
            options="StridedSliceOptions",
            fields=masks,
        )
    yield Case("", "REVERSE_V2", [f32(2, 3, 4), ints(1, 2)])
    for seq, batch in ((1, 0), (0, 1), (2, 0)):
        yield Case(
            f"{seq} {batch}",
            "REVERSE_SEQUENCE",
            [f32(3, 3, 4), ints(2, 3, 1)],
            options="ReverseSequenceOptions",
            fields={"seqDim": seq, "batchDim": batch},
        )
    yield Case("", "DYNAMIC_UPDATE_SLICE", [f32(4, 5), f32(2, 3), ints(1, 4)])


def gathers() -> Iterator[Case]:
    for axis, batch, indices in (
        (0, 0, (2,)),
        (1, 0, (2, 3)),
        (2, 1, (2, 3)),
        (1, 1, (2,)),
        (2, 2, (2, 4, 2)),
    ):
        yield Case(
            f"{axis} {batch}",
            "GATHER",
            [f32(2, 4, 5), i32(*indices, low=0, high=2 if axis == 0 else 4)],
            options="GatherOptions",
            fields={"axis": axis, "batchDims": batch},
        )
    yield Case("", "GATHER_ND", [f32(3, 4, 5), i32(2, 2, low=0, high=3)])
    yield Case("", "EMBEDDING_LOOKUP", [i32(4, low=0, high=5), floats(5, 3)])
    yield Case("", "SCATTER_ND", [np.array([[0, 1], [2, 2], [0, 1]], np.int32), f32(3, 4), ints(3, 3, 4)])
    yield Case(
        "", "SPARSE_TO_DENSE", [np.array([[0, 1], [1, 2]], np.int32), ints(2, 3), f32(2), np.float32(0.5)]
    )
    yield Case(
        "",
        "ONE_HOT",
        [i32(2, 5, low=-1, high=4), ints(3)[0], np.float32(2), np.float32(-1)],
        options="OneHotOptions",
        fields={"axis": -1},
    )
    yield Case("", "SEGMENT_SUM", [f32(5, 3), ints(0, 0, 1, 2, 2)])
    for name in ("SUM", "MAX", "MIN", "PROD"):
        yield Case(
            "", f"UNSORTED_SEGMENT_{name}", [f32(5, 3), ints(2, 0, -1, 0, 2), ints(4)[0]], tolerance=1e-5
        )
    yield Case(
        "", "BUCKETIZE", [f32(3, 4)], [Out("int32")], "BucketizeOptions", {"boundaries": [-1.0, 0.0, 0.7]}
    )
    yield Case("", "MATRIX_DIAG", [f32(2, 4)])
    yield Case("", "MATRIX_SET_DIAG", [f32(2, 3, 4), f32(2, 3)])


def images() -> Iterator[Case]:
    borders = np.array([[0, 0], [1, 2], [2, 0], [0, 1]], np.int32)
    yield Case("", "PAD", [f32(1, 3, 4, 2), borders])
    yield Case("", "PADV2", [f32(1, 3, 4, 2), borders, np.float32(1.5)])
    for mode in (0, 1):
        yield Case(
            f"{mode}",
            "MIRROR_PAD",
            [f32(1, 3, 4, 2), borders],
            options="MirrorPadOptions",
            fields={"mode": mode},
        )
    for operator, options in (
        ("RESIZE_BILINEAR", "ResizeBilinearOptions"),
        ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
    ):
        for size in ((9, 4), (3, 13), (10, 14)):
            for corners, half in ((False, False), (True, False), (False, True)):
                yield Case(
                    f"{size} {corners} {half}",
                    operator,
                    [f32(2, 5, 7, 3), ints(*size)],
                    options=options,
                    fields={"alignCorners": corners, "halfPixelCenters": half},
                    reference=True,
                )
    yield Case(
        "", "DEPTH_TO_SPACE", [f32(1, 2, 3, 12)], options="DepthToSpaceOptions", fields={"blockSize": 2}
    )
    yield Case(
        "", "SPACE_TO_DEPTH", [f32(1, 4, 6, 3)], options="SpaceToDepthOptions", fields={"blockSize": 2}
    )
    yield Case("", "SPACE_TO_BATCH_ND", [f32(2, 5, 6, 3), ints(3, 2), np.array([[1, 0], [1, 1]], np.int32)])
    yield Case("", "BATCH_TO_SPACE_ND", [f32(12, 2, 3, 2), ints(3, 2), np.array([[1, 0], [0, 1]], np.int32)])
    yield Case(
        "free",
        "SPACE_TO_BATCH_ND",
        [f32(2, 6, 6, 3, free=(0, 1)), ints(3, 2), np.array([[0, 0], [1, 1]], np.int32)],
    )


CASES = [*OF_FLOATS, *(case for family in (movements, gathers, images) for case in family())]
"""These after those of arithmetic, whose random numbers come first."""
