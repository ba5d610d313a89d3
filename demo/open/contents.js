import { photoButtons } from "../run/samples.js";
import { element } from "../shared/page.js";

/** @import { Player } from "../run/player.js" */

const CONTENTS = new URL("contents.json", document.baseURI);

/**
 * @typedef {object} Photo
 * @property {string} file its address, relative to the page
 * @property {string} title what it shows
 * @property {string} attribution
 * @property {string} source address
 * @property {string} licence address
 */

/**
 * @typedef {object} Contents what the build put beside the page
 * @property {Photo[]} photos
 * @property {{ folder: string, title: string }[]} bundles
 */

/**
 * Offers the photos and bundles that came with the page, and chooses the first photo, unless the visitor has chosen a picture.
 * @param {Player} player
 * @param {(address: URL) => Promise<void>} openAddress
 */
export async function showContents({ attempt, usePhoto, hasPicture }, openAddress) {
  const response = await fetch(CONTENTS);
  if (!response.ok) {
    throw new Error(
      `${CONTENTS.pathname} could not be read (${response.status}). Was the page built with “make demo”?`,
    );
  }
  const contents = /** @type {Contents} */ (await response.json());
  const photos = element("photos", HTMLElement);
  const choose = (/** @type {Photo} */ photo) =>
    usePhoto(
      fetch(photo.file).then((answer) => answer.blob()),
      photo.title,
      creditOf(photo),
    );
  const { buttons, show } = photoButtons(contents.photos, (photo) => attempt(() => choose(photo)));
  photos.append(...buttons);
  show(({ file }) => file);
  const examples = element("examples", HTMLElement);
  for (const { folder, title } of contents.bundles) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = title;
    button.addEventListener("click", () => {
      element("address", HTMLInputElement).value = folder;
      attempt(() => openAddress(new URL(folder, document.baseURI)));
    });
    examples.append(button);
  }
  if (contents.photos.length > 0 && !hasPicture()) {
    await choose(contents.photos[0]);
  }
}

/**
 * Whose picture it is.
 * @param {Photo} photo
 * @returns {(Node | string)[]}
 */
function creditOf(photo) {
  const source = link("Photo", photo.source);
  const licence = link("Creative Commons licence", photo.licence);
  return [
    source,
    `: ${photo.attribution[0].toLowerCase()}${photo.attribution.slice(1)}, `,
    licence,
    "; compressed anew",
  ];
}

/**
 * @param {string} text
 * @param {string} address
 */
function link(text, address) {
  const anchor = document.createElement("a");
  anchor.textContent = text;
  anchor.href = address;
  return anchor;
}
