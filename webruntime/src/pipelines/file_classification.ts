import type { Bytes } from "../bundle/generated/graph_file.ts";
import { Tensor } from "../graph/tensor.ts";
import { best, type Classification, type ClassificationOptions, classScores } from "./classes.ts";
import { each } from "./each.ts";
import { fetched } from "./pictures.ts";
import type { TaskModel } from "./task_model.ts";

/** A file: an address, a file that a visitor chose, or its content. */
export type FileInput = string | URL | Blob | Uint8Array<ArrayBuffer>;

/** Tells the type of files by their bytes; of large files only parts are read. */
export function fileClassification(task: TaskModel) {
  const { info } = task.output("classes");
  const { info: input, role } = task.input("bytes");
  return each(async (file: FileInput, options: ClassificationOptions = {}): Promise<Classification[]> => {
    const isAddress = typeof file === "string" || file instanceof URL;
    const blob = isAddress ? await (await fetched(file, options.signal)).blob() : new Blob([file]);
    const numbers = await numbersOfFile(blob, role);
    const tensor = new Tensor(
      input.dtype,
      [1, numbers.length],
      input.dtype === "float32" ? Float32Array.from(numbers) : Int32Array.from(numbers),
    );
    const outputs = await task.run({ [input.name]: tensor }, options);
    return best(
      classScores(task, outputs),
      task.labelsOf(info),
      options.top_k === undefined ? 1 : options.top_k,
    );
  });
}

async function numbersOfFile(file: Blob, { beginning, end, padding, block }: Bytes): Promise<number[]> {
  const read = async (part: Blob) => Array.from(new Uint8Array(await part.arrayBuffer()));
  const head = await read(file.slice(0, block));
  const tail = await read(file.slice(Math.max(0, file.size - block)));
  const first = head.findIndex((byte) => !isSpace(byte));
  let last = tail.length;
  while (last > 0 && isSpace(tail[last - 1] as number)) last--;
  const begin = first < 0 ? [] : head.slice(first, first + beginning);
  const finish = tail.slice(Math.max(0, last - end), last);
  const filling = (count: number) => Array.from({ length: count }, () => padding);
  return [...begin, ...filling(beginning - begin.length), ...filling(end - finish.length), ...finish];
}

/** What Python's `bytes.strip` takes for white space. */
function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
