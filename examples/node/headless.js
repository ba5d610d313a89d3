// Runs a bundle on a picture in headless Chromium, and prints what it says: `node headless.js [BUNDLE [PICTURE]]`.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [bundle = "bundle", picture = "digit.svg"] = process.argv.slice(2);

/** What the page sees of this machine: folders by their names there. Nothing listens on any port. */
const FOLDERS = {
  runtime: dirname(fileURLToPath(import.meta.resolve("texelflow"))),
  bundle: resolve(bundle),
  picture: dirname(resolve(picture)),
};
const ORIGIN = "https://headless.invalid";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // Without a GPU, SwiftShader draws on the processor.
  args: ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
try {
  const page = await browser.newPage();
  await page.route(`${ORIGIN}/**`, async (route) => {
    const [folder, ...names] = decodeURIComponent(new URL(route.request().url()).pathname.slice(1)).split(
      "/",
    );
    if (folder === "") await route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
    else if (FOLDERS[folder]) await route.fulfill({ path: join(FOLDERS[folder], ...names) });
    else await route.fulfill({ status: 404 });
  });
  await page.goto(`${ORIGIN}/`);
  const answer = await page.evaluate(
    async (name) => {
      const { loadModel } = await import("/runtime/texelflow.js");
      const { topK } = await import("/runtime/texelflow.ends.js");
      const image = new Image();
      image.src = `/picture/${name}`;
      await image.decode();
      const model = await loadModel("/bundle/");
      const { probabilities } = await model.run({ image });
      const [best] = topK(probabilities.as("float32"), 1);
      return { digit: best.index, probability: best.score, renderer: model.device.renderer };
    },
    encodeURIComponent(resolve(picture).split(/[\\/]/).at(-1)),
  );
  console.log(JSON.stringify(answer));
} finally {
  await browser.close();
}
