/** What the player's scripts write on the page, in one place: for those who translate it, or change how it speaks. */
export const texts = {
  about: "About this model",
  reading: "Reading…",
  run: {
    noModel: "No model is open yet.",
    /** @param {string} name */
    opening: (name) => `Opening ${name}…`,
    /**
     * @param {string} name
     * @param {string} doing
     */
    doing: (name, doing) => `Opening ${name}: ${doing}…`,
    /** @param {string} name */
    running: (name) => `${name}: running…`,
    /** @param {number} label */
    unnamedClass: (label) => `class ${label}`,
    unnamed: "The model does not say what its classes are called.",
    /** @param {string} reason */
    refused: (reason) =>
      `It could not be run on made-up numbers, since the page does not know which it takes: ${reason}`,
  },
  /**
   * @param {readonly string[]} inputs the first of them, each with type and shape
   * @param {number} count
   */
  madeUp: (inputs, count) =>
    `${count === 1 ? "Its input" : `Its ${count} inputs`} ${inputs.join(", ")}${count > inputs.length ? ", …" : ""} ` +
    `${count === 1 ? "takes" : "take"} numbers and no picture (option --image), so made-up numbers were used.`,
  noTokenizer: "To write texts to it, give the tokenizer.json that belongs to it, too, beside the model.",
  outcome: {
    picture: "The chosen picture.",
    /** @param {string} share */
    mask: (share) => `The mask covers ${share} of the picture.`,
    /**
     * @param {number} width
     * @param {number} height
     */
    image: (width, height) => `A picture of ${width} × ${height} pixels`,
    numbers: "No classes, boxes or mask were recognised in these outputs; their numbers are below.",
    ofMadeUp: "It ran on made-up numbers; what came out is below.",
    noBoxes: "Nothing found with a score of at least 50%.",
    /** @param {number} count */
    boxes: (count) => (count === 1 ? "One box" : `${count} boxes`),
  },
  views: {
    nothing: "Nothing was found.",
    /**
     * @param {number} count
     * @param {string} name
     */
    count: (count, name) => `${count} × ${name || "object"}`,
    /**
     * @param {string} name
     * @param {string} share
     */
    share: (name, share) => `${name}: ${share} of the picture`,
    /** @param {number} count */
    lines: (count) => (count === 1 ? "One line of text" : `${count} lines of text`),
  },
  picture: {
    use: { camera: "Use the camera", screen: "Share the screen" },
    stop: { camera: "Stop the camera", screen: "Stop sharing" },
    /** @param {string} name */
    noPicture: (name) => `“${name}” is no picture that this browser can show. Try a JPEG, PNG or WebP file.`,
    insecure: "The camera needs a secure page: open this one over https, or from localhost.",
    silent: "The camera gave no picture. Is another program using it?",
    notAllowed:
      "This page was not allowed to use the camera. The browser’s settings for this page can change that.",
    notShared: "The screen was not shared: choose a window or a screen when the browser asks.",
    noCamera: "No camera was found on this device.",
    cameraGone: "The camera stopped: it was unplugged, or this page may not use it any more.",
    /** @param {string} reason */
    notStarted: (reason) => `The camera could not be started (${reason}).`,
  },
  sound: {
    sound: "The sound",
    file: "The file",
    choose: "Choose a sound…",
    chooseFile: "Choose a file…",
    useMicrophone: "Use the microphone",
    orTry: "Or try one that is here:",
    playSample: "Play a sample",
    play: (/** @type {string} */ title) => `Play “${title}”`,
    missing: (/** @type {string} */ title) => `The sample “${title}” is not beside this page.`,
    files: { page: "This page", style: "Its style sheet", drawing: "Its icon" },
    playing: "Listening to a sample…",
    stopMicrophone: "Stop the microphone",
    /** @param {string} name */
    reading: (name) => `Reading “${name}”…`,
    insecure: "The microphone needs a secure page: open this one over https, or from localhost.",
    notAllowed:
      "This page was not allowed to use the microphone. The browser’s settings for this page can change that.",
    notFound: "No microphone was found on this device.",
    /** @param {string} reason */
    noMicrophone: (reason) => `The microphone could not be started (${reason}).`,
    /**
     * @param {string} label
     * @param {string} share
     */
    share: (label, share) => `${label}: heard in ${share} of the time.`,
    /**
     * @param {string} label
     * @param {string} hertz
     */
    pitch: (label, hertz) => `${label}: ${hertz} Hz, the median.`,
    noteTrack: "notes",
    /**
     * @param {string} label
     * @param {string} from
     * @param {string} to
     */
    span: (label, from, to) => `${label}, from ${from} to ${to} seconds`,
    /** @param {string} names */
    notes: (names) => `Notes: ${names}`,
    classes: "Most likely classes",
    nothing: "Nothing was heard.",
  },
  words: {
    heading: "The text",
    stop: "Stop",
    reading: "Reading…",
    /** @type {Record<import("../words/reading.js").Task, { label: string, run: string }>} */
    tasks: {
      "text-generation": { label: "What it goes on with", run: "Go on" },
      "fill-mask": { label: "A text with a gap", run: "Fill the gap" },
      "text-classification": { label: "What it judges", run: "Judge" },
      "token-classification": { label: "What it looks for names in", run: "Read" },
      "feature-extraction": {
        label: "Texts, a line each: the first is compared with the others",
        run: "Compare",
      },
    },
    conversation: { label: "What it answers", run: "Answer" },
    /**
     * A text to begin with.
     * @param {import("../words/reading.js").Task} task
     * @param {string | null} gap as the tokenizer writes it
     */
    example: (task, gap) =>
      ({
        "text-generation": "Once upon a time",
        "fill-mask": `The capital of France is ${gap}.`,
        "text-classification": "What a wonderful day this is!",
        "token-classification": "Sarah lives in London and works for the United Nations.",
        "feature-extraction": "A cat sleeps on the sofa.\nThe kitten naps.\nShares fell in New York.",
      })[task],
    question: "Who are you?",
    /**
     * @param {number} tokens
     * @param {string} rate tokens a second
     */
    rate: (tokens, rate) => `${tokens} tokens, ${rate} a second`,
    closest: (/** @type {string} */ line) => `Closest: ${line}`,
    results: "Results",
    none: "Nothing was found.",
    oneLine: "Write two lines or more: the first is compared with the others.",
  },
  code: {
    task: "The whole task",
    model: "Its own inputs and outputs",
    lines: "Its inputs and outputs",
    beside: "Beside the page lie the bundle and the runtime’s files, those of the npm package texelflow.",
    /** @param {string} folder */
    saved: (folder) =>
      `Beside the page lie the bundle’s folder ${folder}, as it is saved here, and the runtime’s files, those of the npm ` +
      "package texelflow.",
    tokenizers:
      "Texts need @huggingface/tokenizers and @huggingface/jinja, too, by a bundler or an import map (docs/text.md).",
  },
  report: {
    copy: "Copy",
    copied: "Copied.",
    selected: "Selected: copy it with your keyboard or menu.",
  },
  served: {
    bundle: "the bundle",
  },
  parts: {
    overview: "Overview",
    graph: "Graph",
    time: "Time",
    memory: "Memory",
    weights: "Weights",
    device: "Device",
    compare: "Compare",
  },
  compare: {
    start: "Compare with ONNX Runtime",
    running: "Running both…",
    note: "Runs the model, as an ONNX file, in ONNX Runtime Web on made-up numbers; that is downloaded first, from this server (14 MB).",
    columns: ["Output", "Type and shape", "Largest difference", "Of the largest magnitude", ""],
    agrees: "agrees",
    differs: "differs",
    gone: "The model’s file is not there any more.",
    /**
     * @param {string} name
     * @param {string} ours
     * @param {string} theirs
     */
    shapes: (name, ours, theirs) =>
      `Output “${name}” is ${ours} here, but ${theirs || "missing"} in ONNX Runtime.`,
    /** @param {string} message */
    failed: (message) =>
      `ONNX Runtime did not run the model: ${message || "it is no part of this page; “make peers” installs it"}`,
  },
  overview: {
    source: "Made from",
    format: "Which is",
    producer: "Written by",
    generator: "Bundle made by",
    weights: "Weights",
    weightCount: "Weight tensors",
    draws: "Draws of a run",
    loadDraws: "Draws at load",
    programs: "Shader programs",
    host: "Steps on the page",
    inputs: "Inputs",
    outputs: "Outputs",
    states: "What it remembers",
    columns: ["Name", "Type", "Shape", "Meaning"],
    branches: "It branches: each case has a plan of its own; the first is shown here",
    constraints: "What it needs of sizes",
    options: "Exported with",
    operators: "Draws by operator",
    /**
     * @param {string} width
     * @param {string} height
     * @param {string} fit
     * @param {string} channels
     */
    picture: (width, height, fit, channels) => `a picture, ${width} × ${height}, ${fit}, ${channels}`,
    /**
     * @param {number} count
     * @param {string} first
     */
    labels: (count, first) => `${count} classes: ${first}${count > 3 ? ", …" : ""}`,
  },
  graph: {
    label: "The model’s graph",
    help:
      "Drag to move; with Ctrl and the wheel, or two fingers, to enlarge. Double-click a group to unfold it. By keyboard: " +
      "arrow keys go from box to box, with Shift they move the drawing, Enter unfolds or folds a group, + and − enlarge " +
      "and reduce, 0 shows all.",
    enlarge: "Enlarge",
    reduce: "Reduce",
    showAll: "Show all",
    kinds: { input: "input", output: "output", state: "remembered", node: "node" },
    /** @param {number} count */
    inside: (count) => `${count} nodes`,
    /** @param {number} count */
    laying: (count) => `Laying out ${count} boxes…`,
    /**
     * @param {number} boxes
     * @param {number} nodes
     * @param {number} hidden
     */
    boxes: (boxes, nodes, hidden) =>
      `${boxes} boxes${boxes < nodes ? ` for ${nodes} nodes` : ""}` +
      (hidden > 0 ? `; ${hidden} long arrows are drawn where a box at their end is chosen` : ""),
    /** @param {string} message */
    failed: (message) => `The graph could not be laid out: ${message || "its script cannot be fetched"}`,
  },
  search: {
    label: "Find an operator, name or kernel",
    results: "Nodes that were found",
    /** @param {number} count */
    count: (count) => (count === 0 ? "Nothing found" : count === 1 ? "1 node" : `${count} nodes`),
  },
  node: {
    label: "The chosen node",
    none: "Choose a box to see what it is, what it reads and what it computes.",
    name: "Name",
    result: "Result",
    kernels: "Kernels",
    draws: "Steps",
    weights: "Weights",
    reads: "Reads",
    readBy: "Read by",
    unfold: "Unfold",
    maps: "See what it computes",
    /** @param {string} group */
    fold: (group) => `Fold ${group}`,
    /** @param {string} share */
    share: (share) => `in a run, ${share} of it`,
    /** @param {number} count */
    others: (count) => `and ${count} others`,
  },
  maps: {
    /** @param {number} count */
    label: (count) =>
      `What the node computes, ${count === 1 ? "as a picture" : `its ${count} channels as pictures`}`,
    /** @param {number} count */
    all: (count) => `Show ${count} channels`,
    none: "This node’s result is not there after a run.",
    /**
     * @param {string} min
     * @param {string} mean
     * @param {string} max
     */
    range: (min, mean, max) => `From ${min} (dark) to ${max} (bright), mean ${mean}.`,
  },
  time: {
    measure: "Measure",
    measuring: "Measuring each draw…",
    note: "Times each draw of a run by itself. The page may stand still meanwhile.",
    byOperator: "By operator",
    byNode: "By node",
    /**
     * @param {string} sum
     * @param {string} run
     * @param {string} method
     * @param {number} runs
     */
    total: (sum, run, method, runs) =>
      `${sum} for all draws one by one, ${run} in a row; by ${method}, median of ${runs}.`,
    /** @param {number} count */
    all: (count) => `Show all ${count}`,
  },
  memory: {
    peak: "Most in use at once",
    textures: "Textures of a run",
    weights: "Weights",
    page: "All models of the page",
    label: "Bytes in use at each step of a run",
    largest: "The largest when most is in use",
    unnamed: "between two steps",
    branches: "This model branches: what a run keeps depends on the case that its inputs choose.",
    /**
     * @param {number} steps
     * @param {number} peak
     * @param {string} node
     */
    caption: (steps, peak, node) =>
      `Bytes in use over the ${steps} steps of a run; most at step ${peak + 1}, ${node}.`,
    /** @param {number} count */
    all: (count) => `Show all ${count}`,
  },
  weights: {
    label: "Weights, largest first",
    more: "Show more",
    /**
     * @param {number} count
     * @param {string} bytes
     */
    total: (count, bytes) => `${count} tensors, ${bytes}. How the numbers of each are spread:`,
    /** @param {number} bits */
    coded: (bits) => `decoded from ${bits} bits`,
    /**
     * @param {string} min
     * @param {string} max
     * @param {string} mean
     * @param {string} deviation
     */
    spread: (min, max, mean, deviation) =>
      `Histogram from ${min} to ${max}, mean ${mean}, standard deviation ${deviation}`,
    /**
     * @param {string} mean
     * @param {string} deviation
     */
    middle: (mean, deviation) => `mean ${mean}, deviation ${deviation}`,
    /** @param {string} count */
    size: (count) => `${count} numbers`,
    /** @param {string} share */
    zeros: (share) => `${share} zeros`,
    /** @param {string} count */
    others: (count) => `${count} not finite`,
    /**
     * @param {string} file
     * @param {string} key
     */
    missing: (file, key) => `${file} has no weight ${key}.`,
    /** @param {string} file */
    damaged: (file) => `${file} is no intact safetensors file.`,
  },
  device: {
    renderer: "Drawn by",
    textureSize: "Largest texture",
    targets: "Render targets",
    units: "Texture units",
    blocking: "A fragment computes",
    fetch: "Textures are read by",
    storage: "Intermediate results",
    integrity: "Downloads are checked by",
    reasons: "Why",
    preferred: "This is what is preferred on such a device.",
    /** @param {number} side */
    texels: (side) => `${side} texels`,
    /**
     * @param {number} pixels
     * @param {number} groups
     */
    blocks: (pixels, groups) =>
      `${pixels} neighbouring ${pixels === 1 ? "pixel" : "pixels"} of ${4 * groups} channels`,
    /** @param {number} bits */
    bits: (bits) => `${bits} bits`,
  },
};
