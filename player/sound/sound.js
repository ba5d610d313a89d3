import { bar } from "../shared/bar.js";
import { make } from "../shared/make.js";
import { insteadOfPictures } from "../shared/source.js";
import { texts } from "../shared/texts.js";
import { Turns } from "../shared/turns.js";
import { pipeline, taskOf } from "../texelflow.pipeline.js";
import { sampleButtons } from "./samples.js";
import { drawTrack, longer, notesOf, summary } from "./tracks.js";

/** @import { Attempt } from "../run/player.js" */
/** @import { Model, SampleSound } from "../run/loading.js" */
/** @import { Classification, Track } from "../texelflow.pipeline.js" */
/** @typedef {{ status: HTMLElement, views: HTMLElement }} Places where results are shown */
/** @typedef {(bring: (signal: AbortSignal) => Promise<Blob | AudioBuffer>, told: string) => unknown} UseSource */

const say = texts.sound;
const percent = new Intl.NumberFormat("en", { style: "percent" });

/** The half tones of an octave. */
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** Seconds of a microphone that are shown. */
const SHOWN = 15;

/**
 * Shows what a model hears in a sound that the visitor chooses, or from the microphone; and of files, what they are.
 * @param {Model} model
 * @param {readonly SampleSound[]} sounds that came with the model
 * @param {Attempt} attempt
 * @returns {() => void} what ends that
 */
export function showSound(model, sounds, attempt) {
  const places = {
    status: make("p", { class: "summary", role: "status", id: "sound-summary" }),
    views: make("div", { class: "tracks", id: "tracks" }),
  };
  const turns = new Turns();
  /** @type {UseSource} */
  const use = (bring, told) =>
    attempt(() =>
      turns.take(async (signal) => {
        const source = await bring(signal);
        if (!signal.aborted) {
          places.status.textContent = told;
          await showSource(model, source, places, signal);
        }
      }),
    );
  const isOfFiles = taskOf(model) === "file-classification";
  const accept = isOfFiles ? false : "audio/*,video/*";
  const chooser = make("input", { class: "visually-hidden", id: "sound-file", type: "file", accept });
  const label = make(
    "label",
    { class: "button", for: "sound-file" },
    isOfFiles ? say.chooseFile : say.choose,
  );
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    chooser.value = "";
    if (file) {
      use(async () => file, say.reading(file.name));
    }
  });
  const row = make("div", { class: "row" }, label, chooser);
  if (!isOfFiles) {
    row.append(microphoneButton(model, places, turns, attempt));
  }
  const samples = sampleButtons(model, sounds, use);
  const credits = sounds.map(({ credit }) => make("p", { class: "quiet" }, ...credit));
  const heading = make("h3", {}, isOfFiles ? say.file : say.sound);
  const restore = insteadOfPictures(
    make(
      "div",
      { id: "sound-source", class: "step" },
      heading,
      row,
      ...(samples.length > 0
        ? [make("p", { class: "quiet" }, say.orTry), make("div", { class: "row" }, ...samples)]
        : []),
      ...credits,
    ),
    make("div", { id: "sound", class: "step" }, places.status, places.views),
  );
  return () => {
    turns.next();
    restore();
  };
}

/**
 * @param {Model} model
 * @param {Blob | AudioBuffer} source
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function showSource(model, source, places, signal) {
  const show = await heard(model, source);
  if (!signal.aborted) {
    show(places);
  }
}

/**
 * @param {Model} model
 * @param {Blob | AudioBuffer} source
 * @returns {Promise<(places: Places) => void>} what shows it
 */
async function heard(model, source) {
  const task = taskOf(model);
  if (task === "audio-tracking") {
    const follow = await pipeline(task, model);
    const tracks = await follow(source);
    return (places) => showTracks(tracks, places);
  }
  const classes =
    task === "file-classification"
      ? await (await pipeline(task, model))(/** @type {Blob} */ (source), { top_k: 5 })
      : await (await pipeline("audio-classification", model))(source);
  return (places) => showClasses(classes, places);
}

/**
 * @param {Model} model
 * @param {Places} places
 * @param {Turns} turns
 * @param {Attempt} attempt
 */
