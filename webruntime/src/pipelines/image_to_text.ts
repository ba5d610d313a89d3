import { readCtc } from "../ends.ts";
import { each } from "./each.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { activate, lastOf, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** A line of text that was read. */
export interface ReadText {
  readonly generated_text: string;
  /** The mean score of its characters; 0 of none. */
  readonly score: number;
}

/** Reads a picture of one line of text, by a model that was trained with CTC. */
export function imageToText(task: TaskModel) {
  const meant = task.output("ctc");
  const { info, role } = meant;
  const labels = task.labelsOf(info);
  const { blank = 0 } = role;
  return each(async (picture: PictureInput, options: TaskRunOptions = {}): Promise<[ReadText]> => {
    const { outputs } = await runPicture(task, picture, options);
    const characters = lastOf(outputs, info);
    const read = task.read([meant], outputs, () =>
      readCtc(activate(numbersOf(outputs, info), characters, role.activation), characters, blank),
    );
    // Lists of characters have the blank or leave it out; what is behind their last is a space.
    const isWhole = labels.length >= characters;
    const text = read.labels
      .map((label) => labels[label - Number(!isWhole && label > blank)] ?? " ")
      .join("");
    return [{ generated_text: text, score: read.score }];
  });
}
