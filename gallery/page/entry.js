import { photoButtons } from "../run/samples.js";
import { bytes } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { element } from "../shared/page.js";
import { FOLDER } from "./entries.js";
import { bring } from "./fetching.js";
import { texts } from "./texts.js";

/** @import { Entry, Sample } from "./entries.js" */
/** @import { Player } from "../run/player.js" */

/**
 * Opens an entry: fetches its models where they are not there yet, and runs them on what is filmed, or on its first photo.
 * @param {Entry} entry
 * @param {Player} player
 */
export async function showEntry(entry, { runner, attempt, usePhoto, hasPicture, filming, drop }) {
  // What another model finds, and its error, would be taken for this one's.
  runner.close();
  element("bundle-title", HTMLElement).textContent = entry.title;
  element("entry-about", HTMLElement).textContent = entry.about;
  element("entry-facts", HTMLElement).replaceChildren(...facts(entry));
  element("photo", HTMLElement)
    .closest(".step")
    ?.toggleAttribute("hidden", entry.takes !== "picture");
  const choose = (/** @type {Sample} */ photo) =>
    usePhoto(
      fetch(addressOf("photos", photo)).then((answer) => answer.blob()),
      photo.title,
      creditOf(texts.photo, photo),
    );
  const { buttons, show } = photoButtons(entry.photos, (photo) => attempt(() => choose(photo)));
  element("photos", HTMLElement).replaceChildren(...buttons);
  if (!filming()) {
    // Each model has samples of its own: it is not to begin with that of the one before.
    drop();
  }
  const isOpen = await runner.open(entry.title, async (course) => {
    await bring(entry, course);
    const [first, second] = entry.steps.map(
      (_, index) => new URL(`models/${entry.name}/${index + 1}/`, FOLDER),
    );
    const crop = entry.steps[1]?.crop ?? {};
    const sounds = entry.sounds.map((sound) => ({
      title: sound.title,
      address: addressOf("sounds", sound),
      from: sound.part[0],
      seconds: sound.part[1] - sound.part[0],
      credit: creditOf(texts.sound, sound),
    }));
    return { bundle: first, sounds, ...(second && { closer: { bundle: second, crop } }) };
  });
  if (isOpen) {
    show((photo) => addressOf("photos", photo));
    // A visitor may have chosen one while the model came.
    if (!hasPicture() && entry.photos.length > 0) {
      await choose(entry.photos[0]);
    }
  }
}

/**
 * @param {"photos" | "sounds"} kind
 * @param {Sample} sample
 */
function addressOf(kind, { file }) {
  return new URL(`${kind}/${file}`, FOLDER).href;
}

/** @param {Entry} entry */
function facts({ maker, licence, origin, bytes: size, steps }) {
  const rows = [
    [texts.maker, link(maker, origin)],
    [texts.licence, licence],
    [texts.packages, [...new Set(steps.map(({ source }) => packageOf(source)))].join(", ")],
    [texts.download, bytes(size)],
  ];
  return rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
}

/**
 * Registry, name and version of a package.
 * @param {string} source the address of one of its files
 */
function packageOf(source) {
  return /^(\w+:@?[^@]+@[^/]+)/.exec(source)?.[1] ?? source;
}

/**
 * Whose picture or sound it is.
 * @param {string} kind
 * @param {Sample} sample
 */
function creditOf(kind, { credit, licence, origin }) {
  return [link(kind, origin), `: ${credit}, ${licence}`];
}

/**
 * @param {string} text
 * @param {string} address
 */
function link(text, address) {
  return make("a", { href: address, rel: "noreferrer" }, text);
}
