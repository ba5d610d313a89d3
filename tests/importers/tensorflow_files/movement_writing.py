"""Cases of TensorFlow's reductions and of what moves elements."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from case_writing import R, case, floats, ints


def reductions() -> None:
    x = floats(2, 3, 4)
    functions = [R.Sum, R.Mean, R.Max, R.Min, R.Prod, R.EuclideanNorm]
    case(
        "reduce",
        lambda x: [
            f(input=x, axis=axis, keep_dims=keeps)
            for f in functions
            for axis, keeps in ((1, False), ([0, -1], True), ([0, 1, 2], False), ([], False))
        ],
        x,
        free=[(0, 0)],
    )
    case(
        "reduce_more",
        lambda x, b, i: [
            R.All(input=b, axis=[1]),
            R.Any(input=b, axis=[0, 2], keep_dims=True),
            R.Sum(input=i, axis=[2]),
            R.Max(input=i, axis=[0]),
            R.ArgMax(input=x, dimension=1),
            R.Mean(input=i, axis=[1]),
            R.ArgMax(input=x, dimension=-1, output_type=tf.int32),
            R.ArgMin(input=x, dimension=0),
            *(
                R.Cumsum(x=x, axis=axis, exclusive=e, reverse=r)
                for axis, e, r in ((0, False, False), (-1, True, False), (1, False, True), (2, True, True))
            ),
            R.Cumprod(x=x, axis=1),
            R.CumulativeLogsumexp(x=x, axis=1),
            R.CumulativeLogsumexp(x=x, axis=2, reverse=True),
        ],
        x,
        ints(2, 3, 4) > 0,
        ints(2, 3, 4),
    )


def shapes() -> None:
    case(
        "shape",
        lambda x, n: [
            R.Shape(input=x),
            R.Shape(input=x, out_type=tf.int64),
            R.Size(input=x),
            R.Rank(input=x),
            *R.ShapeN(input=[x, x[0]]),
            R.Reshape(tensor=x, shape=[-1, 6]),
            R.Reshape(tensor=x, shape=[tf.shape(x)[0], -1]),
            R.ExpandDims(input=x, axis=1),
            R.ExpandDims(input=x, axis=-1),
            R.Squeeze(input=x[:1], axis=[0]),
            R.Squeeze(input=x[:, :1], axis=[-2]),
            R.Fill(dims=tf.shape(x), value=3.5),
            R.BroadcastTo(input=x[:, :1], shape=tf.shape(x)),
            R.Tile(input=x, multiples=[2, 1, 3]),
            R.Transpose(x=x, perm=[2, 0, 1]),
            R.Range(start=0, limit=tf.shape(x)[0] * 2, delta=1),
            R.Range(start=1.0, limit=3.2, delta=0.5),
            R.LinSpace(start=1.0, stop=2.0, num=5),
            R.InvertPermutation(x=[2, 0, 1]),
            R.ZerosLike(x=n),
            R.BroadcastArgs(s0=[3, 1], s1=[2, 1, 4]),
            R.Pack(values=[x, x + 1.0], axis=1),
            R.Pack(values=[x, x], axis=-1),
            *R.Unpack(value=x, num=3, axis=1),
            R.ConcatV2(values=[x, x * 2.0], axis=-1),
            R.Concat(concat_dim=1, values=[x, x]),
            *R.Split(axis=2, value=x, num_split=2),
            *R.SplitV(value=x, size_splits=[1, -1, 1], axis=-1, num_split=3),
            *R.ConcatOffset(concat_dim=1, shape=[[2, 2, 5], [2, 3, 5], [2, 4, 5]]),
        ],
        floats(2, 3, 4),
        ints(5),
        free=[(0, 0)],
    )


def slices() -> None:
    x = floats(4, 5, 6)
    case(
        "strided_slice",
        lambda x: [
            x[1],
            x[-1],
            x[1:3],
            x[:, ::2],
            x[..., -2],
            x[::-1],
            x[:, 4:1:-2],
            x[tf.newaxis, 1, ..., tf.newaxis, 2:],
            x[..., tf.newaxis],
            x[1:-1, -3:, :-1],
            x[0, 1, 2],
            x[:, tf.newaxis, ::-1, ..., 1],
            x[3:1],
            x[tf.shape(x)[0] - 2 :],
            x[: tf.shape(x)[1] // 2],
            x[:, -100:3],
            x[2:100],
        ],
        x,
    )
    case(
        "strided_slice_free",
        lambda x: [x[:, 1:-1], x[-1], x[:, ::2], x[..., ::-1, :]],
        x,
        free=[(0, 0), (0, 1)],
    )
    case(
        "slice_and_pad",
        lambda x: [
            R.Slice(input=x, begin=[1, 0, 2], size=[2, -1, 3]),
            R.Slice(input=x, begin=[0, 1, 0], size=[-1, 1, -1]),
            R.Pad(input=x, paddings=[[1, 0], [0, 2], [3, 1]]),
            R.PadV2(input=x, paddings=[[0, 0], [1, 2], [0, 1]], constant_values=-1.5),
            R.MirrorPad(input=x, paddings=[[1, 2], [0, 0], [3, 1]], mode="REFLECT"),
            R.MirrorPad(input=x, paddings=[[4, 2], [0, 1], [3, 6]], mode="SYMMETRIC"),
            R.ReverseV2(tensor=x, axis=[0, -1]),
            R.ReverseSequence(input=x, seq_lengths=[5, 1, 3, 2], seq_dim=1, batch_dim=0),
            R.ReverseSequence(input=x, seq_lengths=[1, 2, 3, 4, 2], seq_dim=0, batch_dim=1),
            R.ReverseSequence(input=x, seq_lengths=[1, 2, 3, 4], seq_dim=2, batch_dim=0),
            R.Roll(input=x, shift=[1, -2], axis=[0, 2]),
            R.Roll(input=x, shift=[7], axis=[1]),
            *(
                R.MatrixBandPart(input=x, num_lower=lower, num_upper=upper)
                for lower, upper in ((0, -1), (-1, 0), (1, 2))
            ),
        ],
        x,
    )
    image = floats(2, 4, 6, 4)
    case(
        "blocks",
        lambda x: [
            R.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[0, 0], [0, 0]]),
            R.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[1, 1], [2, 0]]),
            R.BatchToSpaceND(input=tf.tile(x, [3, 1, 1, 1]), block_shape=[2, 3], crops=[[1, 0], [2, 1]]),
            R.BatchToSpaceND(input=x[..., 0], block_shape=[2], crops=[[1, 1]]),
            R.DepthToSpace(input=x, block_size=2),
            R.SpaceToDepth(input=x, block_size=2),
        ],
        image,
    )


def gathers() -> None:
    x = floats(3, 4, 5)
    case(
        "gather",
        lambda x, i, j: [
            R.GatherV2(params=x, indices=i, axis=0),
            R.GatherV2(params=x, indices=i, axis=-1),
            R.Gather(params=x, indices=i),
            R.GatherV2(params=x, indices=2, axis=1),
            R.GatherV2(params=x, indices=j, axis=1, batch_dims=1),
            R.GatherV2(params=x, indices=j, axis=2, batch_dims=1),
            R.GatherV2(params=x[..., 0], indices=j, axis=1, batch_dims=1),
            R.GatherNd(params=x, indices=[[0, 1], [2, 3]]),
            R.GatherNd(params=x, indices=[[[2], [0]]]),
            R.ScatterNd(indices=[[1], [3], [1]], updates=[1.0, 2.0, 4.0], shape=[5]),
            R.TensorScatterUpdate(tensor=x, indices=[[0, 1], [2, 3]], updates=x[0, :2]),
            R.TensorScatterAdd(tensor=x, indices=[[0], [0]], updates=x[1:]),
            R.TensorScatterSub(tensor=x, indices=[[0], [2]], updates=x[1:]),
            R.TensorScatterMax(tensor=x, indices=[[0], [2]], updates=x[1:]),
            R.OneHot(indices=[0, 3, -1, 9], depth=4, on_value=2.0, off_value=-1.0),
            R.OneHot(indices=i, depth=3, on_value=1.0, off_value=0.0, axis=0),
            R.OneHot(indices=[[1, 0]], depth=3, on_value=5, off_value=1, axis=1),
            *R.TopKV2(input=x, k=3),
            *R.TopKV2(input=x[0, 0], k=1),
        ],
        x,
        ints(2, 2, low=0, high=3),
        ints(3, 2, low=0, high=4),
    )
    case("where", lambda x: [R.Where(condition=x > 0.5)], x)
    case("unique", lambda x: list(R.Unique(x=x)), np.array([4, 2, 4, 7, 2, 0], np.int32))
