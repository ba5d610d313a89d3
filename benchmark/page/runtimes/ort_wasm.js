// @ts-nocheck: what it imports is beside it only where the page is served.
import * as ort from "../peers/ort.wasm.min.mjs";
import { openSession } from "./onnxruntime.js";

// One thread: more need cross-origin isolation, which most pages do not have.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("../peers/", import.meta.url).href;

/** @param {import("../net.js").Net} net */
export const open = (net) => openSession(ort, "wasm", net);
