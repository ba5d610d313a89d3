import { cutOut, pointOfRegion, regionOf } from "../texelflow.ends.js";
import { pipeline, taskOf } from "../texelflow.pipeline.js";
import { lineOf } from "./line.js";

/** @import { RegionOptions } from "../../webruntime/src/ends.ts" */
/** @import { Picture } from "./pictures.js" */
/** @import { Model } from "./loading.js" */
/** @import { Detection } from "../views/object-detection.js" */

/**
 * How the results of a task are shown.
 * @typedef {object} View
 * @property {(context: CanvasRenderingContext2D, results: any, unit: number, role: any) => void} draw on the picture
 * @property {(results: any) => string} summary in a few words
 * @property {(results: any) => { label: string, share: number }[]} [bars] shares, to be drawn below the picture
 * @property {(results: any) => ImageData} [picture] a picture, to be drawn below the visitor's
 * @property {(results: any) => string} [text] a text that can be copied
 */

/** The size of what a second model looks at, where it takes any. */
const USUAL_SIZE = 224;
/** Lines are read that its makers' programs would not drop, too. */
const LEAST_SCORE = 0.5;

/**
 * Reads pictures by what a bundle says of its outputs; with a second model, which looks closer at each object that the first
 * one found.
 */
export class Reader {
  /**
   * @param {string} task
   * @param {View} view
   * @param {object} role what the bundle says of the output that is shown
   * @param {(picture: Picture, signal?: AbortSignal) => Promise<unknown>} read
   */
  constructor(task, view, role, read) {
    this.task = task;
    this.view = view;
    this.role = role;
    this.read = read;
  }

  /**
   * @param {Model} model
   * @param {{ model: Model, crop: RegionOptions } | null} closer
   * @returns {Promise<Reader | null>} null where the bundle does not say enough, or nothing that has a view here
   */
  static async of(model, closer) {
    const [task, last] = [taskOf(model), taskOf(closer?.model ?? model)];
    const view = task && last ? await viewOf(last, closer !== null) : null;
    if (!task || !last || !view) {
      return null;
    }
    const first = await pipeline(/** @type {any} */ (task), /** @type {any} */ (model));
    const role = /** @type {any} */ (
      (closer?.model ?? model).outputs.find((output) => isShown(output))?.role
    );
    if (!closer) {
      return new Reader(task, view, role, (picture, signal) => first(picture, { signal }));
    }
    const second = await pipeline(/** @type {any} */ (last), /** @type {any} */ (closer.model));
    return new Reader(last, view, role, async (picture, signal) => {
      const found = /** @type {Detection[]} */ (await first(picture, { signal }));
      const results = [];
      for (const object of found) {
        results.push(
          ...(await closerLook(object, picture, closer, last, (part) => second(part, { signal }))),
        );
      }
      return results;
    });
  }
}

/** @param {any} output */
function isShown({ role }) {
  return role && role.part !== "presence" && role.part !== "scores";
}

/**
 * @param {string} task
 * @param {boolean} hasObjects whether it is done with each object of a picture
 * @returns {Promise<View | null>}
 */
async function viewOf(task, hasObjects) {
  switch (task) {
    case "object-detection":
      return import("../views/object-detection.js");
    case "keypoint-detection":
      return import("../views/keypoint-detection.js");
    case "image-segmentation":
      return import("../views/image-segmentation.js");
    case "image-to-image":
      return import("../views/image-to-image.js");
    case "image-to-text":
      return hasObjects ? import("../views/image-to-text.js") : null;
    case "image-classification":
      return hasObjects ? import("../views/image-classification.js") : null;
    default:
      return null;
  }
}

/**
 * What a second model says of an object, in pixels of the picture.
 * @param {Detection} object
 * @param {Picture} picture
 * @param {{ model: Model, crop: RegionOptions }} closer
 * @param {string} task of the second model
 * @param {(picture: OffscreenCanvas) => Promise<any>} look
 */
async function closerLook(object, picture, { model, crop }, task, look) {
  const { xmin, ymin, xmax, ymax } = object.box;
  const edges = { left: xmin, top: ymin, right: xmax, bottom: ymax, score: object.score, label: 0 };
  const region = regionOf({ ...edges, points: object.points ?? [] }, crop);
  const image = model.inputs.find((input) => input.image)?.image;
  if (task === "image-to-text") {
    const [{ generated_text, score }] = await look(lineOf(picture, region, image ?? {}));
    return generated_text.trim() === "" || score < LEAST_SCORE
      ? []
      : [{ ...object, region, text: generated_text, score }];
  }
  const [width, height] = [image?.width, image?.height].map((side) =>
    typeof side === "number" ? side : USUAL_SIZE,
  );
  const part = cutOut(picture, region, { width, height });
  const results = await look(part);
  if (task === "image-classification") {
    return [{ ...object, classes: results }];
  }
  return results.map((/** @type {any} */ result) => ({
    ...result,
    label: object.label,
    box: object.box,
    keypoints: result.keypoints.map((/** @type {any} */ point) => ({
      ...point,
      ...pointOfRegion(region, { x: point.x / width, y: point.y / height }),
    })),
  }));
}
