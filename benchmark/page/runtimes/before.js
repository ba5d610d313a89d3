// @ts-nocheck: what it imports is beside it only where the page is served.
// Another build of Texelflow, which `benchmark/compare.py` compares with this one.
import { loadModel, Tensor } from "../before/texelflow.js";
import { adapter } from "./texelflow.js";

export const open = adapter({ loadModel, Tensor }, "before");
