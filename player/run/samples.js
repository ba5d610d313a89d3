import { make } from "../shared/make.js";

/**
 * Buttons with sample photos. Their places are there at once, the photos when they are to be shown.
 * @template {{ title: string }} P
 * @param {readonly P[]} photos
 * @param {(photo: P) => void} choose called when one is clicked
 * @returns {{ buttons: HTMLButtonElement[], show: (addressOf: (photo: P) => string) => void }}
 */
export function photoButtons(photos, choose) {
  const images = photos.map(({ title }) => make("img", { alt: title }));
  return {
    buttons: images.map((image, index) =>
      make("button", { type: "button", class: "photo", click: () => choose(photos[index]) }, image),
    ),
    show: (addressOf) => {
      images.forEach((image, index) => {
        image.src = addressOf(photos[index]);
      });
    },
  };
}
