/**
 * Whole tasks in three lines, with the names of Transformers.js: pre-processing, the model, and post-processing.
 *
 * @module texelflow/pipeline
 */

export type {
  Activation,
  Boxes,
  Bytes,
  Classes,
  Ctc,
  Curve,
  Embedding,
  Keypoints,
  Mask,
  Notes,
  OutputPicture,
  Role,
  Sound,
  Text,
  Tokens,
  Unit,
} from "./bundle/generated/graph_file.ts";
export type { AudioClassificationOptions, HeardWindow, SoundSource, Track } from "./pipelines/audio.ts";
export type { Classification, ClassificationOptions } from "./pipelines/classes.ts";
export type { Each } from "./pipelines/each.ts";
export type { EmbeddingOptions } from "./pipelines/embeddings.ts";
export type { FileInput } from "./pipelines/file_classification.ts";
export type { MaskImage, Segment, SegmentationOptions } from "./pipelines/image_segmentation.ts";
export type { ReadText } from "./pipelines/image_to_text.ts";
export type { FoundPoint, KeypointOptions, PointedObject } from "./pipelines/keypoint_detection.ts";
export { microphone } from "./pipelines/microphone.ts";
export type { Detection, DetectionOptions } from "./pipelines/object_detection.ts";
export type { PictureInput } from "./pipelines/pictures.ts";
export { type Pipeline, type PipelineOptions, pipeline } from "./pipelines/pipeline.ts";
export type { SoundInput, SoundOptions } from "./pipelines/sound.ts";
export type { AnyModel, TaskRunOptions } from "./pipelines/task_model.ts";
export { type TaskAlias, type TaskName, type TaskOf, type Tasks, taskOf } from "./pipelines/tasks.ts";
export type {
  FilledMask,
  TextClassifier,
  TokenClassification,
  TokenClassificationOptions,
} from "./pipelines/text_classes.ts";
export type { GeneratedText, TextGenerationOptions, TextGenerator } from "./pipelines/text_generation.ts";
export type { TokenizerSource } from "./pipelines/text_inputs.ts";
