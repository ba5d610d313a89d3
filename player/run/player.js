import { copyText } from "../shared/copy.js";
import { element, showProblem } from "../shared/page.js";
import { texts } from "../shared/texts.js";
import { Turns } from "../shared/turns.js";
import { hears } from "./numbers.js";
import { decodePhoto, Film } from "./pictures.js";
import { Runner } from "./runner.js";

const say = texts.picture;

/** @import { FilmSource } from "./pictures.js" */
/** @typedef {(wish: () => Promise<unknown>) => Promise<void>} Attempt runs a visitor's wish and shows what goes wrong */
/**
 * @typedef {object} Player
 * @property {Runner} runner
 * @property {Attempt} attempt
 * @property {UsePhoto} usePhoto
 * @property {() => boolean} hasPicture whether there is a picture, or one is on its way
 * @property {() => boolean} filming whether the camera, the screen or a video is shown, or will be once the visitor allows it
 * @property {() => void} drop takes the photo away, also one that is on its way
 * @property {() => void} stop ends what is filmed, and what is on its way
 */
/**
 * Shows a photo, unless a visitor wishes another picture before it has come.
 * @typedef {(photo: Blob | Promise<Blob>, name: string, credit?: (Node | string)[]) => Promise<void>} UsePhoto
 */

/**
 * Starts what runs a model on photos, the camera or numbers. Errors are shown in the page.
 * @returns {Player}
 */
export function startPlayer() {
  const runner = new Runner();
  const film = new Film();
  const pictures = new Turns();
  /** @type {UsePhoto} */
  const usePhoto = (found, name, credit = []) =>
    pictures.take(async (signal) => {
      const photo = await decodePhoto(await found, name);
      if (signal.aborted) {
        photo.close();
        return;
      }
      stopFilm(film, runner);
      element("photo-credit", HTMLElement).replaceChildren(...credit);
      await runner.use(photo, false);
    });
  /** @type {UseFilm} */
  const useFilm = (source, begun, camera) => {
    pictures.next();
    return showFilm(source, film, runner, begun, camera);
  };
  connectPhoto(usePhoto, useFilm);
  connectFilm(film, runner, useFilm);
  connectReport(runner);
  connectAbout(runner);
  connectCode(runner);
  connectOtherSources(runner);
  return {
    runner,
    attempt,
    usePhoto,
    hasPicture: () => runner.hasPicture || film.source !== null || pictures.isBusy,
    filming: () => film.source !== null,
    drop: () => {
      pictures.next();
      runner.drop();
      element("photo-credit", HTMLElement).replaceChildren();
    },
    stop: () => {
      pictures.next();
      stopFilm(film, runner);
    },
  };
}

/** @type {Attempt} */
async function attempt(wish) {
  showProblem(element("bundle-error", HTMLElement), null);
  await follow(wish);
}

/**
 * Does what follows by itself, as when a model has come, and shows what goes wrong. What went wrong before with a wish of the
 * visitor stays to be read.
 * @param {() => Promise<unknown>} deed
 */
async function follow(deed) {
  try {
    await deed();
  } catch (problem) {
    showProblem(element("bundle-error", HTMLElement), problem);
  }
}

/**
 * Shows a film; `begun` is called when it plays, `camera` says which one, where there are several.
 * @typedef {(source: FilmSource, begun?: () => void, camera?: MediaTrackConstraints) => Promise<void>} UseFilm
 */

/**
 * @param {UsePhoto} usePhoto
 * @param {UseFilm} useFilm
 */
function connectPhoto(usePhoto, useFilm) {
  const input = element("photo", HTMLInputElement);
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) {
      attempt(() => (file.type.startsWith("video/") ? useFilm(file) : usePhoto(file, file.name)));
    }
  });
}

/** The buttons of films, by what they show. */
const BUTTONS = /** @type {const} */ (["camera", "screen"]);

/**
 * @param {Film} film
 * @param {Runner} runner
 * @param {UseFilm} useFilm
 */
function connectFilm(film, runner, useFilm) {
  const { mediaDevices } = navigator;
  // Phones have none; where nothing may be filmed at all, the button says why.
  element("screen", HTMLButtonElement).hidden = Boolean(mediaDevices && !mediaDevices.getDisplayMedia);
  for (const source of BUTTONS) {
    const button = element(source, HTMLButtonElement);
    button.addEventListener("click", () => {
      if (film.source === source) {
        stopFilm(film, runner);
        return;
      }
      attempt(async () => {
        button.disabled = true;
        try {
          await useFilm(source, () => {
            button.disabled = false;
          });
        } finally {
          button.disabled = false;
        }
      });
    });
  }
  element("next-camera", HTMLButtonElement).addEventListener("click", () => {
    const camera = film.nextCamera;
    if (camera) {
      attempt(() => useFilm("camera", undefined, camera));
    }
  });
  element("mirror", HTMLButtonElement).addEventListener("click", () => {
    film.mirror();
    tellFilm(film);
  });
  document.addEventListener("visibilitychange", () => {
    // What is on the screen is to be seen while the page is not.
    if (document.hidden && film.source !== "screen") {
      stopFilm(film, runner);
    }
  });
}

