// Inputs and outputs of the model "frozen", for TypeScript. Written by texelflow 0.1.0.
//
//     import type { Signature } from "./model";
//     const model = await loadModel<Signature>("…");

export interface Signature {
  inputs: {
    "picture": { dtype: "float32"; shape: ["N", 3, 8, 8]; image: true };
    "bonus": { dtype: "float32"; shape: ["M", 4]; image: false };
  };
  outputs: {
    "scores": { dtype: "float32"; shape: ["broadcast(M, N)", 4] };
    "best": { dtype: "int64"; shape: ["broadcast(M, N)"] };
  };
}
