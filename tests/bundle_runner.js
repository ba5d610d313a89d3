// Runs bundles in a page, for bundle_runner.py. A tensor crosses as { dtype, shape, data }, its bytes in base64.
(() => {
  const models = {};
  const WORKERS = 8;

  /** Compiling takes most of the time, and many bundles have programs in common; these take a few GB at most. */
  const PROGRAMS_KEPT = 4096;

  function load(url, device) {
    texelflow.keepPrograms(PROGRAMS_KEPT);
    return texelflow.loadModel(url, { device });
  }

  const mapValues = (object, change) =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

  function decode({ dtype, shape, data }) {
    return new texelflow.Tensor(dtype, shape, new typedArrays[dtype](Uint8Array.fromBase64(data).buffer));
  }

  function encode({ dtype, shape, data }) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { dtype, shape, data: bytes.toBase64() };
  }

  const decodeAll = (feeds) => mapValues(feeds, decode);
  const encodeAll = (outputs) => mapValues(outputs, encode);

  const runModel = async (model, feeds) => encodeAll(await model.run(decodeAll(feeds)));

  async function attempt(action) {
    try {
      return await action();
    } catch (error) {
      return { error: String(error.message ?? error) };
    }
  }

  /** Runs a bundle on each of `runs`; resolves to { outputs } or { error } of each, or to the error of loading. */
  async function runJob({ url, runs }, device) {
    let model;
    try {
      return await attempt(async () => {
        model = await load(url, device);
        const answers = [];
        for (const feeds of runs) {
          answers.push(await attempt(async () => ({ outputs: await runModel(model, feeds) })));
        }
        return { answers };
      });
    } finally {
      model?.dispose();
    }
  }

  globalThis.bundleRunner = {
    decodeAll,
    encodeAll,

    /** Loads a bundle and keeps it by `key`; resolves to its device report. */
    async load({ key, url, device }) {
      models[key] = await load(url, device);
      return models[key].device;
    },

    /** Runs a kept bundle on encoded tensors; resolves to its encoded outputs. */
    run: ({ key, feeds }) => runModel(models[key], feeds),

    /** Resolves to what `texelflow.statistics` says of a kept bundle. */
    statistics: (key) => texelflow.statistics(models[key]),

    /** Frees a kept bundle. */
    dispose(key) {
      models[key].dispose();
      delete models[key];
    },

    /** Loads, runs and frees many bundles, some at a time; resolves to { answers } or { error } of each. */
    async runAll({ jobs, device }) {
      const answers = [];
      let next = 0;
      const work = async () => {
        while (next < jobs.length) {
          const index = next++;
          answers[index] = await runJob(jobs[index], device);
        }
      };
      await Promise.all(Array.from({ length: WORKERS }, work));
      return answers;
    },
  };
})();
