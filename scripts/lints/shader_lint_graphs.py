"""Small graphs that together render every shader template, for scripts/lints/lint_shaders.py.

Each is the text of an ONNX graph; inputs whose names begin with `w` become weights.
"""

from collections.abc import Iterator

IMAGE = "float[1,9,7,7] x"
COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_crop_and_resize",
)


def graph(inputs: str, body: str, output: str = "float") -> str:
    """Return the text of a graph with the output `y`, whose shape is left open."""
    return f"g ({inputs}) => ({output}[a] y) {{ {body} }}"


def kernel_graphs() -> Iterator[str]:
    """Yield graphs for the kernels that have a template of their own."""
    yield from convolutions()
    yield from sliding_windows()
    yield from reductions()
    yield from positions()
    yield from samples()
    yield from resizes()
    yield from copies()
    yield from element_kernels()
    yield from elementwise_graphs()


def convolutions() -> Iterator[str]:
    """Yield convolutions and matrix products, with and without bias and epilogue."""
    weights = ((8, 9, 1), (8, 9, 3))
    for outputs, inputs, kernel in weights:
        declared = f"{IMAGE}, float[{outputs},{inputs},{kernel},{kernel}] w, float[{outputs}] w_bias"
        yield graph(declared, "y = Conv(x, w)")
        yield graph(declared, "a = Conv(x, w, w_bias) b = Relu(a) c = Conv(x, w) y = Add(b, c)")
    yield graph(
        "float[1,3,7,7] x, float[8,3,3,3] w, float[8] w_bias", "y = Conv <strides=[2,2]> (x, w, w_bias)"
    )
    yield graph("float[1,1,9,9] x, float[8,1,5,5] w", "y = Conv <pads=[2,2,2,2]> (x, w)")
    yield graph("float[1,2,9,9] x, float[8,2,2,2] w", "y = Conv <dilations=[2,2]> (x, w)")
    declared = f"{IMAGE}, float[9,8,3,3] w, float[8] w_bias"
    yield graph(declared, "y = ConvTranspose <strides=[2,2]> (x, w, w_bias)")
    yield graph(f"{IMAGE}, float[9,1,3,3] w, float[9] w_bias", "y = Conv <group=9> (x, w, w_bias)")
    yield graph(f"{IMAGE}, float[9,1,3,3] w", "a = Conv <group=9> (x, w) y = Sigmoid(a)")
    yield graph(f"{IMAGE}, float[18,1,3,3] w, float[18] w_bias", "y = Conv <group=9> (x, w, w_bias)")
    yield graph(f"{IMAGE}, float[6,3,3,3] w, float[6] w_bias", "y = Conv <group=3> (x, w, w_bias)")
    yield graph(f"{IMAGE}, float[9,2,3,3] w", "y = ConvTranspose <group=3> (x, w)")
    yield graph("float[1,8,7,7] x, float[6,4,3,3] w, float[6] w_bias", "y = Conv <group=2> (x, w, w_bias)")
    yield graph("float[1,8,7] x, float[8,4,3] w", "y = Conv <group=2> (x, w)")
    yield graph("float[2,7,9] x, float[9,5] w", "y = MatMul(x, w)")
    yield from decoded_weights()
    yield graph("int32[2,7,9] x, int32[9,5] z", "y = MatMul(x, z)", "int32")
    yield graph("int32[2,7,9] x, int32[9,5] z", "a = MatMul(x, z) y = Cast <to=1> (a)")
    yield graph("float[2,7,9] x, float[2,5,9] z", "t = Transpose <perm=[0,2,1]> (z) y = MatMul(x, t)")
    attention = "q = MatMul(x, w) k = MatMul(x, w) t = Transpose <perm=[0,2,1]> (k) y = MatMul(q, t)"
    yield graph("float[2,7,9] x, float[9,9] w", attention)
    yield graph(
        "float[7,9] x, float[5,9] w, float[5] w_bias", "y = Gemm <transB=1, alpha=0.5> (x, w, w_bias)"
    )


