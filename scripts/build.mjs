// Builds dist/: the runtime as ES module and as script, the debugging entry, the profiler, and the declarations.
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const stage = `dist.${process.pid}.tmp`;
const source = "webruntime/src";

/** Imports shaders as text, without comments and indentation. */
const shaders = {
  name: "shaders",
  setup(build) {
    build.onLoad({ filter: /\.glsl$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const lines = text.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
      return { contents: `${lines.filter(Boolean).join("\n")}\n`, loader: "text" };
    });
  },
};

/** Leaves the profiler in a file of its own, which the runtime imports when it is first asked for a profile. */
const profiler = {
  name: "profiler",
  setup(build) {
    build.onResolve({ filter: /\/profile\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./texelflow.profile.js", external: true } : undefined,
    );
  },
};

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  sourcemap: true,
  plugins: [shaders, profiler],
  legalComments: "none",
};

/** Bundles the declarations of one entry into one file, without what is marked @internal. */
async function declarations(entry, file) {
  const bundle = await rollup({
    input: entry,
    plugins: [dts({ compilerOptions: { stripInternal: true } })],
  });
  await bundle.write({ file, format: "es" });
  await bundle.close();
}

try {
  await mkdir(stage, { recursive: true });
  await Promise.all([
    build({
      ...common,
      entryPoints: [`${source}/index.ts`],
      format: "esm",
      outfile: `${stage}/texelflow.js`,
    }),
    build({
      ...common,
      entryPoints: [`${source}/index.ts`],
      format: "iife",
      globalName: "texelflow",
      outfile: `${stage}/texelflow.iife.js`,
    }),
    build({
      ...common,
      entryPoints: [`${source}/debug.ts`],
      format: "esm",
      outfile: `${stage}/texelflow.debug.js`,
    }),
    build({
      ...common,
      entryPoints: [`${source}/backends/webgl2/profiler/profile.ts`],
      format: "esm",
      outfile: `${stage}/texelflow.profile.js`,
    }),
    declarations(`${source}/index.ts`, `${stage}/texelflow.d.ts`),
    declarations(`${source}/debug.ts`, `${stage}/texelflow.debug.d.ts`),
  ]);
  // Readers of dist/ never see a half-written folder.
  await rm("dist", { recursive: true, force: true });
  await rename(stage, "dist");
} finally {
  await rm(stage, { recursive: true, force: true });
}
