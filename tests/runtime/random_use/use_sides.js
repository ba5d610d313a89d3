// How random_use.js loads and runs: on the page, in a worker, and by the adapters.

/** Counts what exists of WebGL's objects, and keeps the contexts; before any is made. */
export function watchContexts() {
  globalThis.contexts = [];
  const { prototype } = WebGL2RenderingContext;
  const counts = new WeakMap();
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const [, verb, kind] = /^(create|delete|fence)(\w+)$/.exec(name) ?? [];
    if (!verb) continue;
    const original = prototype[name];
    prototype[name] = function (...parameters) {
      const own = counts.get(this) ?? {};
      counts.set(this, own);
      const result = original.apply(this, parameters);
      if (verb !== "delete") own[kind] = (own[kind] ?? 0) + (result ? 1 : 0);
      else if (parameters[0]) own[kind]--;
      return result;
    };
  }
  for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = prototype;
    prototype.getContext = function (kind, ...parameters) {
      const context = getContext.call(this, kind, ...parameters);
      if (kind === "webgl2" && context && !contexts.includes(context)) contexts.push(context);
      return context;
    };
  }
  globalThis.liveObjects = () => {
    const context = contexts.at(-1);
    return !context || context.isContextLost() ? {} : { ...counts.get(context) };
  };
}

/** Lets each worker lose its context when it is told to. */
export function watchWorkers() {
  globalThis.workers = new Set();
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      const code = `
        const contexts = [];
        const {getContext} = OffscreenCanvas.prototype;
        OffscreenCanvas.prototype.getContext = function (kind, ...parameters) {
          const context = getContext.call(this, kind, ...parameters);
          if (kind === "webgl2" && context && !contexts.includes(context)) contexts.push(context);
          return context;
        };
        new BroadcastChannel("lose").onmessage = () =>
          contexts.at(-1)?.getExtension("WEBGL_lose_context")?.loseContext();
        import ${JSON.stringify(String(url))};`;
      super(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), options);
      workers.add(this);
    }
    terminate() {
      workers.delete(this);
      super.terminate();
    }
  };
}

export async function sides(base) {
  const [runtime, worker, ort, tfjs] = await Promise.all(
    ["texelflow", "texelflow.worker", "texelflow.ort", "texelflow.tfjs"].map(
      (name) => import(`${base}/${name}.js`),
    ),
  );
  const tensor = ({ dtype, shape, data }) => new runtime.Tensor(dtype, shape, data);
  const isPicture = (value) => value instanceof ImageData;
  const mapped = (feeds, change) =>
    Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [name, isPicture(value) ? value : change(value)]),
    );
  const own = (load) => ({
    keeps: true,
    load,
    feeds: (feeds) => mapped(feeds, tensor),
    run: (runner, feeds, options) => runner.run(feeds, options),
  });
  const shaped = (entries) =>
    Object.fromEntries(entries.map(([name, { dims, data }]) => [name, { shape: dims, data }]));
  return {
    page: own(runtime.loadModel),
    worker: own(worker.loadModel),
    ort: {
      async load(url, { signal }) {
        const session = await ort.InferenceSession.create(url, { signal });
        return { session: null, dispose: () => session.release(), run: (...given) => session.run(...given) };
      },
      feeds: (feeds) => mapped(feeds, ({ dtype, shape, data }) => new ort.Tensor(dtype, data, shape)),
      run: async (session, feeds) => shaped(Object.entries(await session.run(feeds))),
    },
    tfjs: {
      load: (url, { signal }) => tfjs.loadGraphModel(url, { signal }),
      // A tensor of TensorFlow.js itself has its elements after a while.
      feeds: (feeds, random) =>
        mapped(feeds, (value) => {
          if (random(2)) return tensor(value);
          const wait = random(3);
          const data = async () => {
            if (wait) await new Promise((resolve) => setTimeout(resolve, 3 * wait));
            return Array.from(value.data, Number);
          };
          return { shape: value.shape, dtype: "float32", data };
        }),
      async run(model, feeds) {
        const names = model.outputs.map(({ name }) => name);
        const tensors = [model.execute(feeds, names)].flat();
        const data = await Promise.all(tensors.map((each) => each.data()));
        const isBig = (index) => model.outputs[index].dtype === "int64";
        return Object.fromEntries(
          names.map((name, i) => [
            name,
            { shape: tensors[i].shape, data: isBig(i) ? Array.from(data[i], BigInt) : data[i] },
          ]),
        );
      },
    },
  };
}
