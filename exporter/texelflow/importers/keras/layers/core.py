"""Dense, Embedding, and layers that give tensors another shape, or do nothing outside of training."""

from __future__ import annotations

from texelflow.dimensions import product
from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.layers.attention import masked_softmax
from texelflow.importers.keras.lowering import (
    KERAS_3,
    Layer,
    Mask,
    kept,
    kept_in_keras_3,
    lowers,
    refuses,
    with_bias,
)


@lowers(
    *"Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout".split(),
    "AlphaDropout",
    "ActivityRegularization",
    masks=kept,
)
@lowers("Identity", masks=kept_in_keras_3)
@lowers(
    *"RandomFlip RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness".split(),
    *"RandomHeight RandomWidth InputLayer".split(),
    *"RandAugment RandomColorDegeneration RandomColorJitter RandomElasticTransform RandomErasing".split(),
    *"RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective".split(),
    *"RandomPosterization RandomSaturation RandomSharpness RandomShear".split(),
    *"AugMix CutMix Equalization MixUp Solarization".split(),
)
def nothing(layer: Layer) -> None:
    """What it is called with: it acts in training only."""
    layer.add("Identity", layer.result, layer.x)


@lowers("RandomCrop")
def random_crop(layer: Layer) -> None:
    """Keras 3 crops in training only; Keras 2 cuts out the middle of an image that is resized to fit."""
    if layer.dialect != KERAS_3:
        raise layer.fail(
            "it resizes pictures of other sizes: use Resizing(crop_to_aspect_ratio=True) instead"
        )
    layer.add("Identity", layer.result, layer.x)


@lowers("Dense", weights=with_bias("kernel"), masks=kept)
def dense(layer: Layer) -> None:
    """The last axis times a matrix, a bias, an activation."""
    made = layer.add("MatMul", "product", layer.x, layer.weight("kernel"))
    if layer.setting("use_bias", True):
        made = layer.add("Add", "biased", made, layer.weight("bias"))
    activate(layer, layer.result, made, layer.setting("activation"))


@lowers("EinsumDense", weights=lambda config: ["kernel", *(["bias"] if config.get("bias_axes") else [])])
def einsum_dense(layer: Layer) -> None:
    """A product along named axes, a bias, an activation."""
    equation = str(layer.setting("equation", ""))
    made = layer.add("Einsum", "product", layer.x, layer.weight("kernel"), equation=equation)
    if layer.setting("bias_axes"):
        made = layer.add("Add", "biased", made, layer.weight("bias"))
    activate(layer, layer.result, made, layer.setting("activation"))


@lowers(
    "Embedding",
    weights=lambda _config: ["embeddings"],
    masks=lambda config, _masked: Mask.MADE if config.get("mask_zero") else Mask.LOST,
)
def embedding(layer: Layer) -> None:
    """The row of a matrix for each whole number; 0 may mean that there is none."""
    indices = layer.x if layer.x.dtype in ("int32", "int64") else layer.cast("indices", layer.x, "int32")
    layer.add("Gather", layer.result, layer.weight("embeddings"), indices, axis=0)
    if layer.gives_mask:
        is_zero = layer.add("Equal", "is_zero", layer.x, layer.scalar("zero", layer.x.dtype, 0))
        layer.add("Not", layer.mask_result, is_zero)


@lowers(
    "ReversibleEmbedding",
    weights=lambda config: [
        "embeddings",
        *([] if config.get("tie_weights", True) else ["reverse_embeddings"]),
    ],
    masks=lambda config, _masked: Mask.MADE if config.get("mask_zero") else Mask.LOST,
)
def reversible_embedding(layer: Layer) -> None:
    """An embedding; or, in reverse, how well each of its rows goes with a vector."""
    if not (layer.argument("reverse", False) or True in layer.argument("positional", [])):
        embedding(layer)
        return
    if layer.gives_mask:  # in reverse all count
        shape = layer.vector("shape", layer.x.shape[:-1])
        layer.add("Expand", layer.mask_result, layer.scalar("all", "bool", True), shape)
    rows = layer.weight("embeddings")
    if layer.setting("tie_weights", True):
        rows = layer.add("Transpose", "columns", rows, perm=[1, 0])
    else:
        rows = layer.weight("reverse_embeddings")
    made = layer.add("MatMul", "scores", layer.x, rows)
    if layer.setting("logit_soft_cap") is not None:
        cap = layer.scalar("cap", layer.x.dtype, layer.number("logit_soft_cap", 1.0))
        made = layer.add("Mul", "capped", layer.add("Tanh", "bent", layer.add("Div", "part", made, cap)), cap)
    layer.add("Identity", layer.result, made)


@lowers("Masking", masks=lambda _config, _masked: Mask.MADE)
def masking(layer: Layer) -> None:
    """A mask of the steps in which any number is not mask_value; zeros in the others."""
    value = layer.scalar("value", layer.x.dtype, layer.number("mask_value", 0.0))
    other = layer.cast(
        "other", layer.add("Not", "differs", layer.add("Equal", "is_value", layer.x, value)), "int32"
    )
    counts = layer.add("ReduceMax", "counts", other, layer.vector("last_axis", [-1]), keepdims=1)
    upright = layer.cast("upright", counts, "bool")
    layer.add("Where", layer.result, upright, layer.x, layer.scalar("nothing", layer.x.dtype, 0))
    if layer.gives_mask:
        layer.add("Squeeze", layer.mask_result, upright, layer.vector("mask_axis", [-1]))


