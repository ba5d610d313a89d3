// Generated from exporter/texelflow/bundle/graph.schema.json by `npm run generate`. Do not edit.

/**
 * An ONNX element type in lower case.
 */
export type DataType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";
export type Natural = number;
/**
 * A number, or one of the three that JSON cannot write, the name of a symbol, or [operation, operand, ...] as in Expression, and with / for true division, floor, ceil, round (half to even), sqrt, abs, and fround, which rounds to 32 bits.
 */
export type Real = number | string | [Real, Real, ...Real[]];
/**
 * An integer, the name of a symbol, or [operation, operand, ...] with operation one of + - * // % min max == < select broadcast trunc. // and % round towards minus infinity; == and < give 1 or 0; select(condition, then, otherwise); broadcast gives the operand that is not 1, and 1 if all are; trunc the whole part of a Real.
 */
export type Expression = number | string | [Real, Real, ...Real[]];
export type Shape = Expression[];
/**
 * Index of a flat tensor, or -1 when nothing reads the input.
 */
export type InputIndex = -1 | TensorIndex;
/**
 * Index into plans.webgl2.tensors.
 */
export type TensorIndex = number;
/**
 * Index into plans.webgl2.programs.
 */
export type ProgramIndex = number;
/**
 * What it is in a task. The loader does not look at it; the runtime's pipelines do.
 */
export type Role =
  | Classes
  | Boxes
  | Mask
  | Keypoints
  | OutputPicture
  | Ctc
  | Tokens
  | Embedding
  | Curve
  | Notes
  | Sound
  | Bytes
  | Text;
/**
 * What makes probabilities of the numbers: none where they are some.
 */
export type Activation = "none" | "softmax" | "sigmoid";
/**
 * What places are given in: fractions of the sides of the model's picture, or its pixels.
 */
export type Unit = "fraction" | "pixel";
/**
 * Of the numbers that `weights` are stored as, where the program decodes them as it reads them: of 4 there are two in a byte, the first in the lower half, both signed. For people: the loader does not look at it.
 */
export type Bits = 4 | 8;
/**
 * What a run does in its turn.
 */
export type Step = Draw | HostStep;
/**
 * What the page does in a step; the runtime's host/ has a file for each but those that nest: `loop` and `again` around what is repeated, `branch`, `other` and `join` around what one of two branches does (docs/bundle-format.md, Entries).
 */
export type HostName =
  "read" | "non-zero" | "non-max-suppression" | "unique" | "loop" | "again" | "branch" | "other" | "join";

/**
 * graph.json of a Texelflow bundle, format version 2.
 */
export interface GraphFile {
  /**
   * Integer version of this format; raised by every incompatible change.
   */
  formatVersion: 2;
  /**
   * Program and version that wrote the file.
   */
  generator: string;
  provenance: Provenance;
  /**
   * Name of the model, for people.
   */
  name: string;
  /**
   * Names of the free dimensions, bound at each run from the shapes of the inputs, or from elements of theirs.
   */
  symbols: string[];
  /**
   * Names for what follows from the symbols, in order: each may use those before it, and symbols that host steps bind. Expressions of the plans use them like symbols.
   */
  derived: {
    name: string;
    value: Expression;
  }[];
  /**
   * What the model needs of the sizes of a run, which is refused where one does not hold.
   */
  constraints: Constraint[];
  /**
   * Absent unless the model does one thing or another by its sizes: then the files that describe its cases, this one first. A run takes the first whose conditions hold.
   */
  branches?: Branch[];
  inputs: GraphInput[];
  outputs: GraphOutput[];
  /**
   * What a session keeps from run to run.
   */
  states: State[];
  weights: Weight[];
  /**
   * Lowerings of the graph, by backend.
   */
  plans: {
    webgl2: WebGL2Plan;
  };
  files: BundleFile[];
}
/**
 * What the bundle was made from, for people and for `verify`. The loader does not look at it.
 */