def decoded_weights() -> Iterator[str]:
    """Yield products with weights of 8 and 4 bits, with scales for rows and blocks, and with zero points."""
    decode = "d = DequantizeLinear <axis=%s> (w, w_scale)"
    matrix = "float[2,7,36] x, int8[36,5] w"
    declared = f"{matrix}, float[5] w_scale, float[5] w_bias"
    yield graph(declared, f"{decode % 1} a = MatMul(x, d) y = Add(a, w_bias)")
    yield graph(f"{matrix}, float[9,5] w_scale", f"{decode % '0, block_size=4'} y = MatMul(x, d)")
    for kernel, attributes in ((1, ""), (3, "<pads=[1,1,1,1]>"), (2, "<dilations=[2,2]>")):
        declared = f"{IMAGE}, int8[8,9,{kernel},{kernel}] w, float[8] w_scale, float[8] w_bias"
        yield graph(declared, f"{decode % 0} y = Conv {attributes} (x, d, w_bias)")
    declared = f"{IMAGE}, int8[9,8,3,3] w, float[8] w_scale"
    yield graph(declared, f"{decode % 1} y = ConvTranspose <strides=[2,2]> (x, d)")
    for bits, zeros in ((4, ""), (4, ", w_zero"), (8, ", w_zero")):
        packed = f"uint8[5,3,{2 * bits}] w, float[5,3] w_scale, uint8[5,{-(-3 * bits // 8)}] w_zero"
        sizes = f"K=36, N=5, bits={bits}, block_size=16"
        yield graph(
            f"float[2,7,36] x, {packed}", f"y = com.microsoft.MatMulNBits <{sizes}> (x, w, w_scale{zeros})"
        )


def sliding_windows() -> Iterator[str]:
    """Yield poolings."""
    for dtype in ("float", "int8"):
        yield graph(f"{dtype}[1,9,7,7] x", "y = MaxPool <kernel_shape=[3,3]> (x)", dtype)
    yield graph(IMAGE, "y = AveragePool <kernel_shape=[3,3], pads=[1,1,1,1]> (x)")


def positions() -> Iterator[str]:
    """Yield poolings with positions, what was pooled put back, boxes and determinants."""
    for dtype in ("float", "int8"):
        yield graph(f"{dtype}[1,9,7,7] x", "v, y = MaxPool <kernel_shape=[3,3]> (x)", "int64")
        windows = "<kernel_shape=[2,2], strides=[2,2]>"
        pooled = f"v, i = MaxPool {windows} (x)"
        yield graph(f"{dtype}[1,9,8,8] x", f"{pooled} y = MaxUnpool {windows} (v, i)", dtype)
        yield graph(f"{dtype}[1,2,5,6,4] x", "v, y = MaxPool <kernel_shape=[2,3,2]> (x)", "int64")
    yield graph(f"{IMAGE}, float[3,5] z", "y = MaxRoiPool <pooled_shape=[2,2]> (x, z)")
    for mode in ("avg", "max"):
        for how in ("half_pixel", "output_half_pixel"):
            named = f'mode="{mode}", coordinate_transformation_mode="{how}"'
            yield graph(f"{IMAGE}, float[3,4] z, int64[3] i", f"y = RoiAlign <{named}> (x, z, i)")
    yield graph("float[2,3,3] x", "y = Det(x)")


def samples() -> Iterator[str]:
    """Yield every way to sample images and volumes."""
    images = ("float[1,9,7,7] x, float[1,3,2,2] z", "float[1,9,2,7,7] x, float[1,3,2,2,3] z")
    for declared in images:
        for mode in ("linear", "nearest", "cubic"):
            for padding in ("zeros", "border", "reflection"):
                for corners in (0, 1):
                    how = f'mode="{mode}", padding_mode="{padding}", align_corners={corners}'
                    yield graph(declared, f"y = GridSample <{how}> (x, z)")


