// Bundles the demo page's scripts into one minified module: node scripts/build_demo.mjs FOLDER writes FOLDER/app.js.
// The runtime stays a file of its own beside it, as in any page that uses the package.
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const runtime = {
  name: "runtime",
  setup(build) {
    build.onResolve({ filter: /\/texelflow\.js$/ }, () => ({ path: "./texelflow.js", external: true }));
  },
};

/** The demo's script as bytes. */
export async function bundleDemo() {
  const result = await build({
    entryPoints: ["demo/app.js"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    plugins: [runtime],
    write: false,
  });
  return result.outputFiles[0].contents;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  if (!folder) {
    console.error("Usage: node scripts/build_demo.mjs FOLDER");
    process.exit(2);
  }
  await writeFile(`${folder}/app.js`, await bundleDemo());
}
