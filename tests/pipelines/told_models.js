// Models that give what they are told, whatever comes; what pipelines make of that is sent back as JSON.
globalThis.toldModels = {
  /** What becomes of each: {error: code or name of an error, or "", message, seconds}. */
  async runAll(requests) {
    const answers = [];
    for (const request of requests) {
      const begun = performance.now();
      const { error = "", message = "" } = JSON.parse((await this.run(request)) ?? "{}") ?? {};
      answers.push({ error, message, seconds: (performance.now() - begun) / 1000 });
    }
    return answers;
  },

  ready: async () => {
    globalThis.pipelines = await import("/dist/texelflow.pipeline.js");
    globalThis.texelflow = await import("/dist/texelflow.js");
  },

  async run({ task, runs, roles, labels, dtypes, given, options = {}, input, settings = {} }) {
    const outputs = Object.entries(runs[0]).map(([name, [shape]]) => ({
      name,
      dtype: dtypes?.[name] ?? "float32",
      shape,
      role: roles[name],
      labels: labels?.[name],
    }));
    const fed = [];
    let turn = 0;
    const tensorOf = (dtype, shape, data) => {
      const whole = (number) => BigInt(Math.trunc(Number.isFinite(number) ? number : 0));
      const Numbers = {
        int32: Int32Array,
        int64: BigInt64Array,
        float16: Uint16Array,
        float32: Float32Array,
      }[dtype];
      return new texelflow.Tensor(
        dtype,
        shape,
        (Numbers ?? Uint8Array).from(dtype === "int64" ? data.map(whole) : data),
      );
    };
    const model = {
      name: "told",
      inputs: [{ name: "given", dtype: "float32", shape: [1], ...input }].concat(
        task.includes("text") || /token|mask|feature/.test(task)
          ? ["input_ids", "attention_mask"].map((name) => ({ name, dtype: "int64", shape: [1, "n"] }))
          : [],
      ),
      outputs,
      states: [],
      dispose() {},
      run: async (inputs) => {
        fed.push(Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, value.data])));
        const made = runs[Math.min(turn++, runs.length - 1)];
        return Object.fromEntries(
          Object.entries(made).map(([name, [shape, data]]) => [
            name,
            tensorOf(dtypes?.[name] ?? "float32", shape, data),
          ]),
        );
      },
    };
    const plain = (_, value) => {
      if (typeof value === "bigint") return Number(value);
      if (value instanceof ImageData)
        return { width: value.width, height: value.height, data: Array.from(value.data) };
      return ArrayBuffer.isView(value) ? Array.from(value, Number) : value;
    };
    try {
      const pipe = await pipelines.pipeline(task, model, {
        tokenizer: "/tokenizers/word_pieces/",
        ...settings,
      });
      const picture = () => new OffscreenCanvas(...(given?.picture ?? [1, 1]));
      const source = given?.picture ? picture() : given?.samples ? Float32Array.from(given.samples) : given;
      if (given?.picture) source.getContext("2d");
      const result = await pipe(source, options);
      return JSON.stringify(options.fed ? { result, fed } : result, plain);
    } catch (error) {
      return JSON.stringify({ error: error.code ?? error.name, message: error.message });
    }
  },
};
