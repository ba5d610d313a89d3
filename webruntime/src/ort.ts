/**
 * A session in the shape of ONNX Runtime Web's, so that a page that has one changes its import.
 *
 * @module texelflow/ort
 */

export { InferenceSession, type SessionOptions, type ValueMetadata } from "./adapters/ort_session.ts";
export { type OrtData, Tensor } from "./adapters/ort_tensor.ts";

/** Settings of ONNX Runtime, which pages set and nothing reads. */
export const env: Record<string, Record<string, unknown>> = { wasm: {}, webgl: {}, webgpu: {} };