export interface Provenance {
  /**
   * Name of the model's file.
   */
  source: string;
  /**
   * SHA-256 of that file.
   */
  sha256: string;
  /**
   * What that file is, with the version that it says it has.
   */
  format?: string;
  /**
   * What wrote that file, in its own words; missing where it does not say it.
   */
  producer?: string;
  /**
   * What the export was asked for, as `name=value`.
   */
  options: string[];
  /**
   * Inputs of the model that the export made constants.
   */
  constants: FixedInput[];
}
/**
 * An input and its elements, row-major.
 */
export interface FixedInput {
  name: string;
  dtype: DataType;
  shape: Natural[];
  elements: Real[];
}
/**
 * `left` equals `right`, is at least it, or broadcasts with it: they are equal or one is 1.
 */
export interface Constraint {
  left: Expression;
  relation: "=" | ">=" | "1 or =";
  right: Expression;
  /**
   * The source node that needs it, as «operator name», for errors.
   */
  node: string;
  /**
   * What both are, or with >= what the left one is, for errors.
   */
  meaning: string;
}
export interface Branch {
  when: Constraint[];
  /**
   * Name of a file like this one, in the same folder.
   */
  file: string;
}
export interface GraphInput {
  name: string;
  dtype: DataType;
  shape: Shape;
  tensor: InputIndex;
  /**
   * The symbols that its elements are, in row-major order, where the model's sizes depend on them.
   */
  elements?: string[];
  image?: ImagePreprocessing;
  meaning?: Meaning;
}
/**
 * How a picture becomes the input: resized to width × height, channels ordered, (value / 255 - mean) / deviation per channel, written by one draw whose only sampler, `picture`, is the picture as RGBA8. The symbols `picture.left`, `picture.top`, `picture.width` and `picture.height` hold the part of it to take, in pixels; the draw leaves all texels of the input's tensor but those from `picture.first` to before `picture.end` as they are.
 */
export interface ImagePreprocessing {
  width: Expression;
  height: Expression;
  /**
   * How the picture is fitted; the crops cut out the middle of the picture that was resized to `resized`, which torchvision and transformers round differently.
   */
  fit: "stretch" | "cover" | "contain" | "crop" | "crop-floor";
  /**
   * Width and height, or the shorter side alone, in pixels; empty but for the crops.
   *
   * @maxItems 2
   */
  resized: [] | [Natural] | [Natural, Natural];
  /**
   * The method, for people: library and name.
   */
  resize: string;
  channels: "rgb" | "bgr" | "gray";
  mean: number[];
  deviation: number[];
  program: ProgramIndex;
  ints: Expression[];
  floats: Real[];
}
/**
 * What the numbers of an input or output mean.
 */
export interface Meaning {
  /**
   * Names, by index, of the classes that it scores or counts, or of its points, or the characters that it writes.
   */
  labels?: string[];
  role?: Role;
}
/**
 * A score for each class along the last axis: of the whole input, or of each token of a text.
 */
export interface Classes {
  kind: "classes";
  activation?: Activation;
}
/**
 * A part of what says where objects are.
 */