/**
 * @param {FilmSource} source
 * @param {Film} film
 * @param {Runner} runner
 * @param {() => void} [begun] called when it plays
 * @param {MediaTrackConstraints} [camera] which one, where there are several
 */
async function showFilm(source, film, runner, begun, camera) {
  stopFilm(film, runner);
  const ended = () => {
    stopFilm(film, runner);
    // Who ends the sharing of a screen does so in the browser's own bar; a camera that is gone is a surprise.
    if (source === "camera") {
      showProblem(element("bundle-error", HTMLElement), say.cameraGone);
    }
  };
  const video = await film.start(source, ended, camera);
  if (!video) {
    return;
  }
  tellFilm(film);
  element("photo-credit", HTMLElement).replaceChildren();
  begun?.();
  await runner.use(video, true);
}

/**
 * @param {Film} film
 * @param {Runner} runner
 */
function stopFilm(film, runner) {
  runner.stopMoving();
  film.stop();
  tellFilm(film);
}

/** @param {Film} film */
function tellFilm({ source, nextCamera, mirrored }) {
  element("next-camera", HTMLButtonElement).hidden = nextCamera === null;
  const mirror = element("mirror", HTMLButtonElement);
  mirror.hidden = source !== "camera";
  mirror.setAttribute("aria-pressed", String(mirrored));
  for (const name of BUTTONS) {
    const button = element(name, HTMLButtonElement);
    button.setAttribute("aria-pressed", String(source === name));
    button.textContent = source === name ? say.stop[name] : say.use[name];
  }
}

/** @param {Runner} runner */
function connectReport(runner) {
  element("copy-read", HTMLButtonElement).addEventListener("click", () =>
    copyText(element("read-text", HTMLElement), element("read-copied", HTMLElement)),
  );
  const details = element("device", HTMLDetailsElement);
  const report = element("device-report", HTMLElement);
  const copied = element("copied", HTMLElement);
  details.addEventListener("toggle", () => {
    report.textContent = JSON.stringify(runner.report, null, 2);
    copied.textContent = "";
  });
  element("copy-report", HTMLButtonElement).addEventListener("click", async () => {
    report.textContent = JSON.stringify(runner.report, null, 2);
    await copyText(report, copied);
  });
}

/**
 * Shows what the model is where a visitor asks; the scripts for that are loaded then.
 * @param {Runner} runner
 */
function connectAbout(runner) {
  const details = element("about", HTMLDetailsElement);
  const show = async () => {
    if (details.open && runner.subject) {
      const { showAbout } = await import("../about/about.js");
      await showAbout(runner.subject);
    }
  };
  details.addEventListener("toggle", () => attempt(show));
  runner.addEventListener("model", () => {
    details.hidden = runner.subject === null;
    follow(show);
  });
}

/**
 * Shows the lines that run the model on another page where a visitor asks.
 * @param {Runner} runner
 */
function connectCode(runner) {
  const details = element("code", HTMLDetailsElement);
  const show = async () => {
    const { subject } = runner;
    if (details.open && subject) {
      const { showCode } = await import("./code.js");
      showCode(element("code-lines", HTMLElement), subject);
    }
  };
  details.addEventListener("toggle", () => follow(show));
  runner.addEventListener("model", () => {
    details.hidden = !runner.subject;
    follow(show);
  });
}

/**
 * Lets a visitor write, choose or record what a model takes that takes no picture, as far as its bundle says it.
 * @param {Runner} runner
 */
function connectOtherSources(runner) {
  const turns = new Turns();
  let hide = () => {};
  /** @param {AbortSignal} signal */
  const show = async (signal) => {
    hide();
    hide = () => {};
    const subject = runner.subject;
    if (subject?.reading) {
      const { showWords } = await import("../words/words.js");
      hide = signal.aborted ? hide : showWords(subject.model, subject.reading, attempt);
    } else if (subject && hears(subject.model)) {
      const { showSound } = await import("../sound/sound.js");
      hide = signal.aborted ? hide : showSound(subject.model, subject.sounds, attempt);
    }
  };
  runner.addEventListener("model", () => follow(() => turns.take(show)));
}
