import { cutOut } from "../texelflow.ends.js";

/** @import { Region } from "../../webruntime/src/ends.ts" */
/** @import { Picture } from "./pictures.js" */

/** How tall lines are for models that take any height. */
const USUAL_HEIGHT = 48;
/** Lines are at least so long for a model that takes any length, and longer by whole steps, so that it is planned for few. */
const LEAST_LENGTH = 320;
const STEP = 160;
/** What is behind the end of a line, where the model sees a grey of nothing. */
const BEHIND = "#808080";

/**
 * A line of text, cut out of a picture as tall as a model takes it, and as long as it then is; what is behind it is grey.
 * @param {Picture} picture
 * @param {Region} region of the line, in pixels of the picture
 * @param {{ width?: unknown, height?: unknown }} size of the model's picture, numbers where they are fixed
 * @returns {OffscreenCanvas}
 */
export function lineOf(picture, region, { width, height }) {
  const tall = typeof height === "number" ? height : USUAL_HEIGHT;
  const own = Math.max(1, Math.round((tall * region.width) / region.height));
  const steps = Math.ceil(Math.max(0, own - LEAST_LENGTH) / STEP);
  const whole = typeof width === "number" ? width : LEAST_LENGTH + steps * STEP;
  const canvas = new OffscreenCanvas(whole, tall);
  const context = canvas.getContext("2d", { alpha: false });
  if (context) {
    context.fillStyle = BEHIND;
    context.fillRect(0, 0, whole, tall);
    context.drawImage(cutOut(picture, region, { width: Math.min(own, whole), height: tall }), 0, 0);
  }
  return canvas;
}
