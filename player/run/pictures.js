import { texts } from "../shared/texts.js";
import { Turns } from "../shared/turns.js";

const say = texts.picture;

/** @typedef {ImageBitmap | HTMLVideoElement | HTMLCanvasElement} Picture */
/** @typedef {"camera" | "screen" | File} FilmSource */

/** @type {MediaTrackConstraints} the camera that is not turned to the visitor */
const BACK = { facingMode: "environment" };

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

/**
 * What a picture shows now: of a video the frame, so that a result is drawn on what it was found on; turned round where it is
 * shown as a mirror does, so that what the model sees is what the visitor sees.
 * @param {Picture} picture
 * @returns {Promise<Exclude<Picture, HTMLVideoElement>>}
 */
export async function frameOf(picture) {
  if (!(picture instanceof HTMLVideoElement)) {
    return picture;
  }
  if (!("mirrored" in picture.dataset)) {
    return createImageBitmap(picture);
  }
  const { width, height } = sizeOf(picture);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  context?.setTransform(-1, 0, 0, 1, width, 0);
  context?.drawImage(picture, 0, 0);
  return canvas.transferToImageBitmap();
}

/**
 * Frees a frame that is done with.
 * @param {Picture | null} frame
 * @param {Picture | null} picture what it was taken of, which is kept
 */
export function closeFrame(frame, picture) {
  if (frame !== picture && frame instanceof ImageBitmap) {
    frame.close();
  }
}

/**
 * What tells one frame of a picture that moves from the next, as far as the browser says it: some count on between two.
 * @param {Picture | null} picture
 * @returns {number} NaN for what does not move
 */
export function timeOf(picture) {
  return picture instanceof HTMLVideoElement ? picture.currentTime : Number.NaN;
}

/** A film that plays nowhere on the page: what the camera sees, or the screen shows, or a file has. */
export class Film {
  /** @type {HTMLVideoElement | null} */
  #video = null;
  #turns = new Turns();
  /** @type {FilmSource | null} where it comes from, or will once the visitor allows it */
  source = null;
  /** @type {MediaTrackConstraints | null} the next camera, as `getUserMedia` is asked for it; null where there is no other */
  nextCamera = null;

  /**
   * Begins, and waits for the first frame.
   * @param {FilmSource} source
   * @param {() => void} ended called when the visitor ends it elsewhere than on the page
   * @param {MediaTrackConstraints} [camera] which one, where there are several: that of the back unless given
   * @returns {Promise<HTMLVideoElement | null>} null when it was stopped before, or another one was begun
   * @throws {Error} when there is none, it may not be used, or it gives no picture within ten seconds
   */
  async start(source, ended, camera = BACK) {
    this.stop();
    this.source = source;
    const { signal } = this.#turns;
    try {
      return await this.#play(source, ended, camera, signal);
    } catch (problem) {
      if (signal.aborted) {
        return null;
      }
      this.stop();
      throw problem;
    }
  }

  /**
   * @param {FilmSource} source
   * @param {() => void} ended
   * @param {MediaTrackConstraints} camera
   * @param {AbortSignal} signal
   */
  async #play(source, ended, camera, signal) {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    if (source instanceof File) {
      video.loop = true;
      video.src = URL.createObjectURL(source);
    } else {
      const stream = await streamOf(source, camera);
      video.srcObject = stream;
      const [track] = stream.getVideoTracks();
      const next = source === "camera" && track ? await cameraAfter(track) : null;
      if (signal.aborted) {
        release(video);
        return null;
      }
      track?.addEventListener("ended", ended);
      this.nextCamera = next;
      video.toggleAttribute("data-mirrored", track?.getSettings().facingMode === "user");
    }
    this.#video = video;
    try {
      await Promise.race([video.play(), tooLate(10_000)]);
    } catch (cause) {
      throw new Error(source instanceof File ? say.noPicture(source.name) : say.silent, { cause });
    }
    return signal.aborted ? null : video;
  }

  /** Whether it is shown as a mirror does. */
  get mirrored() {
    return this.#video !== null && "mirrored" in this.#video.dataset;
  }

  /** Shows it as a mirror does, or no more. */
  mirror() {
    this.#video?.toggleAttribute("data-mirrored");
  }

  /** Ends it, and switches the camera off. */
  stop() {
    this.#turns.next();
    if (this.#video) {
      release(this.#video);
    }
    this.#video = null;
    this.source = null;
    this.nextCamera = null;
  }
}

/** @param {HTMLVideoElement} video that nobody looks at any more */
function release(video) {
  video.pause();
  if (video.srcObject instanceof MediaStream) {
    for (const track of video.srcObject.getTracks()) {
      track.stop();
    }
  } else {
    URL.revokeObjectURL(video.src);
  }
}

/**
 * The camera to go on to: that of the other side of a phone, else the next one in the browser's list.
 * @param {MediaStreamTrack} track of the one in use
 * @returns {Promise<MediaTrackConstraints | null>}
 */
async function cameraAfter(track) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === "videoinput");
  if (cameras.length < 2) {
    return null;
  }
  const { facingMode, deviceId } = track.getSettings();
  if (facingMode === "user" || facingMode === "environment") {
    return { facingMode: facingMode === "user" ? "environment" : "user" };
  }
  const at = cameras.findIndex((camera) => camera.deviceId === deviceId);
  return { deviceId: { exact: cameras[(at + 1) % cameras.length].deviceId } };
}

/**
 * @param {"camera" | "screen"} source
 * @param {MediaTrackConstraints} camera
 * @returns {Promise<MediaStream>}
 */
async function streamOf(source, camera) {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) {
    throw new Error(say.insecure);
  }
  try {
    if (source === "screen") {
      return await devices.getDisplayMedia({ video: true });
    }
    const video = { ...camera, width: { ideal: 1280 }, height: { ideal: 720 } };
    return await devices.getUserMedia({ video });
  } catch (cause) {
    const isRefused = cause instanceof DOMException && cause.name === "NotAllowedError";
    throw new Error(source === "screen" && isRefused ? say.notShared : cameraProblem(cause), { cause });
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
