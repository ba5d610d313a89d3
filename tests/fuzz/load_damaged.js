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

  /** Load and run one bundle, free it; resolves to the numbers of its outputs. */
  async function loadAndRun(files, shape) {
    const blobs = Object.entries(files).map(([name, base64]) => [
      name,
      new Blob([Uint8Array.fromBase64(base64)]),
    ]);
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

  /** Every way from a document to a value in it, as a list of keys. */
  const pathsIn = (value) =>
    value && typeof value === "object"
      ? Object.entries(value).flatMap(([key, inner]) => {
          const own = Array.isArray(value) ? Number(key) : key;
          return [[own], ...pathsIn(inner).map((path) => [own, ...path])];
        })
      : [];

  const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);

  const written = (path) =>
    path
      .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
      .join("")
      .slice(1);

  /** Load a graph.json with one value changed; resolves to where that was and what became of it. */
  async function loadChanged(graph, path, change) {
    const document = structuredClone(graph);
    const holder = path.slice(0, -1).reduce((inner, key) => inner[key], document);
    change(holder, path.at(-1));
    const files = new Map([["graph.json", new Blob([JSON.stringify(document)])]]);
    const { kind, message } = await texelflow.loadModel(files).then(
      (model) => {
        model.dispose();
        return { kind: "none", message: "it was loaded" };
      },
      (error) => ({ kind: error.name, message: error.message }),
    );
    return { path: written(path), kind, message };
  }

  /**
   * Change each value of a graph.json to one of each other JSON type, and leave each out but those by `optional` names.
   * The version is not changed: its errors are others.
   */
  async function loadWithEachValueChanged(graph, optional) {
    const answers = [];
    for (const path of pathsIn(graph)) {
      if (path[0] === "formatVersion") continue;
      const original = path.reduce((inner, key) => inner[key], graph);
      const others = [null, true, 7.5, "other", [], {}].filter((value) => typeOf(value) !== typeOf(original));
      for (const value of others) {
        const replace = (holder, key) => {
          holder[key] = value;
        };
        answers.push(await loadChanged(graph, path, replace));
      }
      if (typeof path.at(-1) === "string" && !optional.includes(path.at(-1))) {
        answers.push(await loadChanged(graph, path, (holder, key) => delete holder[key]));
      }
    }
    return answers;
  }

  return { runAll, loadWithEachValueChanged };
})();
