/** What *About this model* writes on the page, in one place: it comes with the scripts of that part. */
export const texts = {
  about: "About this model",
  reading: "Reading…",
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