def reductions() -> Iterator[str]:
    """Yield reductions of blocked and flat tensors."""
    for name in ("Sum", "Mean", "Prod", "Max", "Min"):
        for axes in ("1", "2, 3", "1, 2"):
            parameter = f"axes = Constant <value_ints=[{axes}]> ()"
            blocked = "a = MaxPool <kernel_shape=[2,2]> (x)"
            yield graph(IMAGE, f"{parameter} {blocked} y = Reduce{name} (a, axes)")
            yield graph(IMAGE, f"{parameter} {blocked} b = Exp(a) c = Add(b, a) y = Reduce{name} (c, axes)")
            yield graph(IMAGE, f"{parameter} y = Reduce{name} <keepdims=0> (x, axes)")
            if name in ("Max", "Min"):
                yield graph("int8[1,9,7,7] x", f"{parameter} {blocked} y = Reduce{name} (a, axes)", "int8")
                yield graph("bool[1,9,7,7] x", f"{parameter} y = Reduce{name} (x, axes)", "bool")
            if name != "Mean":
                yield graph("int32[3,5] x", f"y = Reduce{name} (x)", "int32")
    shifted = 'm = ReduceMax <keepdims=0> (x, axes) y = BitShift <direction="LEFT"> (m, z)'
    axis = "axes = Constant <value_ints=[0]> ()"
    yield graph("uint32[3,5] x, uint32[5] z", f"{axis} {shifted}", "uint32")
    for name in ("ArgMax", "ArgMin"):
        for dtype in ("float", "int32"):
            yield graph(f"{dtype}[3,5] x", f"y = {name} <axis=1> (x)", "int64")
    yield graph(IMAGE, "a = MaxPool <kernel_shape=[2,2]> (x) y = Softmax <axis=1> (a)")
    for length in (5, 16, 200):
        yield graph(f"float[3,{length}] x, float[{length}] w", "y = LayerNormalization(x, w)")
    yield graph("float[2,9] x, float[9,200] w", "a = MatMul(x, w) y = ReduceLogSumExp <keepdims=0> (a)")


def resizes() -> Iterator[str]:
    """Yield every mode of Resize."""
    scales = "r = Constant <value_floats=[0.0, 0.0, 0.1, 0.1, 1.0, 1.0, 0.9, 0.9]> () "
    scales += "s = Constant <value_floats=[1.0, 1.0, 2.0, 1.5]> ()"
    for coordinates in COORDINATES:
        named = f'coordinate_transformation_mode="{coordinates}"'
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            for dtype in ("float", "int32"):
                nearest = f'mode="nearest", nearest_mode="{rounding}", {named}'
                yield graph(f"{dtype}[1,9,7,7] x", f"{scales} y = Resize <{nearest}> (x, r, s)", dtype)
        for mode in ("linear", "cubic"):
            for outside in (0, 1):
                smooth = f'mode="{mode}", exclude_outside={outside}, {named}'
                yield graph(IMAGE, f"{scales} y = Resize <{smooth}> (x, r, s)")
                yield graph(IMAGE, f"{scales} y = Resize <{smooth}, antialias=1> (x, r, s)")


def copies() -> Iterator[str]:
    """Yield copies through views of flat and blocked tensors, joined and padded ones among them."""
    for dtype in ("float", "int8"):
        image = f"{dtype}[1,9,7,7] x"
        blocked = "a = MaxPool <kernel_shape=[2,2]> (x)"
        shape = "shape = Constant <value_ints=[1, 3, 3, 36]> ()"
        split = f"{blocked} {shape} b = Reshape(a, shape)"
        yield graph(image, "y = Transpose <perm=[0,2,3,1]> (x)", dtype)
        yield graph(image, f"{split} y = Transpose <perm=[0,2,1,3]> (b)", dtype)
        yield graph(
            image, f"{split} c = Transpose <perm=[0,2,1,3]> (b) y = MaxPool <kernel_shape=[2,2]> (c)", dtype
        )
        yield graph(image, f"{blocked} y = Concat <axis=1> (a, a)", dtype)
        yield graph(image, f"{blocked} b = Flatten(a) c = Flatten(x) y = Concat <axis=1> (b, c)", dtype)
        yield graph(image, "y = Concat <axis=1> (x, x)", dtype)
        yield graph(f"{dtype}[2, 5, 6, 8] x", blocked.replace("a =", "y ="), dtype)
        aligned = f"{blocked} b = Concat <axis=1> (a, a) y = MaxPool <kernel_shape=[2,2]> (b)"
        yield graph(image.replace("9", "8", 1), aligned, dtype)
        pads = "pads = Constant <value_ints=[0, 1, 2, 1, 0, 0, 1, 2]> ()"
        yield graph(image, f"{pads} y = Pad (x, pads)", dtype)
        yield graph(image, f"{blocked} {pads} y = Pad (a, pads)", dtype)
        for mode in ("reflect", "edge", "wrap"):
            yield graph(image, f'{pads} y = Pad <mode="{mode}"> (x, pads)', dtype)
            rows = "rows = Constant <value_ints=[0, 0, 2, 1, 0, 0, 1, 2]> ()"
            yield graph(image, f'{rows} {blocked} y = Pad <mode="{mode}"> (a, rows)', dtype)
            yield graph(image, f'{rows} {blocked} b = Neg(a) y = Pad <mode="{mode}"> (b, rows)', dtype)


