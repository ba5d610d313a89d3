import { type GenerationOptions, generate, streamText } from "../ends.ts";
import { TexelflowError } from "../errors.ts";
import { Tensor } from "../graph/tensor.ts";
import type { Message, Tokenizer } from "../text/tokenizer.ts";
import { each } from "./each.ts";
import { numbersOf, runOf, type TaskModel } from "./task_model.ts";

/** Options of text generation, named as in Transformers.js. */
export interface TextGenerationOptions {
  /** The most tokens that are generated. Default: 256. */
  readonly max_new_tokens?: number | undefined;
  /** Whether tokens are drawn by chance; else the most likely is taken. Default: false. */
  readonly do_sample?: boolean | undefined;
  /** By which logits are divided where tokens are drawn: above 1 makes the less likely ones more so. Default: 1. */
  readonly temperature?: number | undefined;
  /** Only so many of the most likely tokens are drawn from. Default: all. */
  readonly top_k?: number | undefined;
  /** Only the most likely tokens that together are at least this likely are drawn from. Default: 1. */
  readonly top_p?: number | undefined;
  /** By which logits of tokens that are there already are divided, or multiplied below 0. Default: 1. */
  readonly repetition_penalty?: number | undefined;
  /** Whether the prompt is a part of the text. Default: true. */
  readonly return_full_text?: boolean | undefined;
  /** The tokens after which nothing follows. Default: what the tokenizer says. */
  readonly eos_token_id?: number | readonly number[] | undefined;
  /** Told the text as it grows, piece by piece. */
  readonly streamer?: ((text: string) => void) | undefined;
  /** Ends the generation when aborted: the pipeline rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Gives numbers from 0 to below 1: `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
}

/** A text, or a conversation with the answer at its end. */
export interface GeneratedText {
  readonly generated_text: string | readonly Message[];
}

/** How many tokens before a new one are decoded with it, because they decide how it is written. */
const CONTEXT = 16;

/** Goes on with texts, or answers conversations; a list of either is done one by one. */
export interface TextGenerator {
  (prompt: string | readonly Message[], options?: TextGenerationOptions): Promise<[GeneratedText]>;
  (
    prompts: readonly string[] | readonly (readonly Message[])[],
    options?: TextGenerationOptions,
  ): Promise<[GeneratedText][]>;
}

/** Continues texts, or answers conversations. */
export function textGeneration(task: TaskModel, tokenizer: Tokenizer): TextGenerator {
  const step = stepsOf(task);
  const one = async (
    prompt: string | readonly Message[],
    options: TextGenerationOptions = {},
  ): Promise<[GeneratedText]> => {
    const isText = typeof prompt === "string";
    const tokens = isText
      ? tokenizer.encode(prompt)
      : tokenizer.encode(await tokenizer.chat(prompt), { special: false });
    // Whether a space precedes the first word depends on the tokens before it. Spaces that the model wrote stay: what
    // left them out would change what was told already, the end of the prompt say.
    const before = tokens.slice(-CONTEXT);
    const written = (all: readonly number[]) => tokenizer.decode(all, { clean: false });
    const skipped = written(before).length;
    const decode = (made: readonly number[]) => written([...before, ...made]).slice(skipped);
    const steps = step();
    try {
      const made = generate(tokens, steps.next, generationOptions(options, tokenizer));
      let text = "";
      for await (const piece of streamText(made, decode)) {
        text += piece;
        options.streamer?.(piece);
      }
      if (options.return_full_text === false) return [{ generated_text: text }];
      const whole = isText ? prompt + text : [...prompt, { role: "assistant", content: text }];
      return [{ generated_text: whole }];
    } finally {
      steps.dispose();
    }
  };
  const all = (prompt: string | readonly unknown[], options?: TextGenerationOptions) => {
    const [first] = prompt;
    // A conversation is a list itself, of messages.
    const isOne = typeof prompt === "string" || (first instanceof Object && "role" in first);
    return (isOne ? one : each(one))(prompt as string, options);
  };
  return all as unknown as TextGenerator;
}

function generationOptions(options: TextGenerationOptions, tokenizer: Tokenizer): GenerationOptions {
  const { do_sample = false, eos_token_id, signal, random } = options;
  const own = tokenizer.endToken;
  const given = typeof eos_token_id === "number" ? [eos_token_id] : eos_token_id;
  return {
    limit: options.max_new_tokens ?? 256,
    ends: given ?? (own === undefined ? [] : [own]),
    temperature: do_sample ? (options.temperature ?? 1) : 0,
    ...(options.top_k && { topK: options.top_k }),
    ...(options.top_p !== undefined && { topP: options.top_p }),
    ...(options.repetition_penalty !== undefined && { repetitionPenalty: options.repetition_penalty }),
    ...(signal && { signal }),
    ...(random && { random }),
  };
}

/** Computes the logits of the next token, one text after the other. */
interface Steps {
  readonly next: (tokens: readonly number[]) => Promise<ArrayLike<number>>;
  readonly dispose: () => void;
}

/**
 * Runs a language model: in a session if the model has states, else on the whole text for each token.
 *
 * @throws TexelflowError with the code `option` when the page would have to pass the model's cache, or it has no logits
 */
function stepsOf(task: TaskModel): () => Steps {
  const { model } = task;
  const past = model.inputs.find(({ name }) => /^(past|cache)/.test(name));
  if (past) {
    throw new TexelflowError(
      "option",
      `${task.task}: "${model.name}" wants what it remembers as an input, ${past.name}. Export it with --state auto.`,
    );
  }
  const names = ["input_ids", "attention_mask", "position_ids"].filter((name) =>
    model.inputs.some((input) => input.name === name),
  );
  const logits = logitsOf(task);
  const remembers = model.states.length > 0;
  return () => {
    const session = remembers ? model.session() : undefined;
    const all: number[] = [];
    return {
      next: async (tokens) => {
        const before = remembers ? all.length : 0;
        all.push(...tokens);
        const given = remembers ? tokens : all;
        const rows: Record<string, number[]> = {
          input_ids: [...given],
          attention_mask: all.map(() => 1),
          position_ids: given.map((_, index) => before + index),
        };
        const inputs = Object.fromEntries(
          names.map((name) => [name, tokensTensor(task, name, rows[name] as number[])]),
        );
        return logits(await runOf(session ?? model)(inputs));
      },
      dispose: () => session?.dispose(),
    };
  };
}

function tokensTensor({ model }: TaskModel, name: string, row: readonly number[]): Tensor {
  const dtype = model.inputs.find((input) => input.name === name)?.dtype ?? "int64";
  const data = dtype === "int64" ? BigInt64Array.from(row, BigInt) : Int32Array.from(row);
  return new Tensor(dtype, [1, row.length], data);
}

/** Reads the logits after the last token: of all tokens, or of the best ones if the model was exported with `--top-k`. */
function logitsOf(task: TaskModel): (outputs: Record<string, Tensor>) => ArrayLike<number> {
  const { outputs: infos } = task.model;
  const values = infos.find(({ name }) => name.endsWith("_values"));
  const indices = infos.find(({ name }) => name === values?.name.replace(/_values$/, "_indices"));
  if (values && indices) {
    return (outputs) => {
      const count = (outputs[values.name] as Tensor).shape.at(-1) ?? 0;
      const best = numbersOf(outputs, values).subarray(-count);
      const tokens = numbersOf(outputs, indices).subarray(-count);
      const logits = new Float32Array(tokens.reduce((most, token) => Math.max(most, token), 0) + 1);
      logits.fill(Number.NEGATIVE_INFINITY);
      for (const [place, token] of tokens.entries()) logits[token] = best[place] as number;
      return logits;
    };
  }
  const [meant] = task.outputs("tokens");
  const info = meant?.info ?? infos.find(({ name }) => name === "logits") ?? task.output("tokens").info;
  return (outputs) => numbersOf(outputs, info).subarray(-((outputs[info.name] as Tensor).shape.at(-1) ?? 0));
}
