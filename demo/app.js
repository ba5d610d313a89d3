import { startDigits } from "./digits/digits.js";
import { startWhenWanted } from "./open/meanwhile.js";
import { element, showProblem } from "./shared/page.js";

// The second part comes when the first is ready (or has failed), so that its scripts do not hold up the first result;
// or when a visitor wants it. What keeps the page comes last.
const startOpening = startWhenWanted(element("bundle", HTMLElement), async () =>
  (await import("./open/start.js")).startOpening(),
);
startDigits()
  .then(startOpening)
  .then(() => import("./offline/keep.js"))
  .then(({ keepPage }) => keepPage())
  .catch((problem) => showProblem(element("bundle-error", HTMLElement), problem));
