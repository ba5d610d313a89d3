import { element } from "../shared/page.js";
import { texts } from "../shared/texts.js";

/** What takes longer is said to be going on. */
const QUIET_MILLISECONDS = 700;

/**
 * Says that a model is at work, if that takes a while.
 * @param {string} name of the model
 * @param {AbortSignal} signal of what it works on
 * @returns {() => void} what says so no more
 */
export function tellWork(name, signal) {
  const title = element("model-title", HTMLElement);
  const stage = element("stage", HTMLCanvasElement).parentElement;
  const running = texts.run.running(name);
  const timer = setTimeout(() => {
    title.textContent = running;
    stage?.classList.add("busy");
  }, QUIET_MILLISECONDS);
  const quiet = () => {
    clearTimeout(timer);
    if (title.textContent === running) {
      title.textContent = name;
    }
    stage?.classList.remove("busy");
  };
  signal.addEventListener("abort", quiet, { once: true });
  return quiet;
}
