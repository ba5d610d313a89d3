import { startDigits } from "./digits/digits.js";
import { startWhenWanted } from "./open/meanwhile.js";
import { element, showProblem } from "./shared/page.js";

// The second part comes when the first is ready (or has failed), so that its scripts do not hold up the first result;
// or when a visitor wants it.
const startOpening = startWhenWanted(element("bundle", HTMLElement), async () =>
  (await import("./open/start.js")).startOpening(),
);
startDigits()
  .then(startOpening)
  .catch((problem) => showProblem(element("bundle-error", HTMLElement), problem));
