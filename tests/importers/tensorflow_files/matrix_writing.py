"""Cases of diagonals, segments, fused recurrent cells, and detections of several images."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from case_writing import R, case, floats, ints


def matrices() -> None:
    """Diagonals taken, put, and made matrices of, single ones and bands, as each version aligns them."""
    x = floats(2, 3, 5)
    bands = ((0, 0), (1, 1), (-2, -2), (-1, 2), (-2, 4), (4, 4))
    aligns = ("LEFT_LEFT", "RIGHT_LEFT", "LEFT_RIGHT", "RIGHT_RIGHT")

    def parts(x: Any) -> list[Any]:
        return [
            *(
                R.MatrixDiagPartV3(input=x, k=band, padding_value=np.float32(9), align=align)
                for band in bands
                for align in aligns
            ),
            R.MatrixDiagPartV2(input=x, k=[-1, 2], padding_value=np.float32(7)),
            R.MatrixDiagPartV2(input=x, k=1, padding_value=np.float32(7)),
            R.MatrixDiagPart(input=x),
        ]

    def changed(x: Any) -> list[Any]:
        made = []
        for band in bands:
            for align in aligns:
                rows = R.MatrixDiagPartV3(input=x, k=band, padding_value=np.float32(9), align=align)
                made.append(R.MatrixSetDiagV3(input=x, diagonal=rows * 2.0 + 1.0, k=band, align=align))
        made.append(R.MatrixSetDiag(input=x, diagonal=x[:, :, 0]))
        return made

    case("diagonals", parts, x, free=[(0, 0)])
    case("set_diagonals", changed, x)
    case(
        "matrices",
        lambda x, n: [
            R.MatrixDiag(diagonal=x),
            R.MatrixDiag(diagonal=n),
            *(
                R.MatrixDiagV3(
                    diagonal=x, k=k, num_rows=rows, num_cols=columns, padding_value=np.float32(fill)
                )
                for k, rows, columns, fill in ((0, -1, -1, 0), (1, -1, -1, 2), (-2, 8, -1, 0), (2, 5, 9, 1))
            ),
            *(
                R.MatrixDiagV3(
                    diagonal=x, k=[-1, 1], num_rows=-1, num_cols=-1, padding_value=np.float32(3), align=align
                )
                for align in aligns
            ),
        ],
        floats(2, 3, 5),
        ints(4),
    )


def segments() -> None:
    """Rows joined by numbers, and how often numbers occur."""
    numbers = np.array([0, 2, 2, 5, 5, 5], np.int32)
    sums = (R.SegmentSum, R.SegmentProd, R.SegmentMax, R.SegmentMin, R.SegmentMean)
    unsorted = (R.UnsortedSegmentSum, R.UnsortedSegmentProd, R.UnsortedSegmentMax, R.UnsortedSegmentMin)
    case(
        "segments",
        lambda x, i: [
            *(function(data=x, segment_ids=numbers) for function in sums),
            *(function(data=i, segment_ids=numbers) for function in sums[:4]),
            *(
                function(data=each, segment_ids=[3, -1, 0, 3, 3, 1], num_segments=5)
                for function in unsorted
                for each in (x, i)
            ),
            R.UnsortedSegmentSum(
                data=x, segment_ids=[[0, 1], [1, 1], [2, 0], [0, 0], [1, 2], [0, 2]], num_segments=3
            ),
        ],
        floats(6, 2),
        ints(6, 3),
    )
    case(
        "occurrences",
        lambda x, w: [
            R.Bincount(arr=x, size=5, weights=np.zeros(0, np.float32)),
            R.Bincount(arr=x, size=8, weights=w),
            R.DenseBincount(input=x, size=8, weights=np.zeros(0, np.float32), binary_output=True),
            R.DenseBincount(input=x, size=6, weights=np.zeros(0, np.int32)),
            R.DenseBincount(input=x, size=6, weights=w),
            R.DenseBincount(input=x[0], size=6, weights=w[0]),
            R.LowerBound(sorted_inputs=tf.sort(w), values=w[:, :2]),
            R.UpperBound(sorted_inputs=tf.sort(w), values=w[:, :2], out_type=tf.int64),
            *R.UniqueWithCounts(x=x[0]),
            R.Cross(a=w[:, :3], b=w[:, 1:]),
        ],
        ints(2, 4, low=0, high=8),
        floats(2, 4),
    )
    case(
        "more_spectra",
        lambda x: [
            tf.signal.irfft2d(tf.signal.rfft2d(x)),
            tf.signal.irfft2d(tf.signal.rfft2d(x), fft_length=[3, 6]),
            tf.math.angle(tf.signal.fft(tf.complex(x, x * x))),
        ],
        floats(2, 4, 8),
    )


def cells() -> None:
    """Recurrent layers as TensorFlow 1 fuses them."""
    inputs, units, batch = 3, 4, 2
    w, b = floats(inputs + units, 4 * units, low=-1, high=1), floats(4 * units, low=-1, high=1)
    peepholes = [floats(units, low=-1, high=1) for _ in range(3)]
    cell, hidden = floats(batch, units), floats(batch, units)
    weights = {"w": w, "wci": peepholes[0], "wcf": peepholes[1], "wco": peepholes[2], "b": b}
    gru = {
        "w_ru": floats(inputs + units, 2 * units),
        "w_c": floats(inputs + units, units),
        "b_ru": floats(2 * units),
        "b_c": floats(units),
    }

    def run(x: Any, cell: Any, hidden: Any) -> list[Any]:
        before = {"cs_prev": cell, "h_prev": hidden}
        results: list[Any] = []
        for peeps, clip, bias in ((False, 3.0, 1.0), (True, 0.5, 0.25), (True, -1.0, 0.0)):
            how = {"use_peephole": peeps, "cell_clip": clip, "forget_bias": bias}
            results += R.LSTMBlockCell(x=x[0], **before, **weights, **how)
            results += R.BlockLSTM(seq_len_max=np.int64(4), x=x, **before, **weights, **how)
        second = R.BlockLSTMV2(seq_len_max=np.int64(4), x=x, **before, **weights, use_peephole=True)
        shorter = R.BlockLSTM(seq_len_max=np.int64(2), x=x, **before, **weights)
        results += [*second, shorter.cs, shorter.h]  # of its other results nobody writes the rest
        results += R.GRUBlockCell(x=x[0], h_prev=hidden, **gru)
        return results

    case("cells", run, floats(4, batch, inputs), cell, hidden)


def detections() -> None:
    """The best boxes of two images, shared by the classes or one each."""
    corners = np.abs(floats(2, 9, 3, 2, low=0, high=1))
    boxes = np.concatenate([corners, corners + np.abs(floats(2, 9, 3, 2, low=0.2, high=0.7))], -1)
    scores = np.abs(floats(2, 9, 3, low=0, high=1)) + np.arange(54).reshape(2, 9, 3).astype(np.float32) / 4096

    def run(boxes: Any, scores: Any) -> list[Any]:
        results: list[Any] = []
        for each, total, pads, clips in ((2, 5, False, True), (3, 20, False, False), (2, 9, True, True)):
            for given in (boxes, boxes[:, :, :1]):
                results += R.CombinedNonMaxSuppression(
                    boxes=given,
                    scores=scores,
                    max_output_size_per_class=each,
                    max_total_size=total,
                    iou_threshold=0.4,
                    score_threshold=0.25,
                    pad_per_class=pads,
                    clip_boxes=clips,
                )
        return results

    case("detections", run, boxes.astype(np.float32), scores.astype(np.float32))