def element_kernels() -> Iterator[str]:
    """Yield what is computed one element at a time."""
    for dtype in ("float", "int32"):
        yield graph(f"{dtype}[3,5] x, int64[2] i", "y = Gather <axis=1> (x, i)", dtype)
        yield graph(f"{dtype}[3,5] x, int64[3,2] i", "y = GatherElements <axis=1> (x, i)", dtype)
        yield graph(f"{dtype}[3,5] x, int64[4,2] i", "y = GatherND (x, i)", dtype)
        for name in ("CumSum", "CumProd"):
            for length in (5, 300):
                axis = "axis = Constant <value_int=1> ()"
                yield graph(f"{dtype}[3,{length}] x", f"{axis} y = {name} (x, axis)", dtype)
        yield graph(f"{dtype}[3,5] x", "k = Constant <value_ints=[2]> () y, i = TopK (x, k)", dtype)
        yield graph(
            f"{dtype}[3,5] x", "k = Constant <value_ints=[2]> () y, i = TopK <largest=0> (x, k)", dtype
        )
    yield graph("uint32[3,5] x", "k = Constant <value_ints=[2]> () y, i = TopK (x, k)", "uint32")
    # Numbers of the extent n, which only the runtime knows: data needs them in a texture.
    numbers = "z = Constant <value_int=0> () o = Constant <value_int=1> () s = Shape(x) n = Gather(s, z)"
    yield graph("float[n] x", f"{numbers} y = Range(z, n, o)", "int64")
    yield graph("float[n] x", f"{numbers} r = Range(z, n, o) f = Cast <to=1> (r) y = Mul(x, f)")
    yield graph("float[n,m] x, int64[2] i", "s = Shape(x) y = Gather(s, i)", "int64")
    yield graph("float[n,m] x, int64[2] i", "s = Shape(x) f = Cast <to=1> (s) y = Gather(f, i)")
    for dtype in ("float", "int32", "uint32"):
        declared = f"{dtype}[3,5] x, int64[2,1] i, {dtype}[2,5] u, int64[2,5] e"
        for reduction in ("none", "add", "mul", "max", "min"):
            how = f'<reduction="{reduction}">'
            yield graph(declared, f"y = ScatterND {how} (x, i, u)", dtype)
            yield graph(declared, f"y = ScatterElements {how} (x, e, u)", dtype)


def elementwise_graphs() -> Iterator[str]:
    """Yield elementwise work with operands of every layout, and operators that need more than operands."""
    blocked = "a = MaxPool <kernel_shape=[1,1]> (x)"
    operands = {
        "channels": "float[9,1,1] z",
        "rows": "float[7,1] z",
        "whole": "float[1,9,7,7] z",
        "image": "float[1,1,7,7] z",
    }
    for operand in operands.values():
        yield graph(f"{IMAGE}, {operand}", f"{blocked} b = Exp(a) y = Mul(b, z)")
        yield graph(f"{IMAGE}, {operand}", "y = Mul(x, z)")
        yield graph(f"{IMAGE}, {operand}", f"{blocked} b = Less(a, z) y = Where(b, a, z)")
    for dtype, code in (("float", 1), ("int32", 6), ("uint8", 2), ("uint32", 12), ("bool", 9), ("int16", 5)):
        for source in ("float", "int32", "uint32", "bool"):
            yield graph(f"{source}[3,5] x", f"y = Cast <to={code}> (x)", dtype)
    for direction in ("LEFT", "RIGHT"):
        yield graph("uint8[3] x, uint8[3] z", f'y = BitShift <direction="{direction}"> (x, z)', "uint8")
        yield graph("uint32[3] x, uint32[3] z", f'y = BitShift <direction="{direction}"> (x, z)', "uint32")
    yield graph("float[3] x", "y = BitCast <to=6> (x)", "int32")
    yield graph("int32[3] x", "y = BitCast <to=1> (x)")
    yield graph("float[3] x, float[3] z", "y = Mod <fmod=1> (x, z)")
    yield graph("bool[3] c, float[3] x, float[3] z", "y = Where (c, x, z)")
    yield graph("bool[3] c, int32[3] x, int32[3] z", "y = Where (c, x, z)", "int32")
    yield graph("float[3] x, int32[3] z", "y = Pow (x, z)")
    yield graph("float[3] x", 'y = Gelu <approximate="tanh"> (x)')
