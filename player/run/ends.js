// Of what comes behind a model's outputs that which every model needs here: `scripts/build.mjs` makes this one small file.
export {
  argMax,
  pictureOf,
  placement,
  planesOf,
  sigmoid,
  softmax,
  suppressOverlaps,
  topK,
} from "../../webruntime/src/ends.ts";
