// Writes webruntime/src/generated/graph_file.ts from the bundle's JSON Schema.
// With --check it writes nothing and fails when the committed file is stale.
import { readFile, writeFile } from "node:fs/promises";
import { compileFromFile } from "json-schema-to-typescript";

const schema = "exporter/texelflow/format/graph.schema.json";
const target = "webruntime/src/generated/graph_file.ts";

const text = await compileFromFile(schema, {
  bannerComment: `// Generated from ${schema} by \`npm run generate\`. Do not edit.`,
  format: true,
  style: { printWidth: 110 },
});

if (process.argv.includes("--check")) {
  const current = await readFile(target, "utf8").catch(() => "");
  if (current !== text) {
    console.error(`${target} is stale: run \`npm run generate\` and commit the result.`);
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}
