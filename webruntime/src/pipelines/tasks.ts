import type { Role } from "../bundle/generated/graph_file.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { audioClassification, audioTracking } from "./audio.ts";
import { imageClassification } from "./classes.ts";
import { featureExtraction, imageFeatureExtraction } from "./embeddings.ts";
import { fileClassification } from "./file_classification.ts";
import { imageSegmentation } from "./image_segmentation.ts";
import { imageToImage } from "./image_to_image.ts";
import { imageToText } from "./image_to_text.ts";
import { keypointDetection } from "./keypoint_detection.ts";
import { objectDetection } from "./object_detection.ts";
import type { AnyModel, TaskModel } from "./task_model.ts";
import { fillMask, textClassification, tokenClassification } from "./text_classes.ts";
import { textGeneration } from "./text_generation.ts";
import { textEncoder } from "./text_inputs.ts";

/** The function that creates each task; those of texts need a tokenizer, too. */
export const TASKS = {
  "image-classification": imageClassification,
  "object-detection": objectDetection,
  "image-segmentation": imageSegmentation,
  "keypoint-detection": keypointDetection,
  "image-to-image": imageToImage,
  "image-to-text": imageToText,
  "image-feature-extraction": imageFeatureExtraction,
  "audio-classification": audioClassification,
  "audio-tracking": audioTracking,
  "file-classification": fileClassification,
} as const;

/** The function that creates each task of texts. */
export const TEXT_TASKS = {
  "feature-extraction": (task: TaskModel, tokenizer: Tokenizer) =>
    featureExtraction(task, textEncoder(task, tokenizer)),
  "text-classification": (task: TaskModel, tokenizer: Tokenizer) =>
    textClassification(task, textEncoder(task, tokenizer)),
  "token-classification": (task: TaskModel, tokenizer: Tokenizer) =>
    tokenClassification(task, textEncoder(task, tokenizer), tokenizer),
  "fill-mask": (task: TaskModel, tokenizer: Tokenizer) =>
    fillMask(task, textEncoder(task, tokenizer), tokenizer),
  "text-generation": textGeneration,
} as const;

/** Other names that Transformers.js has for tasks. */
export const TASK_ALIASES = {
  "sentiment-analysis": "text-classification",
  ner: "token-classification",
  embeddings: "feature-extraction",
} as const;

/** The tasks by their names, and what does them. */
export type Tasks = {
  [Name in keyof typeof TASKS]: ReturnType<(typeof TASKS)[Name]>;
} & { [Name in keyof typeof TEXT_TASKS]: ReturnType<(typeof TEXT_TASKS)[Name]> };

/** The name of a task, or another that Transformers.js has for it. */
export type TaskAlias = TaskName | keyof typeof TASK_ALIASES;

/** The task of a name. */
export type TaskOf<T extends TaskAlias> = T extends keyof typeof TASK_ALIASES
  ? (typeof TASK_ALIASES)[T]
  : Extract<T, TaskName>;

/** The name of a task. */
export type TaskName = keyof Tasks;

const OF_PICTURES: Partial<Record<Role["kind"], TaskName>> = {
  classes: "image-classification",
  boxes: "object-detection",
  mask: "image-segmentation",
  keypoints: "keypoint-detection",
  picture: "image-to-image",
  ctc: "image-to-text",
  embedding: "image-feature-extraction",
};

const OF_SOUNDS: Partial<Record<Role["kind"], TaskName>> = {
  classes: "audio-classification",
  curve: "audio-tracking",
  notes: "audio-tracking",
};

const OF_FILES: Partial<Record<Role["kind"], TaskName>> = { classes: "file-classification" };

/**
 * The task of a model, as far as the roles of its outputs tell; undefined if the bundle states no roles, or if they fit
 * several tasks, as those of texts do.
 */
export function taskOf({ inputs, outputs }: Pick<AnyModel, "inputs" | "outputs">): TaskName | undefined {
  const kinds = outputs.flatMap(({ role }) => (role ? [role.kind] : []));
  const tasks = inputs.some(({ image }) => image)
    ? OF_PICTURES
    : inputs.some(({ role }) => role?.kind === "sound")
      ? OF_SOUNDS
      : inputs.some(({ role }) => role?.kind === "bytes")
        ? OF_FILES
        : {};
  return kinds.map((kind) => Object.hasOwn(tasks, kind) && tasks[kind]).find((task) => task) || undefined;
}
