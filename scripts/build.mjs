// Builds dist/: the runtime as ES modules and as script, the declarations, and the player.
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build, transform } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { minify } from "terser";

const stage = `dist.${process.pid}.tmp`;
const source = "webruntime/src";
const target = "es2022";

/** The modules that pages may import, and the script of a worker, by the names of their files in dist/. */
const entries = {
  texelflow: `${source}/index.ts`,
  "texelflow.debug": `${source}/debug.ts`,
  "texelflow.check": `${source}/check.ts`,
  "texelflow.ends": `${source}/ends.ts`,
  "texelflow.text": `${source}/text.ts`,
  "texelflow.ort": `${source}/ort.ts`,
  "texelflow.tfjs": `${source}/tfjs.ts`,
  "texelflow.worker": `${source}/worker.ts`,
  "texelflow.pipeline": `${source}/pipeline.ts`,
  "texelflow.thread": `${source}/thread.ts`,
  "texelflow.recorder": `${source}/recorder.ts`,
};

/**
 * Files of their own, which the runtime imports when it needs them, by the modules that they begin with: the profiler, what
 * the page computes in the midst of a run, what sessions remember, what runs keep on the GPU and draw on canvases, models
 * that branch, bundles that the page has as files, those that it keeps, and checks of what it says of the device.
 */
const parts = {
  profile: "texelflow.profile",
  host_stage: "texelflow.host",
  state_memory: "texelflow.states",
  kept_tensor: "texelflow.keep",
  canvas_drawing: "texelflow.canvas",
  branches: "texelflow.branches",
  blob_files: "texelflow.files",
  cached_files: "texelflow.cache",
  option_checks: "texelflow.options",
};

/** Packages that pages install for themselves, where they use what needs them. */
const external = ["@huggingface/tokenizers", "@huggingface/jinja"];

/** The scripts of a worker and of a worklet, which nobody imports. */
const APART = ["texelflow.thread", "texelflow.recorder"];

/** Entries that others import, each a file with all that it consists of. */
const SHARED = ["texelflow", "texelflow.ends"];

/** The folder of the player, the page that shows and runs a model. */
const PLAYER = "player";

/** What dist/ holds, source maps apart. */
const FILES = [...Object.keys(entries), "texelflow.iife"]
  .flatMap((name) => (APART.includes(name) ? [`${name}.js`] : [`${name}.js`, `${name}.d.ts`]))
  .concat(Object.values(parts).map((name) => `${name}.js`))
  .concat(PLAYER);

/** Declaration of what the script defines. */
const GLOBAL = `declare global {
  var texelflow: typeof import("./texelflow.js");
}
export {};
`;

/** A shader as text, without comments and spaces that mean nothing; signs keep theirs, lest two become one. */
async function shaderText(path) {
  const lines = (await readFile(path, "utf8")).split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
  return lines
    .filter(Boolean)
    .map((line) =>
      line.startsWith("#") ? `\n${line}\n` : `${line.replace(/ *([=*/<>(){}[\],;?:&|]) */g, "$1")} `,
    )
    .join("")
    .replace(/\n+/g, "\n")
    .replace(/([;{}(),]) /g, "$1")
    .trim()
    .concat("\n");
}

const typescript = {
  name: "typescript",
  async load(id) {
    return id.endsWith(".glsl") ? `export default ${JSON.stringify(await shaderText(id))}` : null;
  },
  transform(code, id) {
    return id.endsWith(".ts")
      ? transform(code, { loader: "ts", target, sourcemap: true, sourcefile: id })
      : null;
  },
  // Terser's code takes a twentieth less with brotli than esbuild's.
  async renderChunk(code) {
    const options = { module: true, ecma: 2020, compress: { passes: 2 }, format: { comments: false } };
    const { code: short, map } = await minify(code, { ...options, sourceMap: true });
    // Once more: with short names, some of what was declared is written where it is used.
    return minify(short, { ...options, sourceMap: { content: map } });
  },
};

