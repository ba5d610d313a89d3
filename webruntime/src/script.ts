// The runtime as a script: the global `texelflow` has what the module exports.

import * as runtime from "./index.ts";

declare global {
  var texelflow: typeof runtime;
}

globalThis.texelflow = runtime;
