import { make } from "../shared/make.js";

/**
 * @typedef {object} Bar
 * @property {string} name
 * @property {string} value as people read it
 * @property {number} share length of the bar, from 0 to 1
 * @property {string} [kind] family of operators, which its colour tells
 * @property {() => void} [choose] what choosing it does
 */

/**
 * Bars below each other, each with its name and value as texts.
 * @param {readonly Bar[]} bars
 * @param {string} label what they show, for screen readers
 * @returns {HTMLOListElement}
 */
export function barList(bars, label) {
  const items = bars.map(({ name, value, share, kind = "", choose }) => {
    const title = choose
      ? make("button", { type: "button", class: "link bar-name", title: name, click: choose }, name)
      : make("span", { class: "bar-name", title: name }, name);
    const track = make("span", { class: "bar-track", "data-kind": kind }, make("span"));
    const item = make("li", {}, title, track, make("span", { class: "bar-value" }, value));
    item.style.setProperty("--share", Math.min(1, share).toFixed(4));
    return item;
  });
  return make("ol", { class: "bars named", "aria-label": label }, ...items);
}

/**
 * The first of many bars, and a switch for the rest.
 * @param {readonly Bar[]} bars
 * @param {string} label
 * @param {string} more what the switch says
 * @param {number} [few]
 * @returns {HTMLElement}
 */
export function fewBars(bars, label, more, few = 15) {
  const place = make("div", { class: "few-bars" }, barList(bars.slice(0, few), label));
  if (bars.length > few) {
    const all = () => place.replaceChildren(barList(bars, label));
    place.append(make("button", { type: "button", class: "plain", click: all }, more));
  }
  return place;
}
