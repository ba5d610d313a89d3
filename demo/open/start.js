import { startPlayer } from "../run/player.js";
import { element } from "../shared/page.js";
import { showContents } from "./contents.js";
import { prepareConverter } from "./convert.js";
import { addressOf, filesOfDrop, filesOfInput } from "./open.js";
import { Opener } from "./opener.js";
import { onWish } from "./wishes.js";

/** @import { Attempt } from "../run/player.js" */
/** @import { Started } from "./meanwhile.js" */
/** @import { FoundFile } from "./open.js" */

/**
 * Starts the second part of the page: opens models and bundles, and runs them on pictures. Shows its own errors.
 * @returns {Started}
 */
export function startOpening() {
  const player = startPlayer();
  const { runner, attempt, usePhoto } = player;
  const opener = new Opener(runner, attempt);
  /** @param {Promise<FoundFile[]>} found */
  const openDropped = (found) =>
    attempt(async () => {
      const files = await found;
      if (files.length === 1 && files[0].file.type.startsWith("image/")) {
        await usePhoto(files[0].file, files[0].file.name);
      } else if (files.length > 0) {
        await opener.openFiles(files);
      }
    });
  connectChoosing(attempt, opener, openDropped);
  connectDrop(openDropped);
  attempt(() => showContents(player, (address) => opener.openAddress(address)));
  const follow = () => attempt(() => opener.openLinked());
  addEventListener("hashchange", follow);
  follow();
  return { openDropped };
}

/**
 * @param {Attempt} attempt
 * @param {Opener} opener
 * @param {Started["openDropped"]} openFound
 */
function connectChoosing(attempt, opener, openFound) {
  element("open-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => opener.openAddress(addressOf(element("address", HTMLInputElement).value)));
  });
  for (const id of ["folder", "files"]) {
    const input = element(id, HTMLInputElement);
    input.addEventListener("click", prepareConverter);
    input.addEventListener("change", () => {
      const files = filesOfInput(input.files ?? new DataTransfer().files);
      // Else choosing the same again, after it has changed, would be no change.
      input.value = "";
      openFound(Promise.resolve(files));
    });
  }
  onWish(() => attempt(() => opener.convertAgain()));
  element("save", HTMLButtonElement).addEventListener("click", () => attempt(() => opener.save()));
}

/**
 * Takes a model, a bundle or a photo, dropped anywhere on the page.
 * @param {Started["openDropped"]} openDropped
 */
function connectDrop(openDropped) {
  const zone = element("drop", HTMLElement);
  document.addEventListener("dragenter", ({ dataTransfer }) => {
    // What is dragged is known by type only: pictures need no converter, and files of models have no type.
    const items = [...(dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
    if (items.some(({ type }) => !type.startsWith("image/"))) {
      prepareConverter();
    }
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) {
      zone.classList.remove("over");
    }
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer) {
      openDropped(filesOfDrop(event.dataTransfer));
    }
  });
}
