import { texts } from "../shared/texts.js";

/** Nothing is drawn on the picture. */
export function draw() {}

/** @param {ImageData} made */
export function summary({ width, height }) {
  return texts.outcome.image(width, height);
}

/**
 * The picture that the model made, for below the visitor's.
 * @param {ImageData} made
 */
export function picture(made) {
  return made;
}
