/** Numbers as people read them. */

const UNITS = ["B", "kB", "MB", "GB"];

/**
 * A number of bytes: "812 B", "4.3 MB".
 * @param {number} bytes
 */
export function bytes(bytes) {
  const power = Math.min(
    UNITS.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, 1.0005 * bytes)) / 3)),
  );
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/**
 * A count with its thousands apart.
 * @param {number} number
 */
export function count(number) {
  return number.toLocaleString("en");
}

/**
 * A number of any size with a few digits that mean something.
 * @param {number} value
 */
export function figure(value, digits = 4) {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)).toString() : String(value);
}

/**
 * A share of a whole.
 * @param {number} share from 0 to 1
 */
export function percent(share) {
  return `${(share * 100).toFixed(share >= 0.0995 ? 0 : 1)}%`;
}

/**
 * A type and a shape: "float32 1 × 3 × 224 × 224".
 * @param {string} dtype
 * @param {readonly (number | string)[]} shape
 */
export function typeText(dtype, shape) {
  return `${dtype} ${shapeText(shape)}`;
}

/** @param {readonly (number | string)[]} shape */
export function shapeText(shape) {
  return shape.length > 0 ? shape.join(" × ") : "scalar";
}

/**
 * The name of a model as that of a file or folder.
 * @param {string} name
 */
export function fileName(name) {
  return name.replace(/[^\w.-]+/g, "_") || "bundle";
}
