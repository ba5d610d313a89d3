import { element, showProblem } from "../shared/page.js";
import { showContents, showCredit } from "./contents.js";
import { prepareConverter } from "./convert.js";
import { addressOf, filesOfDrop, filesOfInput } from "./open.js";
import { Opener } from "./opener.js";
import { Camera, decodePhoto } from "./pictures.js";
import { Runner } from "./runner.js";

/** @import { Photo } from "./contents.js" */
/** @typedef {(wish: () => Promise<void>) => Promise<void>} Attempt runs a visitor's wish and shows what goes wrong */

/** Starts the second part of the page: opens models and bundles and runs them on pictures. Shows its own errors. */
export function startBundle() {
  const runner = new Runner();
  const camera = new Camera();
  /** @type {Attempt} */
  const attempt = async (wish) => {
    const alert = element("bundle-error", HTMLElement);
    showProblem(alert, null);
    try {
      await wish();
    } catch (problem) {
      showProblem(alert, problem);
    }
  };
  const opener = new Opener(runner);
  /** @type {(blob: Blob, name: string, credit?: Photo) => Promise<void>} */
  const usePhoto = async (blob, name, credit) => {
    const photo = await decodePhoto(blob, name);
    stopCamera(camera, runner);
    showCredit(credit ?? null);
    await runner.use(photo, false);
  };

  connectOpening(attempt, opener);
  connectPhoto(attempt, usePhoto);
  connectCamera(attempt, camera, runner);
  connectDrop(attempt, opener, usePhoto);
  connectReport(runner);
  attempt(() => showContents(attempt, usePhoto, (address) => opener.openAddress(address)));
  const follow = () => attempt(() => opener.openLinked());
  addEventListener("hashchange", follow);
  follow();
}

/**
 * @param {Attempt} attempt
 * @param {Opener} opener
 */
function connectOpening(attempt, opener) {
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
      attempt(async () => {
        if (files.length > 0) {
          await opener.openFiles(files);
        }
      });
    });
  }
  element("pictures", HTMLSelectElement).addEventListener("change", () =>
    attempt(() => opener.convertAgain()),
  );
  element("save", HTMLButtonElement).addEventListener("click", () => attempt(() => opener.save()));
}

/**
 * @param {Attempt} attempt
 * @param {(blob: Blob, name: string) => Promise<void>} usePhoto
 */
function connectPhoto(attempt, usePhoto) {
  const input = element("photo", HTMLInputElement);
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) {
      attempt(() => usePhoto(file, file.name));
    }
  });
}

/**
 * @param {Attempt} attempt
 * @param {Camera} camera
 * @param {Runner} runner
 */
function connectCamera(attempt, camera, runner) {
  const button = element("camera", HTMLButtonElement);
  button.addEventListener("click", () => {
    if (camera.filming) {
      stopCamera(camera, runner);
      return;
    }
    attempt(async () => {
      button.disabled = true;
      try {
        const video = await camera.start();
        button.setAttribute("aria-pressed", "true");
        button.textContent = "Stop the camera";
        showCredit(null);
        button.disabled = false;
        await runner.use(video, true);
      } finally {
        button.disabled = false;
      }
    });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stopCamera(camera, runner);
    }
  });
}

/**
 * @param {Camera} camera
 * @param {Runner} runner
 */
function stopCamera(camera, runner) {
  runner.stopMoving();
  camera.stop();
  const button = element("camera", HTMLButtonElement);
  button.setAttribute("aria-pressed", "false");
  button.textContent = "Use the camera";
}

/**
 * Takes a model, a bundle or a photo, dropped anywhere on the page.
 * @param {Attempt} attempt
 * @param {Opener} opener
 * @param {(blob: Blob, name: string) => Promise<void>} usePhoto
 */
function connectDrop(attempt, opener, usePhoto) {
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
    const transfer = event.dataTransfer;
    if (!transfer) {
      return;
    }
    const found = filesOfDrop(transfer);
    attempt(async () => {
      const files = await found;
      if (files.length === 1 && files[0].file.type.startsWith("image/")) {
        await usePhoto(files[0].file, files[0].file.name);
      } else if (files.length > 0) {
        await opener.openFiles(files);
      }
    });
  });
}

/** @param {Runner} runner */
function connectReport(runner) {
  const details = element("device", HTMLDetailsElement);
  const report = element("device-report", HTMLElement);
  const copied = element("copied", HTMLElement);
  details.addEventListener("toggle", () => {
    report.textContent = JSON.stringify(runner.report, null, 2);
    copied.textContent = "";
  });
  element("copy-report", HTMLButtonElement).addEventListener("click", async () => {
    report.textContent = JSON.stringify(runner.report, null, 2);
    try {
      await navigator.clipboard.writeText(report.textContent);
      copied.textContent = "Copied.";
    } catch {
      // Without a secure page or the permission there is no clipboard: the visitor copies the selection.
      getSelection()?.selectAllChildren(report);
      copied.textContent = "Selected: copy it with your keyboard or menu.";
    }
  });
}
