/**
 * The API of TensorFlow.js's models, so that a page that uses it only changes its import.
 *
 * @module texelflow/tfjs
 */

export {
  type ForeignTensor,
  GraphModel,
  loadGraphModel,
  loadGraphModel as loadLayersModel,
  type TfInput,
  type TfInputs,
  type TfLoadOptions,
} from "./adapters/tfjs_model.ts";
export { type Nested, Tensor, type TfData, type TfType } from "./adapters/tfjs_tensor.ts";
