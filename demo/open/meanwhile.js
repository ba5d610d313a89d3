import { filesOfDrop } from "./open.js";

/** @import { FoundFile } from "./open.js" */
/**
 * @typedef {object} Started a part of the page whose scripts are there
 * @property {(files: Promise<FoundFile[]>) => void} openDropped
 */

/**
 * Keeps what a visitor does to a part of the page before its scripts are there, lets them come at once, and does it
 * again when they are: the browser would open a model that is dropped meanwhile in the page's place, and what is chosen
 * would be lost without a word.
 * @param {HTMLElement} part
 * @param {() => Promise<Started>} start
 * @returns {() => Promise<void>} starts the part, once however often it is called
 */
export function startWhenWanted(part, start) {
  const listening = new AbortController();
  /** @type {((part: Started) => unknown)[]} */
  const acts = [];
  /** @type {Promise<void> | null} */
  let starting = null;

  const begin = () => {
    starting ??= start().then((started) => {
      listening.abort();
      for (const act of acts) {
        act(started);
      }
    });
    return starting;
  };
  // Who starts the page shows why it could not be.
  const soon = () => void begin().catch(() => {});
  /** @type {(act: (part: Started) => unknown) => void} */
  const keep = (act) => {
    acts.push(act);
    soon();
  };

  const { signal } = listening;
  part.addEventListener("pointerdown", soon, { signal });
  part.addEventListener("focusin", soon, { signal });
  document.addEventListener("dragenter", soon, { signal });

  part.addEventListener("change", ({ target }) => keep(() => target?.dispatchEvent(copyOf("change"))), {
    signal,
  });
  part.addEventListener(
    "click",
    ({ target }) => {
      if (target instanceof HTMLButtonElement && target.type === "button") {
        keep(() => target.dispatchEvent(copyOf("click")));
      }
    },
    { signal },
  );
  part.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      const { target } = event;
      keep(() => target instanceof HTMLFormElement && target.requestSubmit());
    },
    { signal },
  );
  document.addEventListener("dragover", (event) => event.preventDefault(), { signal });
  document.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      if (event.dataTransfer) {
        const files = filesOfDrop(event.dataTransfer);
        keep((started) => started.openDropped(files));
      }
    },
    { signal },
  );
  return begin;
}

/** @param {"change" | "click"} type */
function copyOf(type) {
  return new Event(type, { bubbles: true, cancelable: true });
}