function microphoneButton(model, places, turns, attempt) {
  const button = make(
    "button",
    { type: "button", id: "microphone", "aria-pressed": "false" },
    say.useMicrophone,
  );
  const tell = (/** @type {boolean} */ listens) => {
    button.setAttribute("aria-pressed", String(listens));
    button.textContent = listens ? say.stopMicrophone : say.useMicrophone;
  };
  /** @param {AbortSignal} signal */
  const listenOn = async (signal) => {
    button.disabled = true;
    const stream = await microphone().finally(() => {
      button.disabled = false;
    });
    const end = () => {
      for (const track of stream.getTracks()) {
        track.stop();
      }
      tell(false);
    };
    if (signal.aborted) {
      end();
      return;
    }
    tell(true);
    signal.addEventListener("abort", end);
    try {
      await listen(model, stream, places, signal);
    } finally {
      signal.removeEventListener("abort", end);
      if (!signal.aborted) {
        end();
      }
    }
  };
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") {
      turns.next();
    } else {
      attempt(() => turns.take(listenOn));
    }
  });
  return button;
}

/**
 * @returns {Promise<MediaStream>}
 * @throws {Error} when there is none, or it may not be used
 */
async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(say.insecure);
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (cause) {
    throw new Error(microphoneProblem(cause), { cause });
  }
}

/** @param {unknown} cause */
function microphoneProblem(cause) {
  switch (cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
      return say.notAllowed;
    case "NotFoundError":
      return say.notFound;
    default:
      return say.noMicrophone(cause instanceof Error ? cause.message : String(cause));
  }
}

/**
 * @param {Model} model
 * @param {MediaStream} stream
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function listen(model, stream, places, signal) {
  if (taskOf(model) === "audio-tracking") {
    const follow = await pipeline("audio-tracking", model);
    /** @type {Track[]} */
    let tracks = [];
    for await (const parts of follow.stream(stream, { signal, latest: true })) {
      tracks = parts.map((part, index) => longer(tracks[index], part, SHOWN));
      if (!signal.aborted) {
        showTracks(tracks, places);
      }
    }
  } else {
    const classify = await pipeline("audio-classification", model);
    for await (const { results } of classify.stream(stream, { signal, latest: true })) {
      if (!signal.aborted) {
        showClasses(results, places);
      }
    }
  }
}

/**
 * @param {readonly Track[]} all
 * @param {Places} places
 */
function showTracks(all, { status, views }) {
  // When notes begin is told by where they are.
  const tracks = all.filter(({ label }) => label !== "onsets");
  const sure = tracks.find(({ unit, lowest }) => unit === "probability" && lowest === undefined);
  const isPitch = tracks.some(({ unit }) => unit === "hertz");
  const span = { from: tracks[0]?.times[0] ?? 0, to: tracks[0]?.times.at(-1) ?? 1 };
  const said = tracks.map((track) => {
    if (track.lowest !== undefined) {
      const names = notesOf(track).map((note) => `${NAMES[note % 12]}${Math.floor(note / 12) - 1}`);
      return names.length > 0 ? say.notes(names.join(", ")) : say.nothing;
    }
    const { share, middle } = summary(track, sure);
    const isMiddle = Number.isFinite(middle);
    return isMiddle
      ? say.pitch(track.label, middle.toFixed(0))
      : say.share(track.label, percent.format(share));
  });
  status.textContent = isPitch
    ? (said.find((_, index) => tracks[index].unit === "hertz") ?? "")
    : said.join(" ");
  if (views.childElementCount !== tracks.length || views.querySelector("ol")) {
    views.replaceChildren(
      ...tracks.map(() => make("figure", {}, make("canvas", { role: "img" }), make("figcaption"))),
    );
  }
  tracks.forEach((track, index) => {
    const figure = views.children[index];
    const [canvas, caption] = [figure.querySelector("canvas"), figure.querySelector("figcaption")];
    if (canvas && caption) {
      drawTrack(canvas, track, span, sure);
      const label = track.lowest === undefined ? track.label : say.noteTrack;
      canvas.ariaLabel = `${label}: ${said[index]}`;
      caption.textContent = say.span(label, span.from.toFixed(1), span.to.toFixed(1));
    }
  });
}

/**
 * @param {readonly Classification[]} classes
 * @param {Places} places
 */
function showClasses(classes, { status, views }) {
  const [best] = classes;
  status.textContent = best ? `${best.label}, ${percent.format(best.score)}` : say.nothing;
  const rows = classes.map(({ label, score }) => bar(label, score, percent.format(score)));
  views.replaceChildren(make("ol", { class: "bars named", "aria-label": say.classes }, ...rows));
}
