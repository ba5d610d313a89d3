// Loads and runs spoiled bundles, each with a time limit, and says what became of them and what they left behind.
globalThis.bundleTrial = (() => {
  const SECONDS = 30;
  const MEMORY = 2 ** 27;
  const LARGEST = 2 ** 18;

  const strays = [];
  addEventListener("unhandledrejection", ({ reason }) =>
    strays.push(`unhandled: ${reason?.stack ?? reason}`),
  );
  addEventListener("error", ({ message }) => strays.push(`uncaught: ${message}`));

  // What is alive on the GPU, by kind, and the bytes of its textures.
  const alive = {};
  const bytes = new Map();
  let most = 0;
  let draws = true;
  const prototype = WebGL2RenderingContext.prototype;
  for (const kind of [
    "Texture",
    "Framebuffer",
    "Buffer",
    "Program",
    "Shader",
    "VertexArray",
    "Query",
    "Sampler",
  ]) {
    const { [`create${kind}`]: create, [`delete${kind}`]: remove } = prototype;
    alive[kind] = new Set();
    prototype[`create${kind}`] = function (...parameters) {
      const made = create.apply(this, parameters);
      alive[kind].add(made);
      return made;
    };
    prototype[`delete${kind}`] = function (object) {
      alive[kind].delete(object);
      bytes.delete(object);
      return remove.call(this, object);
    };
  }
  const BYTES = {
    34836: 16,
    34842: 8,
    36226: 16,
    36232: 8,
    32856: 4,
    36238: 4,
    36237: 4,
  };
  const store = prototype.texStorage3D;
  prototype.texStorage3D = function (target, levels, format, width, height, depth) {
    store.call(this, target, levels, format, width, height, depth);
    bytes.set(
      this.getParameter(this.TEXTURE_BINDING_2D_ARRAY),
      (BYTES[format] ?? 16) * width * height * depth,
    );
    most = Math.max(
      most,
      [...bytes.values()].reduce((sum, each) => sum + each, 0),
    );
  };
  // Shaders of a mutant may loop for as long as they like: what is tested is what stands around them.
  const draw = prototype.drawArrays;
  prototype.drawArrays = function (...parameters) {
    if (draws) draw.apply(this, parameters);
  };

  const blobsOf = (files) =>
    new Map(Object.entries(files).map(([name, base64]) => [name, new Blob([Uint8Array.fromBase64(base64)])]));

  /** An input as the model says that it is, or else as it was in the intact bundle. */
  function inputOf({ name, dtype, shape }, index, feeds) {
    const given = Object.hasOwn(feeds, name) ? feeds[name] : Object.values(feeds)[index];
    const extents = shape.map((extent, axis) =>
      typeof extent === "number" ? extent : (given?.shape[axis] ?? 3),
    );
    const size = extents.reduce((product, extent) => product * extent, 1);
    if (!(size >= 0 && size <= LARGEST) || !typedArrays[dtype])
      return new texelflow.Tensor("float32", [1], new Float32Array(1));
    const convert = dtype.endsWith("int64") ? (number) => BigInt(Math.trunc(number) || 0) : Number;
    const numbers = Array.from({ length: size }, (_, place) =>
      convert(given?.data[place % given.data.length] ?? 1),
    );
    return new texelflow.Tensor(dtype, extents, typedArrays[dtype].from(numbers));
  }

  async function attempt(files, feeds, signal, way) {
    const model = await texelflow.loadModel(blobsOf(files), {
      maxMemory: MEMORY,
      signal,
      streaming: way === "streaming",
    });
    try {
      if (way === "pipeline") {
        const task = pipelines.taskOf(model);
        if (task) {
          const run = await pipelines.pipeline(task, model);
          const canvas = new OffscreenCanvas(40, 30);
          canvas.getContext("2d").fillRect(3, 4, 20, 20);
          const result = await run(canvas, { signal });
          return [JSON.stringify(result) ?? ""];
        }
      }
      const inputs = () =>
        Object.fromEntries(model.inputs.map((input, index) => [input.name, inputOf(input, index, feeds)]));
      let outputs;
      for (let turn = 0; turn < 2; turn++) outputs = await model.run(inputs(), { signal });
      if (way === "values") await texelflow.runWithIntermediates(model, inputs());
      return Object.values(outputs).map(({ data }) => Array.from(data, String).join());
    } finally {
      model.dispose();
      await model.exclusively?.(() => {}).catch(() => {});
    }
  }

  const counts = () =>
    Object.fromEntries(Object.entries(alive).map(([kind, objects]) => [kind, objects.size]));

  /** Resolves to what became of a bundle: {outcome: result | error | hang, …}, what is left, and what nobody caught. */
  async function tell({ files, feeds, isIntact, way }) {
    draws = isIntact;
    most = 0;
    const start = performance.now();
    const stop = new AbortController();
    let told;
    const work = attempt(files, feeds, stop.signal, way).then(
      (outputs) => ({ outcome: "result", outputs }),
      (error) => ({
        outcome: error === stop.signal.reason ? "stopped" : "error",
        kind: error?.name,
        code: error?.code,
        message: String(error?.message ?? error).slice(0, 2000),
        length: String(error?.message ?? error).length,
        stack: error?.name === "TexelflowError" ? "" : String(error?.stack),
      }),
    );
    const after = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    told = await Promise.race([work, after(SECONDS)]);
    if (!told) {
      stop.abort(new Error("enough"));
      told = (await Promise.race([work, after(SECONDS)])) ?? { outcome: "hang" };
    }
    await after(0);
    const seconds = (performance.now() - start) / 1000;
    return {
      ...told,
      strays: strays.splice(0),
      left: counts(),
      most,
      seconds,
      polluted: Object.keys(Object.prototype),
    };
  }

  return { tell };
})();
