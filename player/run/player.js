import { element, showProblem } from "../shared/page.js";
import { texts } from "../shared/texts.js";
import { hears } from "./numbers.js";
import { Camera, decodePhoto } from "./pictures.js";
import { Runner } from "./runner.js";

const say = texts.picture;

/** @typedef {(wish: () => Promise<unknown>) => Promise<void>} Attempt runs a visitor's wish and shows what goes wrong */
/** @typedef {(blob: Blob, name: string, credit?: (Node | string)[]) => Promise<void>} UsePhoto */

/**
 * Starts what runs a model on photos, the camera or numbers. Errors are shown in the page.
 * @returns {{ runner: Runner, attempt: Attempt, usePhoto: UsePhoto }}
 */
export function startPlayer() {
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
  /** @type {UsePhoto} */
  const usePhoto = async (blob, name, credit = []) => {
    const photo = await decodePhoto(blob, name);
    stopCamera(camera, runner);
    element("photo-credit", HTMLElement).replaceChildren(...credit);
    await runner.use(photo, false);
  };
  connectPhoto(attempt, usePhoto);
  connectCamera(attempt, camera, runner);
  connectReport(runner);
  connectAbout(attempt, runner);
  connectSound(attempt, runner);
  return { runner, attempt, usePhoto };
}

/**
 * @param {Attempt} attempt
 * @param {UsePhoto} usePhoto
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
        button.textContent = say.stopCamera;
        element("photo-credit", HTMLElement).replaceChildren();
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
  button.textContent = say.useCamera;
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
      copied.textContent = texts.report.copied;
    } catch {
      // Without a secure page or the permission there is no clipboard: the visitor copies the selection.
      getSelection()?.selectAllChildren(report);
      copied.textContent = texts.report.selected;
    }
  });
}

/**
 * Shows what the model is where a visitor asks; the scripts for that are loaded then.
 * @param {Attempt} attempt
 * @param {Runner} runner
 */
function connectAbout(attempt, runner) {
  const details = element("about", HTMLDetailsElement);
  const show = () =>
    attempt(async () => {
      if (details.open && runner.subject) {
        const { showAbout } = await import("../about/about.js");
        await showAbout(runner.subject);
      }
    });
  details.addEventListener("toggle", show);
  runner.addEventListener("model", () => {
    details.hidden = false;
    show();
  });
}

/**
 * Shows what a model hears, or what files are, where its bundle says that it takes sounds or bytes.
 * @param {Attempt} attempt
 * @param {Runner} runner
 */
function connectSound(attempt, runner) {
  let hide = () => {};
  runner.addEventListener("model", () =>
    attempt(async () => {
      hide();
      const model = runner.subject?.model;
      if (model && hears(model)) {
        const { hideSound, showSound } = await import("../sound/sound.js");
        hide = hideSound;
        showSound(model, attempt);
      }
    }),
  );
}
