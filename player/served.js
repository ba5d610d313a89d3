// The page of `texelflow serve BUNDLE`: the player with the bundle that lies beside it.
import { startPlayer } from "./run/player.js";
import { testPicture } from "./run/test_picture.js";
import { element } from "./shared/page.js";
import { texts } from "./shared/texts.js";

const { runner, attempt, hasPicture } = startPlayer();

attempt(async () => {
  await runner.open(texts.served.bundle, () => ({ bundle: new URL("./", document.baseURI) }));
  const { name, inputs } = runner.subject?.model ?? { name: "", inputs: [] };
  if (name) {
    element("bundle-name", HTMLElement).textContent = name;
    document.title = name;
  }
  // A visitor may have chosen a picture while the model came.
  if (inputs.some(({ image }) => image) && !hasPicture()) {
    await runner.use(await testPicture(), false);
  }
});
