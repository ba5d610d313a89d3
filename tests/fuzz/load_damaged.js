// Loads bundles given as texts and bytes, each with a time limit, and says what became of them.
globalThis.damagedBundles = (() => {
  const SECONDS = 20;

  const withTimeLimit = (promise) => {
    let timer;
    const limit = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ outcome: "hang" }), SECONDS * 1000);
    });
    return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
  };

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

  /** Load and run one bundle, free it; resolves to the numbers of its outputs. */
  async function loadAndRun(files, shape) {
    const blobs = Object.entries(files).map(([name, base64]) => [name, new Blob([bytesOf(base64)])]);
    const model = await texelflow.loadModel(new Map(blobs));
    try {
      const size = shape.reduce((total, extent) => total * extent, 1);
      const data = Float32Array.from({ length: size }, (_, index) => Math.sin(index));
      const feeds = model.inputs.map(({ name }) => [name, new texelflow.Tensor("float32", shape, data)]);
      const outputs = await model.run(Object.fromEntries(feeds));
      return Object.values(outputs).map((tensor) => Array.from(tensor.data, Number));
    } finally {
      model.dispose();
    }
  }

  /** Resolves to {outcome: "result", data}, {outcome: "error", kind, message} or {outcome: "hang"}. */
  const outcomeOf = (files, shape) =>
    withTimeLimit(
      loadAndRun(files, shape).then(
        (data) => ({ outcome: "result", data }),
        (error) => ({ outcome: "error", kind: error?.name, message: String(error?.message ?? error) }),
      ),
    );

  async function runAll(bundles, shape) {
    const answers = [];
    for (const files of bundles) {
      const answer = await outcomeOf(files, shape);
      answers.push(answer);
      if (answer.outcome === "hang") break;
    }
    return answers;
  }

  return { runAll };
})();
