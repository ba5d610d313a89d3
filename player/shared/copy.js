import { texts } from "./texts.js";

/**
 * Copies the text of an element, or selects it where a page may not copy: without a secure address or the permission.
 * @param {HTMLElement} shown
 * @param {HTMLElement} status where it is said what was done
 */
export async function copyText(shown, status) {
  try {
    await navigator.clipboard.writeText(shown.textContent ?? "");
    status.textContent = texts.report.copied;
  } catch {
    getSelection()?.selectAllChildren(shown);
    status.textContent = texts.report.selected;
  }
}
