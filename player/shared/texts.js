/** What the player's scripts write on the page, in one place: for those who translate it, or change how it speaks. */
export const texts = {
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
};
