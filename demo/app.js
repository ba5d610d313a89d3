import { startDigits } from "./digits/digits.js";
import { element, showProblem } from "./shared/page.js";

// The second part comes when the first is ready (or has failed), so that its scripts do not hold up the first result.
startDigits()
  .then(() => import("./open/start.js"))
  .then(({ startOpening }) => startOpening())
  .catch((problem) => showProblem(element("bundle-error", HTMLElement), problem));
