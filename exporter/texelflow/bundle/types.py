"""Types of graph.json, generated from graph.schema.json by scripts/generate_types.py."""

from typing import Literal, NotRequired, TypeAlias, TypedDict


DataType: TypeAlias = Literal["float32", "float16", "bfloat16", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"]
"""An ONNX element type in lower case."""


Expression: TypeAlias = int | str | list["Real"]
"""An integer, the name of a symbol, or [operation, operand, ...] with operation one of + - * // % min max ==
< select broadcast trunc. // and % round towards minus infinity; == and < give 1 or 0; select(condition, then,
otherwise); broadcast gives the operand that is not 1, and 1 if all are; trunc the whole part of a Real.
"""


Real: TypeAlias = float | str | list["Real"]
"""A number, or one of the three that JSON cannot write, the name of a symbol, or [operation, operand, ...] as
in Expression, and with / for true division, floor, ceil, round (half to even), sqrt, abs, and fround, which
rounds to 32 bits.
"""


class Constraint(TypedDict):
    """`left` equals `right`, is at least it, or broadcasts with it: they are equal or one is 1."""

    left: "Expression"
    relation: Literal["=", ">=", "1 or ="]
    right: "Expression"
    node: str
    """The source node that needs it, as «operator name», for errors."""
    meaning: str
    """What both are, or with >= what the left one is, for errors."""


Span: TypeAlias = int
"""How many samples or bytes a run takes at most."""


SampleRate: TypeAlias = int
"""How many samples there are in a second."""


Rate: TypeAlias = float
"""How many numbers there are in a second."""


Natural: TypeAlias = int


Shape: TypeAlias = list["Expression"]


TensorIndex: TypeAlias = int
"""Index into plans.webgl2.tensors."""


InputIndex: TypeAlias = Literal[-1] | "TensorIndex"
"""Index of a flat tensor, or -1 when nothing reads the input."""


ProgramIndex: TypeAlias = int
"""Index into plans.webgl2.programs."""


class GraphInput(TypedDict):
    name: str
    dtype: "DataType"
    shape: "Shape"
    tensor: "InputIndex"
    elements: NotRequired[list[str]]
    """The symbols that its elements are, in row-major order, where the model's sizes depend on them."""
    image: NotRequired["ImagePreprocessing"]
    meaning: NotRequired["Meaning"]


class GraphOutput(TypedDict):
    name: str
    dtype: "DataType"
    shape: "Shape"
    tensor: "TensorIndex"
    meaning: NotRequired["Meaning"]


class State(TypedDict):
    """Two flat tensors, of one shape unless it `grows`, or is made anew by each run: after a run, what it
    left in `next` is what the next run reads in `tensor`. Or one and the same, whose width grows: a run draws
    the new columns.
    """

    name: str
    """The model's input that it was."""
    output: str
    """The model's output that it was."""
    dtype: "DataType"
    shape: "Shape"
    tensor: "TensorIndex"
    next: "TensorIndex"
    grows: NotRequired[str]
    """The symbol of an extent of `shape` that is longer after each run; it is 0 before the first."""
    init: Literal['zeros']
    """What it is before the first run."""
    scope: Literal['session']
    """What keeps it."""


class Meaning(TypedDict):
    """What the numbers of an input or output mean."""

    labels: NotRequired[list[str]]
    """Names, by index, of the classes that it scores or counts, or of its points, or the characters that it
    writes.
    """
    role: NotRequired["Role"]


Role: TypeAlias = "Classes | Boxes | Mask | Keypoints | OutputPicture | Ctc | Tokens | Embedding | Curve | Notes | Sound | Bytes | Text"
"""What it is in a task. The loader does not look at it; the runtime's pipelines do."""


Activation: TypeAlias = Literal["none", "softmax", "sigmoid"]
"""What makes probabilities of the numbers: none where they are some."""


Unit: TypeAlias = Literal["fraction", "pixel"]
"""What places are given in: fractions of the sides of the model's picture, or its pixels."""


class Classes(TypedDict):
    """A score for each class along the last axis: of the whole input, or of each token of a text."""

    kind: Literal['classes']
    activation: NotRequired["Activation"]


class Boxes(TypedDict):
    """A part of what says where objects are."""

    kind: Literal['boxes']
    part: NotRequired[Literal["boxes", "scores", "labels", "count", "points", "table", "map"]]
    """Four numbers a box; a score a box and class; the class of each box; how many there are; the points of
    each; rows of a box, its scores and more; or a map: how likely each pixel is part of an object, where
    those that touch are one, told by the rectangle around them, however turned, with its corners as points.
    Default: `boxes`.
    """
    form: NotRequired[Literal["edges", "corner", "centre", "sides"]]
    """What the four numbers are: edges, a corner and a size, a centre and a size, or how far the left, upper,
    right and lower side is from an anchor's centre. Default: `edges`.
    """
    order: NotRequired[Literal["xy", "yx"]]
    """Whether numbers across come before those down. Default: they do."""
    unit: NotRequired["Unit"]
    columns: NotRequired[Literal["scores", "objectness-scores", "score-label", "label-score"]]
    """Of a table, what is behind the four numbers of a box. Default: `scores`."""
    transposed: NotRequired[bool]
    """Whether boxes are along the last axis, and their numbers along the one before."""
    activation: NotRequired["Activation"]
    background: NotRequired["Natural"]
    """Of scores, the class that is no object."""
    anchors: NotRequired[list[list[float]]]
    """Where the numbers are moves from anchors: for each grid the side of its cells, and the sides of the
    squares in each, in pixels of the model's picture. Sizes are multiples of the square's, and places moves
    by multiples of it from its centre.
    """
    offset: NotRequired[float]
    """Where in its cell an anchor's centre is, in cells. Default: 0.5."""
    scale: NotRequired[list[float]]
    """By which the numbers of a move are divided: x, y, width, height. Those of points as x and y."""
    distribution: NotRequired["Natural"]
    """How many numbers stand for each of the four: the logarithms of how likely it is 0, 1, 2 and so on,
    whose mean it is.
    """
    level: NotRequired[float]
    """Of a map, from where on a pixel is part of an object. Default: 0.3."""
    grow: NotRequired[float]
    """Of a map that shows objects smaller than they are, how far their sides are moved outwards, in multiples
    of area by perimeter.
    """
    exponential: NotRequired[bool]
    """Whether sizes are given by the logarithm of their ratio to the anchor's."""
    points: NotRequired["Natural"]
    """How many points, x and y each, are behind the four numbers of a box."""
    threshold: NotRequired[float]
    """The least score that its makers take for an object."""
    overlap: NotRequired[float]
    """Boxes that share more, as intersection over union, are one object to its makers."""
    merge: NotRequired[Literal["best", "weighted"]]
    """Whether of such boxes the best is taken, or the mean weighted by their scores, as MediaPipe does.
    Default: the best.
    """


class Mask(TypedDict):
    """A number a pixel and class: channels first or last. Whole numbers without an axis of channels are
    classes.
    """

    kind: Literal['mask']
    activation: NotRequired["Activation"]
    foreground: NotRequired["Natural"]
    """Where it is one object, its channel: then the others are not looked at."""
    threshold: NotRequired[float]
    """The least probability that its makers take for the object."""


class Keypoints(TypedDict):
    """A part of what says where points of one object are."""

    kind: Literal['keypoints']
    part: NotRequired[Literal["points", "heatmaps", "presence"]]
    """Numbers of each point; a map for each; or whether the object is there. Default: `points`."""
    columns: NotRequired[list[Literal["x", "y", "z", "score", "other"]]]
    """What the numbers of a point are. Default: x and y."""
    unit: NotRequired["Unit"]
    activation: NotRequired["Activation"]
    threshold: NotRequired[float]
    """The least probability with which its makers take a point, or the object, for present."""
    links: NotRequired[list[list["Natural"]]]
    """Pairs of points that are joined by a line where they are shown."""


class OutputPicture(TypedDict):
    """A picture, channels first or last."""

    kind: Literal['picture']
    range: NotRequired[list[float]]
    """The numbers that are black and white. Default: 0 and 1."""
    channels: NotRequired[Literal["rgb", "bgr", "gray"]]


class Ctc(TypedDict):
    """A score for each character along the last axis, at each step of a line of text, trained with CTC. The
    labels are the characters.
    """

    kind: Literal['ctc']
    blank: NotRequired["Natural"]
    """The index that stands for no character. Default: 0."""
    activation: NotRequired["Activation"]


class Tokens(TypedDict):
    """A logit for each token of a vocabulary, along the last axis."""

    kind: Literal['tokens']


class Embedding(TypedDict):
    """A vector that says what the input is about: of the whole, or with an axis more before the last, of each
    token or place.
    """

    kind: Literal['embedding']
    pooling: NotRequired[Literal["none", "mean", "first", "last"]]
    """How its makers take one vector of those of all tokens. Default: `none`."""
    normalize: NotRequired[bool]
    """Whether its makers bring it to the length 1."""


class Curve(TypedDict):
    """A number for each moment of a sound, along the last axis."""

    kind: Literal['curve']
    unit: NotRequired[Literal["probability", "hertz"]]
    """What the numbers are."""
    rate: NotRequired["Rate"]
    """Numbers a second."""
    offset: NotRequired[float]
    """Seconds from the beginning of the sound to the moment of the first: 0 unless given."""
    threshold: NotRequired[float]
    """The least probability that its makers take for a yes."""
    scale: NotRequired[float]
    """By which the numbers are multiplied, as those of 8 bits may be. Default: 1."""
    mean: NotRequired["Natural"]
    """Over how many moments, up to each, its makers take the mean. Default: 1."""


class Notes(TypedDict):
    """A probability for each moment of a sound and each note, half a tone apart, along the last two axes."""

    kind: Literal['notes']
    part: Literal["frames", "onsets"]
    """Whether the note sounds, or begins."""
    rate: "Rate"
    """Moments a second."""
    lowest: "Natural"
    """The lowest note, as MIDI counts: 21 is the lowest of a piano."""


class Sound(TypedDict):
    """An input of samples of one channel, along the last axis."""

    kind: Literal['sound']
    rate: "SampleRate"
    """Samples a second."""
    window: NotRequired["Span"]
    """New samples that a run takes; the whole sound, or as many as the input has, unless given."""
    context: NotRequired["Span"]
    """Samples before those of the window, of the windows before, that a run takes, too; zeros at first."""
    overlap: NotRequired["Span"]
    """Samples that windows share. Half of what comes of them is left out at the end of the one, half at the
    beginning of the other.
    """
    features: NotRequired[Literal["micro"]]
    """What a run takes instead of samples. `micro`: forty numbers of each 10 ms, as TensorFlow Lite Micro's
    audio frontend makes them for microWakeWord; of 8 bits, in steps of 26 / 255 from -128 on.
    """


class Bytes(TypedDict):
    """An input of whole numbers along the last axis: bytes of a file, from its beginning and from its end,
    without the white space there.
    """

    kind: Literal['bytes']
    beginning: "Span"
    """How many from the beginning."""
    end: "Span"
    """How many from the end."""
    padding: "Natural"
    """What stands where there are fewer: behind those of the beginning, before those of the end."""
    block: "Span"
    """How many bytes at either side are looked at."""


class Text(TypedDict):
    """An input of the tokens of a text, whose tokenizer is in the bundle."""

    kind: Literal['text']
    files: list[str]
    """Names of the tokenizer's files, beside graph.json: no other is there."""


class Provenance(TypedDict):
    """What the bundle was made from, for people and for `verify`. The loader does not look at it."""

    source: str
    """Name of the model's file."""
    sha256: str
    """SHA-256 of that file."""
    format: NotRequired[str]
    """What that file is, with the version that it says it has."""
    producer: NotRequired[str]
    """What wrote that file, in its own words; missing where it does not say it."""
    options: list[str]
    """What the export was asked for, as `name=value`."""
    constants: list["FixedInput"]
    """Inputs of the model that the export made constants."""


class FixedInput(TypedDict):
    """An input and its elements, row-major."""

    name: str
    dtype: "DataType"
    shape: list["Natural"]
    elements: list["Real"]


class ImagePreprocessing(TypedDict):
    """How a picture becomes the input: resized to width × height, channels ordered, (value / 255 - mean) /
    deviation per channel, written by one draw whose only sampler, `picture`, is the picture as RGBA8. The
    symbols `picture.left`, `picture.top`, `picture.width` and `picture.height` hold the part of it to take,
    in pixels; the draw leaves all texels of the input's tensor but those from `picture.first` to before
    `picture.end` as they are.
    """

    width: "Expression"
    height: "Expression"
    fit: Literal["stretch", "cover", "contain", "crop", "crop-floor"]
    """How the picture is fitted; the crops cut out the middle of the picture that was resized to `resized`,
    which torchvision and transformers round differently.
    """
    resized: list["Natural"]
    """Width and height, or the shorter side alone, in pixels; empty but for the crops."""
    resize: str
    """The method, for people: library and name."""
    channels: Literal["rgb", "bgr", "gray"]
    mean: list[float]
    deviation: list[float]
    program: "ProgramIndex"
    ints: list["Expression"]
    floats: list["Real"]


class Part(TypedDict):
    file: str
    key: str


class Weight(TypedDict):
    """A constant of the model, stored as the model has it, and uploaded to a flat tensor."""

    tensor: "TensorIndex"
    row: NotRequired["Natural"]
    """Elements of a row as stored, where those of the tensor, its last axis, are longer: each is filled up
    with zeros.
    """
    parts: list["Part"]
    """Where the bytes lie: one safetensors entry, or several in order for a tensor split along axis 0."""


class Requirements(TypedDict):
    textureUnits: int
    """Most samplers that one program reads."""


class Entries(TypedDict):
    """What can be run, by name; each a list of steps in order."""

    predict: list["Step"]
    """From the inputs to the outputs."""


class WebGL2Plan(TypedDict):
    requirements: "Requirements"
    tensors: list["PlanTensor"]
    programs: list["Program"]
    load: list["Draw"]
    """Draws that depend on weights alone, made once; their results stay until disposal unless no step reads
    them.
    """
    entries: "Entries"
    """What can be run, by name; each a list of steps in order."""


class Alias(TypedDict):
    """Makes the tensor an alias: it has no texture, but reads channels of an earlier tensor, counted on from
    one batch entry to the next; both are blocked alike and have the same height and width. `start` is the
    first one, `step` leads from one batch entry of the alias to the next; both are multiples of 8, as the
    alias's channels are.
    """

    tensor: "TensorIndex"
    start: "Natural"
    step: "Natural"


class PlanTensor(TypedDict):
    """A tensor in GPU memory. Without `axes` it is flat: row-major, four elements a texel. With `axes` it is
    blocked: see docs/bundle-format.md, Layouts.
    """

    dtype: "DataType"
    shape: "Shape"
    axes: NotRequired[list[list[int]]]
    """For batch, channel, height and width in that order: the axes of `shape` whose product (first axis
    slowest) it is. An empty list has extent 1; every axis is named once.
    """
    pixels: NotRequired[Literal[1]]
    """Blocks one pixel a texel group whatever the device's setting."""
    groups: NotRequired[Literal[1]]
    """Blocks one channel group whatever the device's setting."""
    rows: NotRequired[Literal[2]]
    """Blocks two neighbouring rows, and one channel group, where the device's setting blocks two groups."""
    alias: NotRequired["Alias"]
    """Makes the tensor an alias: it has no texture, but reads channels of an earlier tensor, counted on from
    one batch entry to the next; both are blocked alike and have the same height and width. `start` is the
    first one, `step` leads from one batch entry of the alias to the next; both are multiples of 8, as the
    alias's channels are.
    """
    storage: NotRequired[Literal["float32", "int8"]]
    """How elements are stored, where their type and the device's setting do not say it: floats in 32 bits
    whatever the setting, or whole numbers of type int8, results of the load phase, in 8 bits, as weights of
    that type are.
    """
    value: NotRequired[str]
    """Name of the source model's value that it holds."""
    lifetime: NotRequired[list[int]]
    """First and last step of the entry that touch it, for reuse of memory. Inputs begin at -1, outputs end at
    the number of steps. Absent: weights and results of the load phase.
    """


class Program(TypedDict):
    """A fragment shader without its #version line; the runtime puts the device's #defines before it."""

    name: str
    """Name of the template, for people."""
    source: str
    samplers: list[str]
    """Names of the sampler uniforms, in the order of a draw's inputs."""
    bits: NotRequired["Bits"]


Bits: TypeAlias = Literal[4, 8]
"""Of the numbers that `weights` are stored as, where the program decodes them as it reads them: of 4 there
are two in a byte, the first in the lower half, both signed. For people: the loader does not look at it.
"""


class Draw(TypedDict):
    """One use of a program. It fills its output entirely, which nothing else fills. `flops`, for profiles,
    are the floating-point operations of a convolution or matrix product, two for each multiply-add.
    """

    program: "ProgramIndex"
    inputs: list["TensorIndex"]
    """One for each sampler."""
    output: "TensorIndex"
    ints: NotRequired[list["Expression"]]
    floats: NotRequired[list["Real"]]
    flops: NotRequired["Expression"]
    node: str
    """The source node, as «operator name», for errors and profiles."""


HostName: TypeAlias = Literal["read", "non-zero", "non-max-suppression", "unique", "loop", "again", "branch", "other", "join"]
"""What the page does in a step; the runtime's host/ has a file for each but those that nest: `loop` and
`again` around what is repeated, `branch`, `other` and `join` around what one of two branches does
(docs/bundle-format.md, Entries).
"""


class HostStep(TypedDict):
    """Work of the page in the midst of a run: it reads `inputs` back, fills `outputs`, and learns symbols,
    which shapes and numbers of later steps use. All its tensors are flat.
    """

    host: "HostName"
    inputs: list["TensorIndex"]
    outputs: list["TensorIndex"]
    binds: list[str]
    """The symbols that it learns, in the order in which it says them."""
    ints: list["Expression"]
    floats: list["Real"]
    node: str
    """The source node, as «operator name», for errors."""


Step: TypeAlias = "Draw | HostStep"
"""What a run does in its turn."""


class Branch(TypedDict):
    when: list["Constraint"]
    file: str
    """Name of a file like this one, in the same folder."""


class BundleFile(TypedDict):
    name: str
    bytes: "Natural"
    sha256: str


class Derived(TypedDict):
    name: str
    value: "Expression"


class Plans(TypedDict):
    """Lowerings of the graph, by backend."""

    webgl2: "WebGL2Plan"


class GraphFile(TypedDict):
    """graph.json of a Texelflow bundle, format version 2."""

    formatVersion: Literal[2]
    """Integer version of this format; raised by every incompatible change."""
    generator: str
    """Program and version that wrote the file."""
    provenance: "Provenance"
    name: str
    """Name of the model, for people."""
    symbols: list[str]
    """Names of the free dimensions, bound at each run from the shapes of the inputs, or from elements of
    theirs.
    """
    derived: list["Derived"]
    """Names for what follows from the symbols, in order: each may use those before it, and symbols that host
    steps bind. Expressions of the plans use them like symbols.
    """
    constraints: list["Constraint"]
    """What the model needs of the sizes of a run, which is refused where one does not hold."""
    branches: NotRequired[list["Branch"]]
    """Absent unless the model does one thing or another by its sizes: then the files that describe its cases,
    this one first. A run takes the first whose conditions hold.
    """
    inputs: list["GraphInput"]
    outputs: list["GraphOutput"]
    states: list["State"]
    """What a session keeps from run to run."""
    weights: list["Weight"]
    plans: "Plans"
    """Lowerings of the graph, by backend."""
    files: list["BundleFile"]
