// Puts the other runtimes, each as its users would ship it, into the folder given: `node build_peers.mjs FOLDER`.
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node build_peers.mjs FOLDER");
await mkdir(folder, { recursive: true });
await build({
  stdin: {
    contents: `
      import "@tensorflow/tfjs-backend-webgl";
      export { backend, env, ready, setBackend, tensor } from "@tensorflow/tfjs-core";
      export { loadGraphModel } from "@tensorflow/tfjs-converter";
    `,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  outfile: `${folder}/tfjs.js`,
});
const onnxruntime = new URL("node_modules/onnxruntime-web/dist/", import.meta.url);
const files = [
  "ort.webgl.min.mjs",
  "ort.wasm.min.mjs",
  "ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm",
];
await Promise.all(files.map((file) => copyFile(new URL(file, onnxruntime), `${folder}/${file}`)));