export interface Boxes {
  kind: "boxes";
  /**
   * Four numbers a box; a score a box and class; the class of each box; how many there are; the points of each; rows of a box, its scores and more; or a map: how likely each pixel is part of an object, where those that touch are one, told by the rectangle around them, however turned, with its corners as points. Default: `boxes`.
   */
  part?: "boxes" | "scores" | "labels" | "count" | "points" | "table" | "map";
  /**
   * What the four numbers are: edges, a corner and a size, a centre and a size, or how far the left, upper, right and lower side is from an anchor's centre. Default: `edges`.
   */
  form?: "edges" | "corner" | "centre" | "sides";
  /**
   * Whether numbers across come before those down. Default: they do.
   */
  order?: "xy" | "yx";
  unit?: Unit;
  /**
   * Of a table, what is behind the four numbers of a box. Default: `scores`.
   */
  columns?: "scores" | "objectness-scores" | "score-label" | "label-score";
  /**
   * Whether boxes are along the last axis, and their numbers along the one before.
   */
  transposed?: boolean;
  activation?: Activation;
  /**
   * Of scores, the class that is no object.
   */
  background?: number;
  /**
   * Where the numbers are moves from anchors: for each grid the side of its cells, and the sides of the squares in each, in pixels of the model's picture. Sizes are multiples of the square's, and places moves by multiples of it from its centre.
   */
  anchors?: [number, number, ...number[]][];
  /**
   * Where in its cell an anchor's centre is, in cells. Default: 0.5.
   */
  offset?: number;
  /**
   * By which the numbers of a move are divided: x, y, width, height. Those of points as x and y.
   *
   * @minItems 4
   * @maxItems 4
   */
  scale?: [number, number, number, number];
  /**
   * How many numbers stand for each of the four: the logarithms of how likely it is 0, 1, 2 and so on, whose mean it is.
   */
  distribution?: number;
  /**
   * Of a map, from where on a pixel is part of an object. Default: 0.3.
   */
  level?: number;
  /**
   * Of a map that shows objects smaller than they are, how far their sides are moved outwards, in multiples of area by perimeter.
   */
  grow?: number;
  /**
   * Whether sizes are given by the logarithm of their ratio to the anchor's.
   */
  exponential?: boolean;
  /**
   * How many points, x and y each, are behind the four numbers of a box.
   */
  points?: number;
  /**
   * The least score that its makers take for an object.
   */
  threshold?: number;
  /**
   * Boxes that share more, as intersection over union, are one object to its makers.
   */
  overlap?: number;
  /**
   * Whether of such boxes the best is taken, or the mean weighted by their scores, as MediaPipe does. Default: the best.
   */
  merge?: "best" | "weighted";
}
/**
 * A number a pixel and class: channels first or last. Whole numbers without an axis of channels are classes.
 */
export interface Mask {
  kind: "mask";
  activation?: Activation;
  /**
   * Where it is one object, its channel: then the others are not looked at.
   */
  foreground?: number;
  /**
   * The least probability that its makers take for the object.
   */
  threshold?: number;
}
/**
 * A part of what says where points of one object are.
 */
export interface Keypoints {
  kind: "keypoints";
  /**
   * Numbers of each point; a map for each; or whether the object is there. Default: `points`.
   */
  part?: "points" | "heatmaps" | "presence";
  /**
   * What the numbers of a point are. Default: x and y.
   */
  columns?: ("x" | "y" | "z" | "score" | "other")[];
  unit?: Unit;
  activation?: Activation;
  /**
   * The least probability with which its makers take a point, or the object, for present.
   */
  threshold?: number;
  /**
   * Pairs of points that are joined by a line where they are shown.
   */
  links?: [Natural, Natural][];
}
/**
 * A picture, channels first or last.
 */
export interface OutputPicture {
  kind: "picture";
  /**
   * The numbers that are black and white. Default: 0 and 1.
   *
   * @minItems 2
   * @maxItems 2
   */
  range?: [number, number];
  channels?: "rgb" | "bgr" | "gray";
}
/**
 * A score for each character along the last axis, at each step of a line of text, trained with CTC. The labels are the characters.
 */
export interface Ctc {
  kind: "ctc";
  /**
   * The index that stands for no character. Default: 0.
   */
  blank?: number;
  activation?: Activation;
}
/**
 * A logit for each token of a vocabulary, along the last axis.
 */
export interface Tokens {
  kind: "tokens";
}
/**
 * A vector that says what the input is about: of the whole, or with an axis more before the last, of each token or place.
 */
export interface Embedding {
  kind: "embedding";
  /**
   * How its makers take one vector of those of all tokens. Default: `none`.
   */
  pooling?: "none" | "mean" | "first" | "last";
  /**
   * Whether its makers bring it to the length 1.
   */
  normalize?: boolean;
}
/**
 * A number for each moment of a sound, along the last axis.
 */
