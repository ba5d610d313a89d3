/**
 * Pre-processing for a model's inputs and post-processing of its outputs: plain functions, which bundlers tree-shake.
 *
 * @module texelflow/ends
 */

export { type AnchorOptions, boxesOfAnchors, mergeOverlaps, type PointedBox } from "./ends/anchors.ts";
export {
  type Box,
  type BoxOptions,
  boxesOf,
  boxIn,
  overlapOf,
  type SuppressionOptions,
  suppressOverlaps,
} from "./ends/boxes.ts";
export {
  type ConnectedArea,
  type ConnectedOptions,
  connectedAreas,
  cornersOfLine,
} from "./ends/connected.ts";
export { type Keypoint, keypointsOf, type RefinementOptions, refinePoints } from "./ends/keypoints.ts";
export { type MelOptions, melFilters } from "./ends/mel.ts";
export { MicroFrontend } from "./ends/micro_frontend.ts";
export { type Area, type Fit, type Point, placement, pointIn, type Size } from "./ends/placement.ts";
export {
  drawPicture,
  type MaskOptions,
  maskPicture,
  type Numbers,
  type Plane,
  pictureOf,
  planesOf,
  type Surface,
} from "./ends/planes.ts";
export { cutOut, pointOfRegion, type Region, type RegionOptions, regionOf } from "./ends/regions.ts";
export { resample } from "./ends/resample.ts";
export {
  type Candidate,
  candidates,
  type GenerationOptions,
  generate,
  type SamplingOptions,
  sample,
  streamText,
} from "./ends/sampling.ts";
export { argMax, type Scored, sigmoid, softmax, topK } from "./ends/scores.ts";
export { type Reading, readCtc } from "./ends/sequences.ts";
export {
  framesOf,
  hannWindow,
  type LogMelOptions,
  logMel,
  type Spectrum,
  type SpectrumOptions,
  spectrogram,
  stft,
} from "./ends/sound.ts";
