// Places tensors with the runtime's own code: reads { layouts, slots } as JSON from standard input; answers the extent of
// each tensor on its device, or an error, and the texels that the textures of each list of demands take.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const source = new URL("../../webruntime/src/backends/webgl2/", import.meta.url).pathname;
const { outputFiles } = await build({
  stdin: {
    contents: `export { layoutOf } from "./layout/layouts.ts"; export { assignSlots } from "./run/memory.ts";`,
    resolveDir: source,
  },
  bundle: true,
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { layoutOf, assignSlots } = await import(`data:text/javascript;base64,${code}`);

const { layouts, slots } = JSON.parse(readFileSync(0, "utf8"));
const answers = {
  layouts: layouts.map(({ tensor, device, maxTextureSize }) => {
    try {
      const { width, height, layers } = layoutOf(tensor, tensor.shape, device, maxTextureSize);
      return [width, height, layers];
    } catch (error) {
      return error.message;
    }
  }),
  slots: slots.map((demands) =>
    assignSlots(demands).reduce((sum, { width, height, kind }) => sum + width * height * kind.layers, 0),
  ),
};
process.stdout.write(JSON.stringify(answers));
