/** What the gallery's scripts write on the page. */
export const texts = {
  /** @param {number} status */
  unreadable: (status) =>
    `The list of models could not be read (${status}). Was the page built with “make demo”?`,
  /** @param {string} title */
  missing: (title) =>
    `“${title}” is not beside this page. “make demo” fetches a model when it is opened, “make gallery” all of them.`,
  /** @param {string} title */
  broken: (title) => `The server stopped before “${title}” was ready. Open it once more to try again.`,
  tasks: {
    "object-detection": "Objects",
    "keypoint-detection": "Points",
    "image-segmentation": "Segmentation",
    "image-classification": "Classes",
    "image-to-image": "Pictures",
    "image-to-text": "Text",
    "audio-classification": "Sound",
    "audio-tracking": "Sound",
    "audio-to-notes": "Sound",
    "file-classification": "Files",
    "feature-extraction": "Text",
  },
  maker: "Made by",
  licence: "Licence",
  packages: "Installed from",
  download: "Download",
  photo: "Photo",
  sound: "Sound",
};
