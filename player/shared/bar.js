import { make } from "./make.js";

const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/**
 * A name with a bar, for a list of class "bars named".
 * @param {string} name
 * @param {number} share from 0 to 1
 * @param {string} [value] the share in words
 */
export function bar(name, share, value = percent.format(share)) {
  const item = make(
    "li",
    {},
    make("span", { class: "bar-name", title: name }, name),
    make("span", { class: "bar-track" }, make("span")),
    make("span", { class: "bar-value" }, value),
  );
  item.style.setProperty("--share", Math.max(share, 0).toFixed(4));
  return item;
}
