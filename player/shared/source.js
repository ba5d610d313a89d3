import { element } from "./page.js";

/**
 * Shows another source than pictures, for a model that takes none.
 * @param {HTMLElement} step where a visitor chooses it
 * @param {HTMLElement} result where the result is shown
 * @returns {() => void} what lets pictures be chosen again
 */
export function insteadOfPictures(step, result) {
  const pictures = element("photo", HTMLInputElement).closest(".step");
  const note = element("input-note", HTMLElement);
  if (!(pictures instanceof HTMLElement)) {
    throw new Error("The page has no step for pictures.");
  }
  note.hidden = true;
  pictures.hidden = true;
  pictures.before(step);
  note.after(result);
  return () => {
    step.remove();
    result.remove();
    pictures.hidden = false;
  };
}
