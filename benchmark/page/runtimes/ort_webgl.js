// @ts-nocheck: what it imports is beside it only where the page is served.
import * as ort from "../peers/ort.webgl.min.mjs";
import { openSession } from "./onnxruntime.js";

/** @param {import("../net.js").Net} net */
export const open = (net) => openSession(ort, "webgl", net);
