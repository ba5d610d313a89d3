// @ts-nocheck: what it imports is beside it only where the page is served.
// Texelflow as the other runtimes are, which never block the page: a wish that only its extras grant.
import { loadModel, Tensor } from "../javascript/texelflow.debug.js";
import { adapter } from "./texelflow.js";

export const open = adapter({ loadModel, Tensor }, "bundle", { device: { neverBlock: true } });
