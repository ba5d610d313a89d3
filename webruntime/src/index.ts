/**
 * The runtime: loads bundles, and runs models.
 *
 * @module texelflow
 */

export { loadModel } from "./api/load_model.ts";
export type { ImageInfo, InputInfo, Model, OutputInfo, TensorInfo } from "./api/model.ts";
export type { ModelSession } from "./api/model_session.ts";
export type { LoadOptions } from "./api/options.ts";
export type { Progress } from "./api/progress.ts";
export type {
  InputSignature,
  Inputs,
  Outputs,
  RunOptions,
  Signature,
  TensorSignature,
} from "./api/signature.ts";
export type { Timings } from "./api/timings.ts";
export type { DeviceLimits, DeviceOptions, DeviceReport } from "./backends/webgl2/device/device.ts";
export type { DeviceSetting } from "./backends/webgl2/device/setting.ts";
export type { Blocking } from "./backends/webgl2/layout/layouts.ts";
export type { DrawProfile, Profile, ProfileOptions } from "./backends/webgl2/profiler/profile.ts";
export type { BundleSource, FetchFile } from "./bundle/bundle_source.ts";
export type { DataType } from "./bundle/generated/graph_file.ts";
export { type ErrorCode, type ErrorDetails, TexelflowError } from "./errors.ts";
export type { DrawOptions, DrawTarget, GpuTensor } from "./graph/gpu_tensor.ts";
export type { RunInput } from "./graph/inputs.ts";
export type { CroppedPicture, ImageSource, Rectangle } from "./graph/pictures.ts";
export { Tensor, type TensorArrays, type TensorData } from "./graph/tensor.ts";
