// Writes with a model that is told, and gives what came of it as JSON.
globalThis.toldTexts = async ([kind, prompt, options]) => {
  // The token behind each is the next one; of two, the second is as good as half as likely.
  const logitsOf = (token) =>
    Float32Array.from({ length: 40 }, (_, at) =>
      at === (token + 1) % 40 ? 5 : at === (token + 2) % 40 ? 4.3 : -9,
    );
  const given = [];
  let sessions = 0;
  const answer = (tokens) => {
    const rows = tokens.map(logitsOf);
    if (kind === "top-k") {
      const best = [...rows.at(-1).entries()].sort((a, b) => b[1] - a[1]).slice(0, 3);
      return {
        logits_values: new texelflow.Tensor(
          "float32",
          [1, 1, 3],
          Float32Array.from(best, ([, value]) => value),
        ),
        logits_indices: new texelflow.Tensor(
          "int64",
          [1, 1, 3],
          BigInt64Array.from(best, ([at]) => BigInt(at)),
        ),
      };
    }
    const all = rows.flatMap((row) => Array.from(row));
    return { logits: new texelflow.Tensor("float32", [1, rows.length, 40], Float32Array.from(all)) };
  };
  const run = async (inputs) => {
    const read = Object.entries(inputs).map(([name, { data }]) => [name, Array.from(data, Number)]);
    const found = Object.fromEntries(read);
    given.push(found);
    return answer(found.input_ids);
  };
  const names = kind === "top-k" ? ["logits_values", "logits_indices"] : ["logits"];
  const inputs = ["input_ids", "attention_mask", "position_ids"].map((name) => ({
    name,
    dtype: "int64",
    shape: [1, "n"],
  }));
  const past = { name: "past_key_values.0.key", dtype: "float32", shape: [1, "m"] };
  const model = {
    name: "told",
    run,
    dispose() {},
    outputs: names.map((name) => ({ name, dtype: "float32", shape: [1, "n", 40] })),
    inputs: kind === "past" ? [...inputs, past] : inputs,
    states: kind === "plain" ? [] : [{ name: "past", dtype: "float32", shape: [1] }],
    session: () => {
      sessions += 1;
      return { run, dispose: () => (sessions -= 1) };
    },
  };
  const pieces = [];
  try {
    const { loadTokenizer } = await import("/dist/texelflow.text.js");
    const tokenizer = await loadTokenizer(`/tokenizers/${options.tokenizer ?? "byte_pairs"}/`);
    const write = await pipelines.pipeline("text-generation", model, { tokenizer });
    const first = tokenizer.encode(prompt);
    const random = options.random === undefined ? {} : { random: () => options.random };
    const [{ generated_text }] = await write(prompt, {
      ...options,
      ...random,
      streamer: (text) => pieces.push(text),
    });
    const expected = (count, step) =>
      tokenizer.decode(Array.from({ length: count }, (_, at) => (first.at(-1) + (at + 1) * step) % 40));
    const made = Array.from({ length: options.max_new_tokens }, (_, at) => (first.at(-1) + at + 1) % 40);
    const whole = tokenizer.decode([...first, ...made]);
    const texts = Object.fromEntries(
      [1, 2].map((step) => [step, [1, 2, 3, 4, 5, 6].map((n) => expected(n, step))]),
    );
    return JSON.stringify({
      generated_text,
      pieces,
      given,
      first,
      texts,
      whole,
      sessions,
      end: tokenizer.endToken ?? null,
    });
  } catch (error) {
    return JSON.stringify({ error: error.code, message: error.message });
  }
};
