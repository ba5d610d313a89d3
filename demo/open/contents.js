import { element } from "../shared/page.js";

/** @import { Attempt, UsePhoto } from "../run/player.js" */

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
 * Offers the photos and bundles that came with the page, and chooses the first photo.
 * @param {Attempt} attempt
 * @param {UsePhoto} usePhoto
 * @param {(address: URL) => Promise<void>} openAddress
 */
export async function showContents(attempt, usePhoto, openAddress) {
  const response = await fetch(CONTENTS);
  if (!response.ok) {
    throw new Error(
      `${CONTENTS.pathname} could not be read (${response.status}). Was the page built with “make demo”?`,
    );
  }
  const contents = /** @type {Contents} */ (await response.json());
  const photos = element("photos", HTMLElement);
  /** @type {(() => Promise<void>)[]} */
  const choices = [];
  for (const photo of contents.photos) {
    const { file, title } = photo;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "photo";
    const image = document.createElement("img");
    image.src = file;
    image.alt = title;
    button.append(image);
    const choose = async () => {
      const answer = await fetch(file);
      await usePhoto(await answer.blob(), title, creditOf(photo));
    };
    button.addEventListener("click", () => attempt(choose));
    photos.append(button);
    choices.push(choose);
  }
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
  await choices[0]?.();
}

/**
 * Whose picture it is.
 * @param {Photo} photo
 * @returns {(Node | string)[]}
 */
function creditOf(photo) {
  const source = link("Photo", photo.source);
  const licence = link("Creative Commons licence", photo.licence);
  return [source, `: ${photo.attribution[0].toLowerCase()}${photo.attribution.slice(1)}, `, licence];
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
