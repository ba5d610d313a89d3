import { startPlayer } from "../run/player.js";
import { element, showProblem } from "../shared/page.js";
import { readEntries } from "./entries.js";
import { showEntry } from "./entry.js";
import { showGrid } from "./grid.js";

/** @import { Entry } from "./entries.js" */

/** Shows the grid of models, or the one that the page's address names. */
async function start() {
  const entries = await readEntries();
  const player = startPlayer();
  showGrid(entries);
  const follow = () => {
    const entry = entries.find(({ name }) => `#${name}` === location.hash) ?? null;
    document.documentElement.classList.toggle("entry", entry !== null);
    if (entry) {
      player.attempt(() => showEntry(entry, player));
      element("bundle-title", HTMLElement).focus({ preventScroll: true });
      scrollTo(0, 0);
    } else {
      player.stop();
    }
  };
  addEventListener("hashchange", follow);
  follow();
}

start()
  .then(() => import("../offline/keep.js"))
  .then(({ keepPage }) => keepPage())
  .catch((problem) => showProblem(element("gallery-error", HTMLElement), problem));
