// Models that give what they are told, whatever comes; what pipelines make of that is sent back as JSON.
globalThis.toldModels = {
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
            dtypes?.[name]
              ? new texelflow.Tensor("int32", shape, Int32Array.from(data))
              : new texelflow.Tensor("float32", shape, Float32Array.from(data)),
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
