// What of the build needs Node: `node converter/build.mjs MODULES TARGET [--plain]`. See build_converter.py, which calls it.
//
// Pyodide compiles and packs the modules below the folder MODULES, and its own standard library, of which it keeps what the
// exporter needs; esbuild bundles the scripts.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { build } from "esbuild";
import { loadPyodide } from "pyodide";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const [modules, target] = process.argv.slice(2, 4).map((path) => resolve(path));
const plain = process.argv[4] === "--plain";
const here = import.meta.dirname;
const pyodide = dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
const stage = join(target, "distribution");

/** A model that a build converts, to see what that loads, and that the result works. */
const SAMPLE = "demo/models/digits.onnx";

/** Starts Python with folders of this machine, by where they are there. */
async function startPython(options, folders) {
  const python = await loadPyodide({ indexURL: `${pyodide}/`, ...options });
  for (const [name, folder] of Object.entries(folders)) {
    python.FS.mkdirTree(name);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, name);
  }
  return python;
}

/** Converts the sample in Python with the modules of a folder there. */
async function convertSample(python, folder) {
  python.FS.mkdirTree("/sample");
  python.FS.writeFile("/sample/digits.onnx", await readFile(SAMPLE));
  const answer = python.runPython(`
    import sys
    sys.path.insert(0, ${JSON.stringify(folder)})
    import texelflow_page
    texelflow_page.export("/sample", "/bundle", "{}", lambda doing, fraction: None)
  `);
  if (!JSON.parse(answer).summary) throw new Error(`the sample is not converted: ${answer}`);
}

/** Packs the modules, and of the standard library and of protobuf what they load. */
async function archives() {
  // Byte code tells the line of each instruction, but not its columns, which compress badly: a quarter less to download.
  const env = { HOME: "/", PYTHONNODEBUGRANGES: "1" };
  const python = await startPython({ env }, { "/modules": modules, "/out": stage, "/pyodide": pyodide });
  await convertSample(python, "/modules");
  python.runPython(await readFile(join(here, "python/byte_code.py"), "utf8"));
  python.runPython(`
    needed = load_all("/modules", "texelflow") | ALSO
    pack("/modules", "/out/exporter.zip", lambda module: not module.startswith("google.") or module in needed)
    zipfile.ZipFile("/pyodide/python_stdlib.zip").extractall("/library")
    pack("/library", "/out/python_stdlib.zip", needed.__contains__)
  `);
}

/** Rejects if Python does not work with what was packed. */
async function check() {
  const python = await startPython({ stdLibURL: join(stage, "python_stdlib.zip") }, {});
  python.unpackArchive(new Uint8Array(await readFile(join(stage, "exporter.zip"))), "zip", {
    extractDir: "/exporter",
  });
  await convertSample(python, "/exporter");
}

/** Pyodide's own files beside the scripts of the worker, which import its first. */
async function scripts() {
  for (const name of ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"]) {
    await copyFile(join(pyodide, name), join(stage, name));
  }
  const { info } = JSON.parse(await readFile(join(pyodide, "pyodide-lock.json"), "utf8"));
  await build({
    ...common,
    entryPoints: [join(here, "src/worker.ts")],
    outdir: stage,
    alias: { pyodide: "./pyodide.mjs" },
    external: ["./pyodide.mjs"],
    splitting: true,
    chunkNames: "[name]",
    define: { LOCK: JSON.stringify(JSON.stringify({ info, packages: {} })) },
  });
}

const common = {
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "error",
};

/** Names the distribution by its content, so that browsers may keep it for ever. */
async function nameDistribution() {
  const digest = createHash("sha256");
  for (const name of (await readdir(stage)).sort()) {
    digest.update(`${name}\0`).update(await readFile(join(stage, name)));
  }
  const name = `v-${digest.digest("hex").slice(0, 16)}`;
  await rename(stage, join(target, name));
  return name;
}

/** The script that pages import, and its declarations. */
async function entry(distribution) {
  const input = join(here, "src/index.ts");
  const define = { DISTRIBUTION: JSON.stringify(distribution) };
  await build({ ...common, entryPoints: [input], outfile: join(target, "index.js"), define });
  const bundle = await rollup({ input, plugins: [dts({ compilerOptions: { stripInternal: true } })] });
  await bundle.write({ file: join(target, "index.d.ts"), format: "es" });
  await bundle.close();
}

/** Puts what brotli makes of each file beside it; returns the bytes of all. */
async function compress(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && /\.(m?js|wasm|zip)$/.test(entry.name));
  const sizes = await Promise.all(names.map(({ name }) => compressFile(join(folder, name), name)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function compressFile(path, name) {
  const content = await readFile(path);
  // A quality of 11 gains another 3 %, and takes three times as long: a minute and a half.
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 10,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const compressed = await promisify(brotliCompress)(content, { params });
  await writeFile(`${path}.br`, compressed);
  console.log(`${name}: ${content.length} bytes, ${compressed.length} with brotli`);
  return compressed.length;
}

// Node would show the line of Pyodide that throws, of a hundred thousand characters, in place of what is wrong.
process.on("uncaughtException", ({ message, stack }) => {
  console.error(message || stack);
  process.exit(1);
});
await mkdir(stage, { recursive: true });
await archives();
await check();
await scripts();
const distribution = await nameDistribution();
await entry(distribution);
for (const name of ["package.json", "README.md", "../LICENSE", "../THIRD_PARTY_NOTICES.md"]) {
  await copyFile(join(here, name), join(target, basename(name)));
}
if (!plain) {
  const total = (await compress(join(target, distribution))) + (await compress(target));
  console.log(`all: ${total} bytes with brotli`);
}