export interface Curve {
  kind: "curve";
  /**
   * What the numbers are.
   */
  unit?: "probability" | "hertz";
  /**
   * Numbers a second.
   */
  rate?: number;
  /**
   * Seconds from the beginning of the sound to the moment of the first: 0 unless given.
   */
  offset?: number;
  /**
   * The least probability that its makers take for a yes.
   */
  threshold?: number;
  /**
   * By which the numbers are multiplied, as those of 8 bits may be. Default: 1.
   */
  scale?: number;
  /**
   * Over how many moments, up to each, its makers take the mean. Default: 1.
   */
  mean?: number;
}
/**
 * A probability for each moment of a sound and each note, half a tone apart, along the last two axes.
 */
export interface Notes {
  kind: "notes";
  /**
   * Whether the note sounds, or begins.
   */
  part: "frames" | "onsets";
  /**
   * Moments a second.
   */
  rate: number;
  /**
   * The lowest note, as MIDI counts: 21 is the lowest of a piano.
   */
  lowest: number;
}
/**
 * An input of samples of one channel, along the last axis.
 */
export interface Sound {
  kind: "sound";
  /**
   * Samples a second.
   */
  rate: number;
  /**
   * New samples that a run takes; the whole sound, or as many as the input has, unless given.
   */
  window?: number;
  /**
   * Samples before those of the window, of the windows before, that a run takes, too; zeros at first.
   */
  context?: number;
  /**
   * Samples that windows share. Half of what comes of them is left out at the end of the one, half at the beginning of the other.
   */
  overlap?: number;
  /**
   * What a run takes instead of samples. `micro`: forty numbers of each 10 ms, as TensorFlow Lite Micro's audio frontend makes them for microWakeWord; of 8 bits, in steps of 26 / 255 from -128 on.
   */
  features?: "micro";
}
/**
 * An input of whole numbers along the last axis: bytes of a file, from its beginning and from its end, without the white space there.
 */
export interface Bytes {
  kind: "bytes";
  /**
   * How many from the beginning.
   */
  beginning: number;
  /**
   * How many from the end.
   */
  end: number;
  /**
   * What stands where there are fewer: behind those of the beginning, before those of the end.
   */
  padding: number;
  /**
   * How many bytes at either side are looked at.
   */
  block: number;
}
/**
 * An input of the tokens of a text, whose tokenizer is in the bundle.
 */
export interface Text {
  kind: "text";
  /**
   * Names of the tokenizer's files, beside graph.json: no other is there.
   */
  files: string[];
}
export interface GraphOutput {
  name: string;
  dtype: DataType;
  shape: Shape;
  tensor: TensorIndex;
  meaning?: Meaning;
}
/**
 * Two flat tensors, of one shape unless it `grows`, or is made anew by each run: after a run, what it left in `next` is what the next run reads in `tensor`. Or one and the same, whose width grows: a run draws the new columns.
 */
export interface State {
  /**
   * The model's input that it was.
   */
  name: string;
  /**
   * The model's output that it was.
   */
  output: string;
  dtype: DataType;
  shape: Shape;
  tensor: TensorIndex;
  next: TensorIndex;
  /**
   * The symbol of an extent of `shape` that is longer after each run; it is 0 before the first.
   */
  grows?: string;
  /**
   * What it is before the first run.
   */
  init: "zeros";
  /**
   * What keeps it.
   */
  scope: "session";
}
/**
 * A constant of the model, stored as the model has it, and uploaded to a flat tensor.
 */
