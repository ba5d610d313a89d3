// Prints the download size of each built script, and fails when what a page requests up to its first result exceeds its
// limit: the runtime, and apart from it the demo's own scripts.
import { readdir, readFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const limits = { runtime: 25_000, demo: 4_000 };

/** Prints and returns the size with brotli. */
function measure(name, content) {
  const size = brotliCompressSync(content).length;
  console.log(`${name}: ${content.length} bytes, ${size} with brotli`);
  return size;
}

/** Leaves out the runtime, a file of its own in the page, and what is imported once there is a result. */
const later = {
  name: "later",
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === "dynamic-import" || path.endsWith("/texelflow.js") ? { path, external: true } : undefined,
    );
  },
};

/** The demo's scripts up to its first result as one minified module. */
async function bundleDemo() {
  const result = await build({
    entryPoints: ["demo/app.js"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    plugins: [later],
    write: false,
  });
  return result.outputFiles[0].contents;
}

const runtime = measure("dist/texelflow.js", await readFile("dist/texelflow.js"));
for (const name of (await readdir("dist")).filter((name) => /\..*\.js$/.test(name)).sort()) {
  measure(`dist/${name}`, await readFile(`dist/${name}`));
}
const demo = measure("the demo's scripts", await bundleDemo());
for (const [name, size] of Object.entries({ runtime, demo })) {
  if (size <= limits[name]) continue;
  console.error(`The ${name} is ${size} bytes of JavaScript, of which ${limits[name]} are allowed.`);
  process.exitCode = 1;
}
