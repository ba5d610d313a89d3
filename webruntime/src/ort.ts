/**
 * The API of ONNX Runtime Web's sessions, so that a page that uses it only changes its import.
 *
 * @module texelflow/ort
 */

export { InferenceSession, type SessionOptions, type ValueMetadata } from "./adapters/ort_session.ts";
export { type OrtData, Tensor } from "./adapters/ort_tensor.ts";

/** ONNX Runtime's `env`: pages may set it, but nothing reads it. */
export const env: Record<string, Record<string, unknown>> = { wasm: {}, webgl: {}, webgpu: {} };
