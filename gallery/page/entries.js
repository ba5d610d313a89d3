import { texts } from "./texts.js";

/** @import { RegionOptions } from "../../webruntime/src/ends.ts" */

/**
 * A model, or two, that the page shows.
 * @typedef {object} Entry
 * @property {string} name of its file, and in the page's address
 * @property {string} title
 * @property {string} about
 * @property {string} task
 * @property {string} takes "picture", "sound", "bytes" or "text"
 * @property {string} maker
 * @property {string} licence
 * @property {string} origin address
 * @property {number} bytes that a visitor downloads, about
 * @property {Sample[]} photos
 * @property {Sample[]} sounds
 * @property {{ source: string, crop: RegionOptions | null }[]} steps `source` is the address of the model's file
 */

/**
 * A sample picture or sound.
 * @typedef {object} Sample
 * @property {string} file
 * @property {string} title
 * @property {string} credit
 * @property {string} licence
 * @property {string} origin address
 * @property {number[]} part of a sound, the first second that is to be heard and the last
 */

/** The folder of what the gallery has beside the page. */
export const FOLDER = new URL("gallery/", document.baseURI);

/**
 * @returns {Promise<Entry[]>}
 * @throws {Error} when the page was not built as it must be
 */
export async function readEntries() {
  const response = await fetch(new URL("entries.json", FOLDER));
  if (!response.ok) {
    throw new Error(texts.unreadable(response.status));
  }
  return response.json();
}
