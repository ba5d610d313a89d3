// Prints the download size of each built script, and fails when what a page requests up to its first result exceeds its
// limit: the runtime, and apart from it the scripts of the demo and of the page of `texelflow serve`.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const limits = { runtime: 25_000, demo: 4_000, player: 10_000, gallery: 12_000 };

/** Prints and returns the size with brotli. */
function measure(name, content) {
  const size = brotliCompressSync(content).length;
  console.log(`${name}: ${content.length} bytes, ${size} with brotli`);
  return size;
}

/** Leaves out the runtime, a file of its own in the page, and what is imported once there is a result; finds the player's. */
const page = {
  name: "page",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
      if (kind === "dynamic-import" || path.endsWith("/texelflow.js")) return { path, external: true };
      const place = join(resolveDir, path);
      const shared = place.replace(new RegExp(`\\${sep}(demo|gallery)\\${sep}`), `${sep}player${sep}`);
      return kind === "import-statement" && !existsSync(place) ? { path: shared } : undefined;
    });
  },
};

/** The scripts of a page up to its first result as one minified module. */
async function bundlePage(entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    plugins: [page],
    write: false,
  });
  return result.outputFiles[0].contents;
}

const runtime = measure("dist/texelflow.js", await readFile("dist/texelflow.js"));
for (const name of (await readdir("dist")).filter((name) => /\..*\.js$/.test(name)).sort()) {
  measure(`dist/${name}`, await readFile(`dist/${name}`));
}
const demo = measure("the demo's scripts", await bundlePage("demo/app.js"));
const player = measure("the player's scripts", await bundlePage("player/served.js"));
const gallery = measure("the gallery's scripts", await bundlePage("gallery/page/gallery.js"));
for (const [name, size] of Object.entries({ runtime, demo, player, gallery })) {
  if (size <= limits[name]) continue;
  console.error(`The ${name} is ${size} bytes of JavaScript, of which ${limits[name]} are allowed.`);
  process.exitCode = 1;
}
