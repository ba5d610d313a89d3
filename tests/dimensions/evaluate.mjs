// Evaluates and writes expressions with the runtime's own code: reads [{ expression, symbols }] as JSON from standard
// input, and answers [{ value, text }] or { error } for each.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const source = new URL("../../webruntime/src/graph/expressions.ts", import.meta.url).pathname;
const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: "esm", write: false });
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { evaluate, render } = await import(`data:text/javascript;base64,${code}`);

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ expression, symbols }) => {
  try {
    return { value: evaluate(expression, new Map(Object.entries(symbols))), text: render(expression) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
