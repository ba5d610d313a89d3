import type { BundleSource } from "../bundle/bundle_source.ts";
import { TexelflowError } from "../errors.ts";
import { Tensor } from "../graph/tensor.ts";
import type { Tokenizer, TokenizerFiles } from "../text/tokenizer.ts";
import type { AnyModel, TaskModel } from "./task_model.ts";

/** A tokenizer: the address of its folder, its files, their content, or a loaded one. */
export type TokenizerSource = BundleSource | TokenizerFiles | Tokenizer;

/** A text as a model takes it. */
export interface EncodedText {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly tokens: readonly number[];
  /** 1 for each token of the text, 0 for padding. */
  readonly mask: readonly number[];
}

/** A function that makes a model's inputs from a text. */
export type TextEncoder = (text: string) => EncodedText;

/** The names that tokenizers give the padding token. */
const PADDING = ["[PAD]", "<pad>", "<|endoftext|>"];

/**
 * Loads a tokenizer, and the file that contains the tokenizer's code.
 *
 * @param files - the names of its files, where they are known
 */
export async function tokenizerOf(source: TokenizerSource, files?: readonly string[]): Promise<Tokenizer> {
  if (typeof source === "object" && "encode" in source) return source;
  const { loadTokenizer } = await import("../text.ts");
  return loadTokenizer(source, files && { files });
}

/** The files of the tokenizer beside a bundle, as it names them. */
export function tokenizerFiles({ inputs }: Pick<AnyModel, "inputs">): readonly string[] | undefined {
  const roles = inputs.map(({ role }) => role);
  return roles.find((role) => role?.kind === "text")?.files;
}

/**
 * Makes the inputs of a model of texts: those of `input_ids`, `attention_mask` and `token_type_ids` that it has, truncated or
 * padded if the model takes a fixed number of tokens.
 */
export function textEncoder({ task, model }: TaskModel, tokenizer: Tokenizer): TextEncoder {
  const known = ["input_ids", "attention_mask", "token_type_ids"];
  const wanted = model.inputs.filter(({ name }) => known.includes(name));
  const ids = wanted.find(({ name }) => name === "input_ids");
  if (!ids) {
    const names = model.inputs.map(({ name }) => name).join(", ");
    throw new TexelflowError("option", `${task}: "${model.name}" has no input input_ids, but ${names}.`);
  }
  const length = ids.shape.at(-1);
  const padding = PADDING.map((piece) => tokenizer.tokenOf(piece)).find((token) => token !== undefined) ?? 0;
  return (text) => {
    const whole = Object.entries(tokenizer.inputs(text)).map(
      ([name, { data }]) => [name, Array.from(data as BigInt64Array, Number)] as const,
    );
    const rows = Object.fromEntries(
      whole.map(([name, row]) => [name, fitted(row, length, name === "input_ids" ? padding : 0)]),
    );
    return {
      inputs: Object.fromEntries(
        wanted.map(({ name, dtype }) => {
          const row = rows[name] as number[];
          const data = dtype === "int64" ? BigInt64Array.from(row, BigInt) : Int32Array.from(row);
          return [name, new Tensor(dtype, [1, row.length], data)];
        }),
      ),
      tokens: rows.input_ids as number[],
      mask: rows.attention_mask as number[],
    };
  };
}

/** Truncates or pads to the model's length. The last token, which ends a text, stays the last. */
function fitted(row: readonly number[], length: number | string | undefined, padding: number): number[] {
  if (typeof length !== "number") return [...row];
  if (row.length > length) return [...row.slice(0, length - 1), ...row.slice(-1)];
  return [...row, ...Array.from({ length: length - row.length }, () => padding)];
}
