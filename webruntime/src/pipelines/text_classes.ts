import { softmax, topK } from "../ends.ts";
import { TexelflowError } from "../errors.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { best, type Classification, type ClassificationOptions, classScores, nameOf } from "./classes.ts";
import { each } from "./each.ts";
import { lastOf, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";
import type { TextEncoder } from "./text_inputs.ts";

/** Says of texts what they are; of a list, where one class of each is wanted, without a list of one for each. */
export interface TextClassifier {
  (text: string, options?: ClassificationOptions): Promise<Classification[]>;
  (
    texts: readonly string[],
    options?: ClassificationOptions & { readonly top_k?: 1 },
  ): Promise<Classification[]>;
  (texts: readonly string[], options: ClassificationOptions): Promise<Classification[] | Classification[][]>;
}

/** Classifies texts. */
export function textClassification(task: TaskModel, encode: TextEncoder): TextClassifier {
  const { info } = task.output("classes");
  const one = async (text: string, options: ClassificationOptions = {}): Promise<Classification[]> => {
    const { top_k: count = 1 } = options;
    const outputs = await task.run(encode(text).inputs, options);
    return best(classScores(task, outputs), task.labelsOf(info), count);
  };
  const all = async (texts: string | readonly string[], options: ClassificationOptions = {}) => {
    if (typeof texts === "string") return one(texts, options);
    const found = await each(one)(texts, options);
    const { top_k: count = 1 } = options;
    return count === 1 ? found.flat() : found;
  };
  return all as TextClassifier;
}

/** A classified token. */
export interface TokenClassification {
  readonly entity: string;
  readonly score: number;
  /** The index of the token, counting those that the tokenizer adds. */
  readonly index: number;
  readonly word: string;
}

/** Options of a token classification. */
export interface TokenClassificationOptions extends TaskRunOptions {
  /** Labels of tokens that are left out. Default: "O". */
  readonly ignore_labels?: readonly string[] | undefined;
}

/** Classifies each token of texts. */
export function tokenClassification(task: TaskModel, encode: TextEncoder, tokenizer: Tokenizer) {
  const { info } = task.output("classes");
  const labels = task.labelsOf(info);
  return each(
    async (text: string, options: TokenClassificationOptions = {}): Promise<TokenClassification[]> => {
      const { inputs, tokens, mask } = encode(text);
      const outputs = await task.run(inputs, options);
      const scores = classScores(task, outputs);
      const classes = lastOf(outputs, info);
      const { ignore_labels: ignored = ["O"] } = options;
      return tokens.flatMap((token, index) => {
        const [found] = topK(scores.subarray(index * classes, (index + 1) * classes), 1);
        const entity = nameOf(labels, found?.index ?? 0);
        const word = mask[index] ? tokenizer.decode([token]) : "";
        // Tokens without text are those that the tokenizer adds.
        return word === "" || ignored.includes(entity)
          ? []
          : [{ entity, score: found?.score ?? 0, index, word }];
      });
    },
  );
}

/** A token that may fill the gap of a text. */
export interface FilledMask {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  readonly sequence: string;
}

/** The names that tokenizers give the token for a gap. */
const MASKS = ["[MASK]", "<mask>"];

/** Fills the gap of a text, which is written as the tokenizer's mask token: `[MASK]` or `<mask>`. */
export function fillMask(task: TaskModel, encode: TextEncoder, tokenizer: Tokenizer) {
  const { info } = task.output("tokens");
  return each(async (text: string, options: ClassificationOptions = {}): Promise<FilledMask[]> => {
    const { inputs, tokens, mask } = encode(text);
    const gap = MASKS.map((piece) => tokenizer.tokenOf(piece)).find((token) => token !== undefined);
    const place = gap === undefined ? -1 : tokens.indexOf(gap);
    if (place < 0) throw new TexelflowError("input", `fill-mask: the text has no ${MASKS.join(" or ")}.`);
    const outputs = await task.run(inputs, options);
    const words = lastOf(outputs, info);
    const scores = softmax(numbersOf(outputs, info).subarray(place * words, (place + 1) * words));
    const own = tokens.filter((_, index) => mask[index]);
    const { top_k: count = 5 } = options;
    return topK(scores, count ?? words).map(({ index, score }) => ({
      score,
      token: index,
      token_str: tokenizer.decode([index], { special: true }),
      sequence: tokenizer.decode(own.map((token, at) => (at === place ? index : token))),
    }));
  });
}
