// Bundles pages that use little of the package, by each bundler; prints how large what each loads at first is, as JSON.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";

const [repository, cases] = process.argv.slice(2);
const tool = (path) => import(pathToFileURL(`${repository}/node_modules/${path}`));
const { build, transform } = await tool("esbuild/lib/main.js");
const { rollup } = await tool("rollup/dist/es/rollup.js");
const vite = await tool("vite/dist/node/index.js");

/** Finds the page, and the package as Node.js does. */
const resolver = (code) => ({
  name: "page",
  resolveId: (id) => {
    if (id === "page") return id;
    if (id.startsWith("@huggingface/")) return { id, external: true };
    return id.startsWith("texelflow") ? packageFile(id) : null;
  },
  load: (id) => (id === "page" ? code : null),
});

const { name, exports, sideEffects } = JSON.parse(
  await readFile("node_modules/texelflow/package.json", "utf8"),
);

function packageFile(id) {
  const path = exports[id === name ? "." : `.${id.slice(name.length)}`].default;
  return {
    id: `${process.cwd()}/node_modules/texelflow/${path.slice(2)}`,
    moduleSideEffects: sideEffects.includes(path),
  };
}

/** Bytes of the chunks that begin with the page's and are imported by others, not when needed. */
async function size(chunks) {
  const first = chunks.find(({ isEntry, isPage = isEntry }) => isPage);
  const wanted = new Set([first.fileName]);
  for (const file of wanted) {
    for (const other of chunks.find(({ fileName }) => fileName === file)?.imports ?? []) wanted.add(other);
  }
  const own = chunks.filter(({ fileName }) => wanted.has(fileName));
  return own.reduce((sum, { code }) => sum + brotliCompressSync(code).length, 0);
}

/** Leaves out what is imported when it is needed. Told to split, esbuild keeps all that such parts share. */
const later = {
  name: "later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    ),
};

const bundlers = {
  async esbuild(code) {
    const { outputFiles } = await build({
      ...{ stdin: { contents: code, resolveDir: process.cwd() }, bundle: true, minify: true },
      ...{ format: "esm", outdir: "out", write: false, plugins: [later] },
    });
    return brotliCompressSync(outputFiles[0].contents).length;
  },
  async rollup(code) {
    const bundle = await rollup({ input: "page", plugins: [resolver(code)] });
    const { output } = await bundle.generate({ format: "es" });
    const minified = output.map(async (chunk) => {
      const { code: short } = await transform(chunk.code, { minify: true, format: "esm" });
      return { ...chunk, isPage: chunk.isEntry, code: short };
    });
    return size(await Promise.all(minified));
  },
  async vite(code) {
    const { output } = await vite.build({
      ...{ configFile: false, logLevel: "error", plugins: [resolver(code)], worker: { format: "es" } },
      build: {
        ...{ write: false, target: "es2022", modulePreload: false },
        rollupOptions: { input: "page" },
      },
    });
    return size(output.filter(({ type }) => type === "chunk"));
  },
};

const found = {};
for (const [page, code] of Object.entries(JSON.parse(cases))) {
  found[page] = {};
  for (const [bundler, sizeOf] of Object.entries(bundlers)) {
    // It is Rollup with other plugins, and takes long to begin.
    if (bundler !== "vite" || /softmax|worker/.test(code)) found[page][bundler] = await sizeOf(code);
  }
}
console.log(JSON.stringify(found));