/**
 * Bundles the modules. What the runtime consists of is in texelflow.js, which imports nothing, and exports what the others
 * need of it under names of one or two letters.
 */
async function modules() {
  const bundle = await rollup({
    input: entries,
    external,
    plugins: [typescript],
    preserveEntrySignatures: "allow-extension",
    onwarn: fail,
  });
  const { output } = await bundle.write({
    dir: stage,
    format: "es",
    entryFileNames: "[name].js",
    manualChunks: inShared(),
    chunkFileNames: ({ name }) => `${parts[name] ?? name}.js`,
    sourcemap: true,
  });
  await bundle.close();
  const runtime = output.find(({ fileName }) => fileName === "texelflow.js");
  if (runtime.imports.length > 0) throw new Error(`texelflow.js imports ${runtime.imports}`);
}

/** Gives the chunk of each module that belongs to an entry which others import, other than when that needs it. */
function inShared() {
  const owners = new Map();
  return (id, { getModuleInfo }) => {
    if (owners.size === 0) {
      for (const name of SHARED) {
        const modules = new Set([resolve(entries[name])]);
        // A set takes what is added while it is walked.
        for (const module of modules)
          for (const imported of getModuleInfo(module).importedIds) modules.add(imported);
        for (const module of modules) owners.set(module, name);
      }
    }
    return owners.get(id) ?? null;
  };
}

/** Bundles the runtime as a script, of which only the profiler is apart. */
function script() {
  return build({
    entryPoints: [`${source}/script.ts`],
    outfile: `${stage}/texelflow.iife.js`,
    bundle: true,
    format: "iife",
    minify: true,
    target,
    sourcemap: true,
    legalComments: "none",
    plugins: [
      {
        name: "parts",
        setup({ onLoad, onResolve }) {
          onLoad({ filter: /\.glsl$/ }, async ({ path }) => ({
            contents: await shaderText(path),
            loader: "text",
          }));
          onResolve({ filter: /\/profile\.ts$/ }, ({ kind }) =>
            kind === "dynamic-import" ? { path: `./${parts.profile}.js`, external: true } : undefined,
          );
        },
      },
    ],
  });
}

/** Bundles the declarations, without what is marked @internal; what several have is declared once. */
async function declarations() {
  const importable = Object.fromEntries(Object.entries(entries).filter(([name]) => !APART.includes(name)));
  const bundle = await rollup({
    input: importable,
    external,
    plugins: [dts({ compilerOptions: { stripInternal: true } })],
    preserveEntrySignatures: "allow-extension",
    onwarn: fail,
  });
  await bundle.write({ dir: stage, format: "es", entryFileNames: "[name].d.ts", manualChunks: inShared() });
  await bundle.close();
  await writeFile(`${stage}/texelflow.iife.d.ts`, GLOBAL);
}

/**
 * Copies the player, whose scripts are served as they are written, but for those that have packages in them, the worker that
 * lays graphs out and what reads tokenizers, and for what the player takes of the runtime's sources.
 */
async function player() {
  const folder = `${stage}/${PLAYER}`;
  await cp(PLAYER, folder, { recursive: true });
  await build({
    entryPoints: ["about/graph/layout", "run/ends", "words/tokenizer"].map((name) => `${PLAYER}/${name}.js`),
    outdir: folder,
    outbase: PLAYER,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    minify: true,
    target,
    legalComments: "none",
  });
}

function fail({ message }) {
  throw new Error(message);
}

try {
  await mkdir(stage, { recursive: true });
  // All to their ends, lest one still writes what is removed, which would be told in the place of what failed.
  const parts = await Promise.allSettled([modules(), script(), declarations(), player()]);
  const failed = parts.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  const built = (await readdir(stage)).filter((name) => !name.endsWith(".map"));
  if (built.sort().join() !== FILES.sort().join()) throw new Error(`Other files were built: ${built}`);
  // Readers of dist/ never see a half-written folder.
  await rm("dist", { recursive: true, force: true });
  await rename(stage, "dist");
} finally {
  await rm(stage, { recursive: true, force: true });
}
