import { make } from "./make.js";

/**
 * The element with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type the class that it must have, for instance HTMLCanvasElement
 * @returns {T}
 * @throws {Error} when the page has no such element, which is a fault of the page
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`The page has no ${type.name} with the id “${id}”.`);
  }
  return found;
}

/** Something that a visitor can do about a problem: a button.
 * @typedef {{ label: string, act: () => void }} Offer
 */

/** A problem about which something can be done at once. */
export class OfferError extends Error {
  /**
   * @param {string} message
   * @param {readonly Offer[]} offers
   * @param {ErrorOptions} [options]
   */
  constructor(message, offers, options) {
    super(message, options);
    this.offers = offers;
  }
}

/**
 * Shows one message in an alert, with what can be done about it, or hides the alert when there is none.
 * @param {HTMLElement} alert
 * @param {unknown} problem an Error, a string, or null
 */
export function showProblem(alert, problem) {
  const message = problem instanceof Error ? problem.message : problem;
  alert.textContent = message ? String(message) : "";
  if (problem instanceof OfferError && problem.offers.length > 0) {
    const buttons = problem.offers.map(({ label, act }) =>
      make("button", { type: "button", click: act }, label),
    );
    alert.append(make("div", { class: "row offers" }, ...buttons));
  }
  alert.hidden = !message;
  if (message) {
    alert.scrollIntoView({ block: "nearest" });
  }
}

/**
 * Resolves before the next frame is drawn, or soon where none will be (a page in the background).
 * @returns {Promise<void>}
 */
export function nextFrame() {
  return new Promise((resolve) => {
    if (document.hidden) {
      setTimeout(resolve, 50);
    } else {
      requestAnimationFrame(() => resolve());
    }
  });
}

/**
 * The value of a colour from the style sheet, so that canvases follow light and dark mode.
 * @param {string} name a custom property, for instance "--ink"
 * @returns {string}
 */
export function themeColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * Calls back when the page changes between light and dark.
 * @param {() => void} changed
 */
export function onThemeChange(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
