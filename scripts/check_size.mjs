// Prints the download size of each built script and fails when the runtime exceeds its limit.
import { readFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";

const limit = 25_000;
let failed = false;
for (const name of ["texelflow.js", "texelflow.iife.js", "texelflow.debug.js"]) {
  const content = await readFile(`dist/${name}`);
  const size = brotliCompressSync(content).length;
  const limited = name !== "texelflow.debug.js";
  console.log(
    `dist/${name}: ${content.length} bytes, ${size} with brotli${limited ? ` (limit ${limit})` : ""}`,
  );
  failed ||= limited && size > limit;
}
if (failed) {
  console.error(`The runtime is larger than ${limit} bytes with brotli.`);
  process.exit(1);
}