@lowers("Flatten")
def flatten(layer: Layer) -> None:
    """All axes but the batch as one, the channels moving fastest."""
    x, rank = layer.x, layer.rank
    if layer.is_first and rank > 2:
        x = layer.add("Transpose", "channels_last", x, perm=[0, *range(2, rank), 1])
    if rank < 2:
        layer.add("Unsqueeze", layer.result, x, layer.vector("axis", [1]))
        return
    layer.reshape(layer.result, x, [layer.x.shape[0], product(layer.x.shape[1:])])


@lowers("Reshape")
def reshape(layer: Layer) -> None:
    """Another shape behind the batch; one extent may be -1."""
    target = layer.setting("target_shape", [])
    if not isinstance(target, list) or not all(type(n) is int and -1 <= n < 2**31 for n in target):
        raise layer.fail(f"its target_shape is {str(target)[:80]}; whole numbers are needed")
    if -1 in target:
        places = layer.vector("target", [layer.x.shape[0], *target])
        layer.add("Reshape", layer.result, layer.x, places)
    else:
        layer.reshape(layer.result, layer.x, [layer.x.shape[0], *target])


@lowers("Permute")
def permute(layer: Layer) -> None:
    """The axes behind the batch in another order, counted from 1."""
    dims = layer.setting("dims", [])
    if not isinstance(dims, list) or sorted(map(str, dims)) != sorted(map(str, range(1, layer.rank))):
        raise layer.fail(f"its dims are {str(dims)[:80]}, its input {layer.x.type}")
    layer.add("Transpose", layer.result, layer.x, perm=[0, *dims])


@lowers("RepeatVector")
def repeat_vector(layer: Layer) -> None:
    """Repeats a vector."""
    layer.require_rank(2)
    count = layer.whole("n", 1)
    upright = layer.add("Unsqueeze", "upright", layer.x, layer.vector("axis", [1]))
    batch, width = layer.x.shape
    layer.add("Expand", layer.result, upright, layer.vector("shape", [batch, count, width]))


@lowers("Activation", masks=kept)
def activation(layer: Layer) -> None:
    """An activation."""
    activate(layer, layer.result, layer.x, layer.setting("activation"), layer.x.dtype)


@lowers("ReLU", masks=kept)
def relu(layer: Layer) -> None:
    """X above a threshold, up to a largest value, below it negative_slope · (x - threshold)."""
    x = layer.x
    slope, threshold = layer.number("negative_slope", 0.0), layer.number("threshold", 0.0)
    largest = layer.setting("max_value")
    if slope or threshold:
        edge = layer.scalar("threshold", x.dtype, threshold)
        falls = layer.add(
            "Mul", "slope", layer.add("Sub", "below", x, edge), layer.scalar("factor", x.dtype, slope)
        )
        is_above = layer.add("GreaterOrEqual", "is_above", x, edge)
        made = layer.add("Where", "bent", is_above, x, falls)
        if largest is not None:
            made = layer.add(
                "Min", "limited", made, layer.scalar("most", x.dtype, layer.number("max_value", 0))
            )
        layer.add("Identity", layer.result, made)
    elif largest is not None:
        bounds = [
            layer.scalar("least", x.dtype, 0),
            layer.scalar("most", x.dtype, layer.number("max_value", 0)),
        ]
        layer.add("Clip", layer.result, x, *bounds)
    else:
        layer.add("Relu", layer.result, x)


@lowers("LeakyReLU", masks=kept)
def leaky_relu(layer: Layer) -> None:
    """X where it is positive, else a part of it."""
    slope = layer.number("negative_slope", layer.number("alpha", 0.3))
    layer.add("LeakyRelu", layer.result, layer.x, alpha=slope)


@lowers("ELU", masks=kept)
def elu(layer: Layer) -> None:
    """X where it is positive, else alpha · (exp(x) - 1)."""
    layer.add("Elu", layer.result, layer.x, alpha=layer.number("alpha", 1.0))


@lowers("PReLU", weights=lambda _config: ["alpha"], masks=kept)
def prelu(layer: Layer) -> None:
    """X where it is positive, else a learned part of it."""
    layer.add("PRelu", layer.result, layer.x, layer.weight("alpha"))


@lowers("ThresholdedReLU", masks=kept)
def thresholded_relu(layer: Layer) -> None:
    """X above theta, else 0."""
    layer.add("ThresholdedRelu", layer.result, layer.x, alpha=layer.number("theta", 1.0))


@lowers("Softmax", masks=kept)
def softmax(layer: Layer) -> None:
    """Softmax along one axis, or several together; what a mask leaves out gets nothing."""
    axes = layer.axes("axis", -1)
    made = masked_softmax(layer, layer.x, layer.mask(), axes, with_zeros=layer.dialect == KERAS_3)
    layer.add("Identity", layer.result, made)


refuses(
    "Lambda",
    "TFOpLambda",
    "SlicingOpLambda",
    "TensorFlowOpLayer",
    reason="it is a function of Python, which the file does not describe in a way that can be read: export"
    " the model as a SavedModel (model.export), whose graph has what it computes",
)
refuses(
    "StringLookup",
    "TextVectorization",
    "Hashing",
    "HashedCrossing",
    reason="it looks texts or keys up: do that in the page, and export the model from the numbers on",
)
refuses(
    "ContrastLimitedAdaptiveHistogramEqualization",
    "MaxNumBoundingBoxes",
    reason="it changes pictures or boxes in every run: do that in the page, and export the model behind it",
)
refuses(
    "Pipeline",
    reason="it has layers of its own: build the model of these, one after another",
)
refuses(
    *"FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper".split(),
    reason="it has a program of another framework in it: export that, or the model as a SavedModel"
    " (model.export)",
)
refuses(
    "MelSpectrogram",
    "STFTSpectrogram",
    reason="it makes spectra, which texelflow.ends.js does in the page: export the model from these on",
)
