import { texts } from "../shared/texts.js";

const say = texts.picture;

/** @typedef {ImageBitmap | HTMLVideoElement} Picture */

/** Longest side of a photo in pixels; larger ones are made smaller, to spare memory on phones. */
const LONGEST_SIDE = 1600;

/**
 * Decodes a photo, turned upright.
 * @param {Blob} blob
 * @param {string} name for the error
 * @returns {Promise<ImageBitmap>}
 * @throws {Error} when the browser cannot decode it
 */
export async function decodePhoto(blob, name) {
  try {
    const photo = await createImageBitmap(blob);
    const scale = LONGEST_SIDE / Math.max(photo.width, photo.height);
    if (scale >= 1) {
      return photo;
    }
    const options = /** @type {const} */ ({
      resizeWidth: Math.round(photo.width * scale),
      resizeHeight: Math.round(photo.height * scale),
      resizeQuality: "high",
    });
    const smaller = await createImageBitmap(photo, options);
    photo.close();
    return smaller;
  } catch (cause) {
    throw new Error(say.noPicture(name), { cause });
  }
}

/**
 * The size of a picture in pixels.
 * @param {Picture} picture
 * @returns {{ width: number, height: number }}
 */
export function sizeOf(picture) {
  if (picture instanceof HTMLVideoElement) {
    return { width: picture.videoWidth, height: picture.videoHeight };
  }
  return { width: picture.width, height: picture.height };
}

/** The camera: a video that plays nowhere on the page. */
export class Camera {
  /** @type {MediaStream | null} */
  #stream = null;

  /** Whether it is filming. */
  get filming() {
    return this.#stream !== null;
  }

  /**
   * Asks for the camera and waits for its first frame.
   * @returns {Promise<HTMLVideoElement>}
   * @throws {Error} when there is none, it may not be used, or it gives no picture within ten seconds
   */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error(say.insecure);
    }
    let stream;
    try {
      const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch (cause) {
      throw new Error(cameraProblem(cause), { cause });
    }
    this.#stream = stream;
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    try {
      await Promise.race([video.play(), tooLate(10_000)]);
    } catch (cause) {
      this.stop();
      throw new Error(say.silent, { cause });
    }
    return video;
  }

  /** Switches the camera off. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.stop();
    }
    this.#stream = null;
  }
}

/** @param {unknown} cause */
function cameraProblem(cause) {
  const name = cause instanceof DOMException ? cause.name : "";
  if (name === "NotAllowedError") {
    return say.notAllowed;
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return say.noCamera;
  }
  return say.notStarted(cause instanceof Error ? cause.message : String(cause));
}

/**
 * @param {number} milliseconds
 * @returns {Promise<never>}
 */
function tooLate(milliseconds) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`nothing came within ${milliseconds} ms`)), milliseconds);
  });
}
