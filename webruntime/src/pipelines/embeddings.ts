import type { Embedding } from "../bundle/generated/graph_file.ts";
import { Tensor } from "../graph/tensor.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";
import type { TextEncoder } from "./text_inputs.ts";

/** Options of embeddings. */
export interface EmbeddingOptions extends TaskRunOptions {
  /** How the vectors of all tokens become one. Default: what the bundle says. */
  readonly pooling?: "none" | "mean" | "first" | "last" | "cls" | undefined;
  /** Whether vectors are brought to the length 1. Default: what the bundle says. */
  readonly normalize?: boolean | undefined;
}

/** Embeddings of texts: [texts, size], or without pooling [1, tokens, size] for one text. */
export function featureExtraction(task: TaskModel, encode: TextEncoder) {
  const meant = task.output("embedding");
  const { info, role } = meant;
  return async (
    texts: string | readonly string[],
    options: EmbeddingOptions = {},
  ): Promise<Tensor<"float32", Float32Array>> => {
    const all = typeof texts === "string" ? [texts] : texts;
    const found: Vectors[] = [];
    for (const text of all) {
      const { inputs, mask } = encode(text);
      const outputs = await task.run(inputs, options);
      found.push(
        task.read([meant], outputs, () =>
          vectorsOf(outputs[info.name] as Tensor, numbersOf(outputs, info), mask, role, options),
        ),
      );
    }
    return stacked(found);
  };
}

/** Embeddings of pictures: [1, size], or without pooling [1, places, size]. */
export function imageFeatureExtraction(task: TaskModel) {
  const meant = task.output("embedding");
  const { info, role } = meant;
  return async (
    picture: PictureInput,
    options: EmbeddingOptions = {},
  ): Promise<Tensor<"float32", Float32Array>> => {
    const { outputs } = await runPicture(task, picture, options);
    const vectors = task.read([meant], outputs, () =>
      vectorsOf(outputs[info.name] as Tensor, numbersOf(outputs, info), undefined, role, options),
    );
    return stacked([vectors]);
  };
}

/** Vectors of one text or picture, in rows. */
interface Vectors {
  readonly rows: number;
  readonly data: Float32Array;
}

function vectorsOf(
  { shape }: Tensor,
  numbers: Float32Array,
  mask: readonly number[] | undefined,
  role: Embedding,
  options: EmbeddingOptions,
): Vectors {
  const columns = shape.at(-1) ?? 1;
  if (numbers.length === 0) throw new RangeError("There is no vector.");
  const rows = numbers.length / columns;
  const { normalize = role.normalize ?? false } = options;
  const pooling = rows === 1 && shape.length < 3 ? "none" : (options.pooling ?? role.pooling ?? "none");
  const data = pooled(numbers, rows, columns, pooling, mask);
  if (normalize) {
    for (let row = 0; row < data.length; row += columns) {
      const vector = data.subarray(row, row + columns);
      const length = Math.max(Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)), 1e-12);
      for (let at = 0; at < columns; at++) vector[at] = (vector[at] as number) / length;
    }
  }
  return { rows: data.length / columns, data };
}

/** One row of all, or a copy of all. */
function pooled(
  numbers: Float32Array,
  rows: number,
  columns: number,
  pooling: NonNullable<EmbeddingOptions["pooling"]>,
  mask: readonly number[] = Array.from({ length: rows }, () => 1),
): Float32Array {
  const row = (index: number) => numbers.slice(index * columns, (index + 1) * columns);
  if (pooling === "none") return numbers.slice();
  if (pooling === "first" || pooling === "cls") return row(0);
  if (mask.length !== rows)
    throw new RangeError(`${rows} vectors are not one for each of ${mask.length} tokens.`);
  if (pooling === "last") return row(mask.lastIndexOf(1));
  const sums = new Float64Array(columns);
  for (let index = 0; index < numbers.length; index++) {
    if (mask[Math.floor(index / columns)])
      sums[index % columns] = (sums[index % columns] as number) + (numbers[index] as number);
  }
  const count = Math.max(
    mask.reduce((sum, is) => sum + is, 0),
    1e-9,
  );
  return Float32Array.from(sums, (sum) => sum / count);
}

function stacked(all: readonly Vectors[]): Tensor<"float32", Float32Array> {
  const rows = all[0]?.rows ?? 1;
  const columns = (all[0]?.data.length ?? 0) / rows;
  if (all.some((one) => one.rows !== rows))
    throw new RangeError("Without pooling, texts have vectors of their own numbers: give one at a time.");
  const data = new Float32Array(all.length * rows * columns);
  for (const [index, one] of all.entries()) data.set(one.data, index * rows * columns);
  return new Tensor("float32", rows > 1 ? [all.length, rows, columns] : [all.length, columns], data);
}