export interface Weight {
  tensor: TensorIndex;
  /**
   * Elements of a row as stored, where those of the tensor, its last axis, are longer: each is filled up with zeros.
   */
  row?: number;
  /**
   * Where the bytes lie: one safetensors entry, or several in order for a tensor split along axis 0.
   *
   * @minItems 1
   */
  parts: [
    {
      file: string;
      key: string;
    },
    ...{
      file: string;
      key: string;
    }[]
  ];
}
export interface WebGL2Plan {
  requirements: {
    /**
     * Most samplers that one program reads.
     */
    textureUnits: number;
  };
  tensors: PlanTensor[];
  programs: Program[];
  /**
   * Draws that depend on weights alone, made once; their results stay until disposal unless no step reads them.
   */
  load: Draw[];
  /**
   * What can be run, by name; each a list of steps in order.
   */
  entries: {
    /**
     * From the inputs to the outputs.
     */
    predict: Step[];
  };
}
/**
 * A tensor in GPU memory. Without `axes` it is flat: row-major, four elements a texel. With `axes` it is blocked: see docs/bundle-format.md, Layouts.
 */
export interface PlanTensor {
  dtype: DataType;
  shape: Shape;
  /**
   * For batch, channel, height and width in that order: the axes of `shape` whose product (first axis slowest) it is. An empty list has extent 1; every axis is named once.
   *
   * @minItems 4
   * @maxItems 4
   */
  axes?: [number[], number[], number[], number[]];
  /**
   * Blocks one pixel a texel group whatever the device's setting.
   */
  pixels?: 1;
  /**
   * Blocks one channel group whatever the device's setting.
   */
  groups?: 1;
  /**
   * Blocks two neighbouring rows, and one channel group, where the device's setting blocks two groups.
   */
  rows?: 2;
  /**
   * Makes the tensor an alias: it has no texture, but reads channels of an earlier tensor, counted on from one batch entry to the next; both are blocked alike and have the same height and width. `start` is the first one, `step` leads from one batch entry of the alias to the next; both are multiples of 8, as the alias's channels are.
   */
  alias?: {
    tensor: TensorIndex;
    start: Natural;
    step: Natural;
  };
  /**
   * How elements are stored, where their type and the device's setting do not say it: floats in 32 bits whatever the setting, or whole numbers of type int8, results of the load phase, in 8 bits, as weights of that type are.
   */
  storage?: "float32" | "int8";
  /**
   * Name of the source model's value that it holds.
   */
  value?: string;
  /**
   * First and last step of the entry that touch it, for reuse of memory. Inputs begin at -1, outputs end at the number of steps. Absent: weights and results of the load phase.
   *
   * @minItems 2
   * @maxItems 2
   */
  lifetime?: [number, number];
}
/**
 * A fragment shader without its #version line; the runtime puts the device's #defines before it.
 */
export interface Program {
  /**
   * Name of the template, for people.
   */
  name: string;
  source: string;
  /**
   * Names of the sampler uniforms, in the order of a draw's inputs.
   */
  samplers: string[];
  bits?: Bits;
}
/**
 * One use of a program. It fills its output entirely, which nothing else fills. `flops`, for profiles, are the floating-point operations of a convolution or matrix product, two for each multiply-add.
 */
export interface Draw {
  program: ProgramIndex;
  /**
   * One for each sampler.
   */
  inputs: TensorIndex[];
  output: TensorIndex;
  ints?: Expression[];
  floats?: Real[];
  flops?: Expression;
  /**
   * The source node, as «operator name», for errors and profiles.
   */
  node: string;
}
/**
 * Work of the page in the midst of a run: it reads `inputs` back, fills `outputs`, and learns symbols, which shapes and numbers of later steps use. All its tensors are flat.
 */
export interface HostStep {
  host: HostName;
  inputs: TensorIndex[];
  outputs: TensorIndex[];
  /**
   * The symbols that it learns, in the order in which it says them.
   */
  binds: string[];
  ints: Expression[];
  floats: Real[];
  /**
   * The source node, as «operator name», for errors.
   */
  node: string;
}
export interface BundleFile {
  name: string;
  bytes: Natural;
  sha256: string;
}
