// Prints the download size of each built script, and fails when what a page requests up to its first result, which is
// the runtime and the demo's own script, exceeds the limit.
import { readFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";
import { bundleDemo } from "./build_demo.mjs";

const limit = 25_000;

/** Prints and returns the size with brotli. */
function measure(name, content) {
  const size = brotliCompressSync(content).length;
  console.log(`${name}: ${content.length} bytes, ${size} with brotli`);
  return size;
}

const runtime = measure("dist/texelflow.js", await readFile("dist/texelflow.js"));
measure("dist/texelflow.iife.js", await readFile("dist/texelflow.iife.js"));
measure("dist/texelflow.debug.js", await readFile("dist/texelflow.debug.js"));
const total = runtime + measure("the demo's script", await bundleDemo());
console.log(`The demo page requests ${total} bytes of JavaScript, of ${limit} allowed.`);
if (total > limit) {
  console.error(`The runtime and the demo's script are ${total - limit} bytes too large.`);
  process.exit(1);
}
