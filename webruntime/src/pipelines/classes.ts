import { topK } from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { each } from "./each.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { activate, lastOf, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** A class with its score. */
export interface Classification {
  readonly label: string;
  readonly score: number;
}

/** Options of a classification. */
export interface ClassificationOptions extends TaskRunOptions {
  /** How many classes are wanted, the best first, or null for all: 5 unless given, of texts and files 1. */
  readonly top_k?: number | null | undefined;
}

/** Classifies pictures. */
export function imageClassification(task: TaskModel) {
  const { info } = task.output("classes");
  return each(
    async (picture: PictureInput, options: ClassificationOptions = {}): Promise<Classification[]> => {
      const { outputs } = await runPicture(task, picture, options);
      const labels = task.labelsOf(info);
      return best(classScores(task, outputs), labels, options.top_k);
    },
  );
}

/** The scores of the classes: as many rows as the output has. */
export function classScores(task: TaskModel, outputs: Readonly<Record<string, Tensor>>): Float32Array {
  const meant = task.output("classes");
  const { info, role } = meant;
  return task.read([meant], outputs, () =>
    activate(numbersOf(outputs, info), lastOf(outputs, info), role.activation),
  );
}

/** The best of some scores, or all, with the names of the classes. */
export function best(
  scores: Float32Array,
  labels: readonly string[],
  count: number | null = 5,
): Classification[] {
  return topK(scores, count ?? scores.length).map(({ index, score }) => ({
    label: nameOf(labels, index),
    score,
  }));
}

/** The name of a class; the index itself where it has none, as Hugging Face writes it. */
export function nameOf(labels: readonly string[], index: number): string {
  return labels[index] ?? `LABEL_${index}`;
}
